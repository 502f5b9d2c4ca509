package api_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/api/apitest"
	"github.com/aureus-agents/aureus/internal/fault"
)

func TestBearer(t *testing.T) {
	c := &apitest.Control{}
	srv := serverOf(t, api.Config{Control: c})
	tests := []struct {
		name, header, challenge string
		status                  int
	}{
		{"good", "Bearer " + apitest.Secret, "", 200},
		{"scheme in another case", "bearer " + apitest.Secret, "", 200},
		{"none", "", `Bearer realm="aureus"`, 401},
		{"unknown", "Bearer hidden", `Bearer realm="aureus", error="invalid_token"`, 401},
		{"another scheme", "Basic hidden", `Bearer realm="aureus"`, 401},
		{"no secret", "Bearer ", `Bearer realm="aureus"`, 401},
		{"only the secret", apitest.Secret, `Bearer realm="aureus"`, 401},
		{"too long", "Bearer " + strings.Repeat("x", 600), `Bearer realm="aureus"`, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c.Calls()
			res, body := do(t, srv, "GET", "/v1/agents", "", "Authorization", tt.header)
			if res.StatusCode != tt.status || res.Header.Get("WWW-Authenticate") != tt.challenge {
				t.Errorf("= %d, WWW-Authenticate %q, want %d, %q", res.StatusCode, res.Header.Get("WWW-Authenticate"), tt.status, tt.challenge)
			}
			calls := c.Calls()
			if tt.status == 200 {
				if len(calls) != 1 || calls[0].By != "tester" {
					t.Errorf("the use case was called as %v, want once by tester", calls)
				}
				return
			}
			if p := problemOf(t, body); p.Type != fault.TypeURI(fault.Unauthorized) || strings.Contains(body, "hidden") || len(calls) != 0 {
				t.Errorf("= %s with calls %v, want UNAUTHENTICATED, the secret not repeated, no call", body, calls)
			}
		})
	}
}

// TestEveryOperationNeedsAToken asks for each operation of the OpenAPI document
// without one.
func TestEveryOperationNeedsAToken(t *testing.T) {
	c := &apitest.Control{}
	srv := serverOf(t, api.Config{Control: c})
	n := 0
	for _, op := range operations(t, srv) {
		path := strings.NewReplacer("{index}", "1", "{agent}", "desk", "{id}", "x", "{ref}", "desk").Replace(op.path)
		res, body := do(t, srv, op.method, path, "", "Authorization", "")
		if op.id == "get-keys" {
			if res.StatusCode != 200 {
				t.Errorf("%s without a token = %d, want 200", op.id, res.StatusCode)
			}
			continue
		}
		if strings.HasPrefix(op.id, "answer-from-") { // signed instead, and off here
			if res.StatusCode != 404 || len(c.Calls()) != 0 {
				t.Errorf("%s that is not set up = %d %s, want 404 and no call", op.id, res.StatusCode, body)
			}
			continue
		}
		n++
		if res.StatusCode != 401 || len(c.Calls()) != 0 {
			t.Errorf("%s without a token = %d %s, want 401 and no call", op.id, res.StatusCode, body)
		}
	}
	if n < 35 {
		t.Errorf("%d operations were asked, want all", n)
	}
}

func TestPublicPathsNeedNoToken(t *testing.T) {
	srv := serverOf(t, api.Config{Control: &apitest.Control{}})
	for _, path := range []string{"/v1/keys", "/healthz", "/readyz", "/openapi.json", "/openapi.yaml"} {
		if res, body := do(t, srv, "GET", path, "", "Authorization", ""); res.StatusCode != 200 || body == "" {
			t.Errorf("GET %s without a token = %d, want 200", path, res.StatusCode)
		}
	}
}

func TestAuthenticationFailure(t *testing.T) {
	srv := serverOf(t, api.Config{Control: brokenAccess{&apitest.Control{}}})
	res, body := do(t, srv, "GET", "/v1/agents", "")
	if res.StatusCode != 500 || res.Header.Get("WWW-Authenticate") != "" || strings.Contains(body, "hidden") {
		t.Errorf("= %d %s, want 500 without a challenge and cause", res.StatusCode, body)
	}
}

