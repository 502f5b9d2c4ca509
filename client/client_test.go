package client_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/api/apitest"
)

// connect starts the real API over c and returns a client of it.
func connect(t *testing.T, c api.Control) (*client.Client, *httptest.Server) {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = api.NewServer(api.New(api.Config{Control: c}))
	srv.Start()
	t.Cleanup(srv.Close)
	return newClient(t, srv.URL, apitest.Secret), srv
}

func newClient(t *testing.T, url, token string) *client.Client {
	t.Helper()
	cl, err := client.New(url, token, &client.Options{Backoff: func(int) time.Duration { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	return cl
}
