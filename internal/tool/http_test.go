package tool

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func overHTTP(url string, tools ...blueprint.Tool) *blueprint.Agent {
	a := &blueprint.Agent{}
	a.Spec.Servers = []blueprint.Server{{Name: "shop", HTTP: &blueprint.HTTPServer{URL: url, HeadersFrom: map[string]string{"Authorization": "SHOP_AUTH"}}}}
	for _, bt := range tools {
		bt.Server = "shop"
		a.Spec.Tools = append(a.Spec.Tools, bt)
	}
	return a
}

func TestHTTPServer(t *testing.T) {
	t.Setenv("SHOP_AUTH", "Bearer shop-secret")
	for _, stateless := range []bool{false, true} {
		t.Run(map[bool]string{false: "stateful", true: "stateless"}[stateless], func(t *testing.T) {
			s := newShop()
			var unauthorized atomic.Int64
			h := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, &mcp.StreamableHTTPOptions{Stateless: stateless})
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer shop-secret" {
					unauthorized.Add(1)
				}
				h.ServeHTTP(w, r)
			}))
			t.Cleanup(srv.Close)
			t.Cleanup(srv.CloseClientConnections) // before Close, which waits for streams
			a := newAdapters(t, Config{})
			tools, _ := open(t, a, overHTTP(srv.URL, read("lookup_order"), read("call_id")))
			got, err := call(t, tools, read("lookup_order"), map[string]any{"id": "A7"})
			if err != nil || got.Text != `{"id":"A7","total":12.5}` {
				t.Errorf("Call over HTTP = %+v, %v", got, err)
			}
			if got, err := call(t, tools, read("call_id"), nil); err != nil || got.Text != "run_1-1" {
				t.Errorf("Call(call_id) over HTTP = %+v, %v, want run_1-1", got, err)
			}
			if n := unauthorized.Load(); n > 0 {
				t.Errorf("%d requests came without the header", n)
			}
		})
	}
}

func TestHTTPErrors(t *testing.T) {
	t.Setenv("SHOP_AUTH", "Bearer shop-secret")
	var leaked atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			leaked.Add(1)
		}
	}))
	t.Cleanup(other.Close)
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"status 500", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "secret detail", http.StatusInternalServerError)
		}, "could not be reached"},
		{"unauthorized", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusUnauthorized) }, "could not be reached"},
		{"not MCP", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html>"))
		}, "could not be reached"},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client left
			<-r.Context().Done()
		}, "handshake"},
		{"redirects elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		}, "redirects"},
		{"endless body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			line := []byte(strings.Repeat(" ", 1<<16))
			for {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		}, "shop"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(tt.handler)
			t.Cleanup(srv.Close)
			t.Cleanup(srv.CloseClientConnections)
			a := newAdapters(t, Config{StartTimeout: time.Second, MaxResult: 1000})
			_, err := a.Discover(testContext(t), overHTTP(srv.URL, read("lookup_order")))
			if !fault.Is(err, fault.Upstream) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Discover = %v, want UPSTREAM_FAILED that says %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "shop-secret") {
				t.Errorf("Discover = %q, holds the header", err)
			}
		})
	}
	if leaked.Load() > 0 {
		t.Error("the header went to another host")
	}
}

func TestHTTPServerRestarts(t *testing.T) {
	t.Setenv("SHOP_AUTH", "x")
	var h atomic.Pointer[mcp.StreamableHTTPHandler]
	fresh := func() {
		h.Store(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return newShop() }, nil))
	}
	fresh()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.Load().ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	t.Cleanup(srv.CloseClientConnections)
	a := newAdapters(t, Config{})
	tools, _ := open(t, a, overHTTP(srv.URL, read("call_id")))
	fresh() // forgets every session
	if got, err := call(t, tools, read("call_id"), nil); err != nil || got.Text != "run_1-1" {
		t.Errorf("Call after a restart = %+v, %v, want an answer on a new session", got, err)
	}
}

func TestCloseEndsCallsOverHTTP(t *testing.T) {
	t.Setenv("SHOP_AUTH", "x")
	called, release := make(chan struct{}), make(chan struct{})
	s := newShop()
	mcp.AddTool(s, &mcp.Tool{Name: "wait", Description: "waits"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		close(called)
		<-release
		return say(""), nil, nil
	})
	srv := httptest.NewServer(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, nil))
	t.Cleanup(srv.Close)
	t.Cleanup(srv.CloseClientConnections)
	t.Cleanup(func() { close(release) })
	a := newAdapters(t, Config{})
	tools, _ := open(t, a, overHTTP(srv.URL, write("wait")))
	failed := make(chan error, 1)
	go func() {
		_, err := tools.Call(context.Background(), agentrun.Call{Tool: write("wait")})
		failed <- err
	}()
	<-called
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !fault.Is(err, fault.Upstream) {
		t.Errorf("Call in flight at Close = %v, want UPSTREAM_FAILED", err)
	}
}

func TestBadURL(t *testing.T) {
	t.Setenv("SHOP_AUTH", "x")
	a := newAdapters(t, Config{})
	for _, u := range []string{"", "ftp://x", "http://", "::"} {
		if _, err := a.Catalog(testContext(t), overHTTP(u).Spec.Servers); !fault.Is(err, fault.Invalid) {
			t.Errorf("Catalog(%q) = %v, want INVALID", u, err)
		}
	}
	if _, err := a.Open(testContext(t), &resource.Manifest{}, "d"); err != nil {
		t.Errorf("Open of a version without tools = %v, want nil", err)
	}
}