// brokenAccess cannot look up tokens.
type brokenAccess struct{ api.Control }

func TestHosts(t *testing.T) {
	loopback, open := api.HostRules{Loopback: true, Allowed: []string{"aureus.example"}}, api.HostRules{}
	named := api.HostRules{Allowed: []string{"aureus.example"}}
	tests := []struct {
		name         string
		rules        api.HostRules
		host, origin string
		status       int
	}{
		{"loopback address", loopback, "127.0.0.1:7420", "", 200},
		{"another loopback address", loopback, "127.8.8.8:7420", "", 200},
		{"localhost", loopback, "LOCALHOST:7420", "", 200},
		{"IPv6", loopback, "[::1]:7420", "", 200},
		{"IPv6 without port", loopback, "[::1]", "", 200},
		{"allowed name", loopback, "Aureus.Example:7420", "", 200},
		{"rebound name", loopback, "evil.example:7420", "", 403},
		{"name that begins alike", loopback, "localhost.evil.example", "", 403},
		{"same origin", loopback, "127.0.0.1:7420", "http://127.0.0.1:7420", 200},
		{"allowed origin", loopback, "127.0.0.1:7420", "https://aureus.example", 200},
		{"other port of this machine", loopback, "127.0.0.1:7420", "http://127.0.0.1:3000", 403},
		{"foreign origin", loopback, "127.0.0.1:7420", "https://evil.example", 403},
		{"no origin", loopback, "127.0.0.1:7420", "null", 403},
		{"open server, any name", open, "anything.example", "", 200},
		{"open server, foreign origin", open, "anything.example", "https://evil.example", 403},
		{"named server, its name", named, "aureus.example", "", 200},
		{"named server, loopback", named, "127.0.0.1", "", 200},
		{"named server, another", named, "evil.example", "", 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(api.ProtectHost(textHandler("ok"), tt.rules))
			defer srv.Close()
			res, body := do(t, srv, "GET", "/v1/agents", "", "Host", tt.host, "Origin", tt.origin)
			if res.StatusCode != tt.status || strings.Contains(body, "evil") {
				t.Errorf("Host %q, Origin %q = %d %s, want %d", tt.host, tt.origin, res.StatusCode, body, tt.status)
			}
		})
	}
}

func TestHostsAreProtected(t *testing.T) {
	srv := serverOf(t, api.Config{Control: &apitest.Control{}, Hosts: api.HostRules{Loopback: true}})
	res, body := do(t, srv, "GET", "/healthz", "", "Host", "evil.example")
	if p := problemOf(t, body); res.StatusCode != 403 || p.Type != fault.TypeURI(fault.Forbidden) {
		t.Errorf("GET with a foreign Host = %d %s, want 403 FORBIDDEN", res.StatusCode, body)
	}
}

func TestHealth(t *testing.T) {
	down := func() error { return errors.New("hidden") }
	var ready func() error
	srv := serverOf(t, api.Config{Control: &apitest.Control{}, Ready: readyFrom(&ready), Metrics: textHandler("aureus_build_info 1")})
	for _, tt := range []struct {
		path   string
		ready  func() error
		status int
		text   string
	}{
		{"/healthz", down, 200, `{"status":"ok"}`}, {"/readyz", func() error { return nil }, 200, `{"status":"ready"}`},
		{"/readyz", down, 503, "UNAVAILABLE"}, {"/metrics", down, 200, "aureus_build_info 1"},
	} {
		ready = tt.ready
		res, body := do(t, srv, "GET", tt.path, "", "Authorization", "")
		if res.StatusCode != tt.status || !strings.Contains(body, tt.text) || strings.Contains(body, "hidden") {
			t.Errorf("GET %s = %d %s, want %d %s", tt.path, res.StatusCode, body, tt.status, tt.text)
		}
	}
}
