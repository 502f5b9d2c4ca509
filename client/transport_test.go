package client_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/api/apitest"
	"github.com/aureus-agents/aureus/resource"
)

// TestRetries: a GET whose connection fails is tried again, a POST never.
func TestRetries(t *testing.T) {
	tests := []struct {
		name   string
		fail   int64 // connections to cut
		do     func(cl *client.Client) error
		served int64
		ok     bool
	}{
		{"GET", 3, func(cl *client.Client) error { _, err := cl.Release(t.Context(), "rel_1"); return err }, 4, true},
		{"GET, for ever", 100, func(cl *client.Client) error { _, err := cl.Release(t.Context(), "rel_1"); return err }, 4, false},
		{"POST", 1, func(cl *client.Client) error {
			_, err := cl.Rollback(t.Context(), "desk", "production", "x")
			return err
		}, 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var n atomic.Int64
			h := api.New(api.Config{Control: &apitest.Control{}})
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) <= tt.fail {
					panic(http.ErrAbortHandler)
				}
				h.ServeHTTP(w, r)
			}))
			defer srv.Close()
			cl, err := client.New(srv.URL, apitest.Secret, &client.Options{Backoff: func(int) time.Duration { return 0 },
				HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
			if err != nil {
				t.Fatal(err)
			}
			err = tt.do(cl)
			if (err == nil) != tt.ok || n.Load() != tt.served {
				t.Errorf("= %v after %d requests, want ok %v after %d", err, n.Load(), tt.ok, tt.served)
			}
			if e, is := errors.AsType[*client.Error](err); !tt.ok && (!is || e.Code != client.Unavailable || e.Status != 0) {
				t.Errorf("= %#v, want UNAVAILABLE", err)
			}
		})
	}
}

func TestUnreachableShowsNoQuery(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // nobody listens there now
	_, err = newClient(t, "http://"+l.Addr().String(), "").Runs(t.Context(), client.RunFilter{Session: "hidden"}, client.Page{})
	if err == nil || strings.Contains(err.Error(), "hidden") || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("Runs() = %v, want an error with the address and without the query", err)
	}
}

func TestBadArguments(t *testing.T) {
	for _, url := range []string{"", "127.0.0.1:7420", "ftp://x", "http://", "http://user:pw@x", "http://x?a=b", "http://%zz"} {
		if _, err := client.New(url, "", nil); !invalid(err) {
			t.Errorf("New(%q) = %v, want INVALID", url, err)
		}
	}
	if _, err := client.New("http://x", "two words", nil); !invalid(err) {
		t.Errorf("New with a token of two words = %v, want INVALID", err)
	}
	ctl := &apitest.Control{}
	cl, _ := connect(t, ctl)
	for _, id := range []string{"", ".", ".."} {
		if _, err := cl.Release(t.Context(), id); !invalid(err) {
			t.Errorf("Release(%q) = %v, want INVALID", id, err)
		}
	}
	if _, err := cl.Push(t.Context(), resource.PushRequest{}); !invalid(err) {
		t.Errorf("Push of nothing = %v, want INVALID", err)
	}
	if _, err := cl.Release(t.Context(), "../tokens?x=/y"); err != nil {
		t.Errorf("Release of a strange id = %v, want it asked for", err)
	}
	if diff := cmp.Diff([]apitest.Call{{Method: "Release", By: "tester", Args: []any{"../tokens?x=/y"}}}, ctl.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func invalid(err error) bool {
	e, ok := errors.AsType[*client.Error](err)
	return ok && e.Code == client.Invalid
}
