package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/api/apitest"
	"github.com/aureus-agents/aureus/internal/control"
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

// Authenticate implements api.Access.
func (brokenAccess) Authenticate(context.Context, string) (control.Principal, error) {
	return control.Principal{}, errors.New("hidden cause")
}

func readyFrom(f *func() error) func(context.Context) error {
	return func(context.Context) error { return (*f)() }
}

func textHandler(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

// op is an operation of the OpenAPI document.
type op struct {
	id, method, path string
	doc              map[string]any
}

// operations reads the served OpenAPI document.
func operations(t *testing.T, srv *httptest.Server) []op {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]map[string]any
	}
	_, body := do(t, srv, "GET", "/openapi.json", "")
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	var ops []op
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			d := doc.Paths[path][method]
			id, _ := d["operationId"].(string)
			ops = append(ops, op{id: id, method: strings.ToUpper(method), path: path, doc: d})
		}
	}
	return ops
}
