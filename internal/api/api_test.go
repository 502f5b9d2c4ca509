package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/api/apitest"
)

// serverOf starts a server on a real socket.
func serverOf(t *testing.T, cfg api.Config) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = api.NewServer(api.New(cfg))
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

// do sends a request with the token and returns the answer with its body.
func do(t *testing.T, srv *httptest.Server, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+apitest.Secret)
	for i := 0; i < len(header); i += 2 {
		req.Header.Del(header[i])
		if header[i] == "Host" {
			req.Host = header[i+1]
		} else if header[i+1] != "" {
			req.Header.Set(header[i], header[i+1])
		}
	}
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(data)
}

func problemOf(t *testing.T, body string) api.Problem {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader([]byte(body)))
	dec.DisallowUnknownFields()
	var p api.Problem
	if err := dec.Decode(&p); err != nil {
		t.Fatalf("the answer %q is not a problem: %v", body, err)
	}
	return p
}

func TestSmoke(t *testing.T) {
	srv := serverOf(t, api.Config{Control: &apitest.Control{}})
	for _, p := range []string{"/v1/agents", "/v1/agents/x", "/v1/versions/a@sha256:abc", "/v1/releases?state=canary,smoke&limit=1", "/v1/keys", "/healthz", "/readyz", "/nope", "/v1/runs?limit=x&foo=secret", "/v1/ledger/export"} {
		res, body := do(t, srv, "GET", p, "")
		t.Log(p, res.StatusCode, res.Header, body)
	}
	res, body := do(t, srv, "DELETE", "/v1/agents", "")
	t.Log(res.StatusCode, res.Header, body)
	res, body = do(t, srv, "POST", "/v1/releases", `{"version":"a@v1","environment":"x","bogus":"secret"}`)
	t.Log(res.StatusCode, res.Header, body)
	res, body = do(t, srv, "DELETE", "/v1/tokens/x", "")
	t.Log(res.StatusCode, res.Header, body)
	res, body = do(t, srv, "GET", "/openapi.json", "")
	t.Log(res.StatusCode, res.Header, len(body))
}
