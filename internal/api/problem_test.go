package api_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/api/apitest"
	"github.com/aureus-agents/aureus/internal/fault"
)

func TestEveryCodeIsAProblem(t *testing.T) {
	c := &apitest.Control{}
	srv := serverOf(t, api.Config{Control: c})
	for _, code := range fault.Codes() {
		t.Run(string(code), func(t *testing.T) {
			c.Err = fault.Wrap(errors.New("hidden cause"), code, "a sentence").With(fault.Detail{Path: "spec.goal", Message: "missing", Fix: "write one"})
			res, body := do(t, srv, "GET", "/v1/agents/desk", "")
			got := problemOf(t, body)
			want := api.Problem{Type: fault.TypeURI(code), Title: http.StatusText(fault.Map(code).HTTP), Status: fault.Map(code).HTTP,
				Detail: "a sentence", RequestID: res.Header.Get("X-Request-Id"), Errors: []fault.Detail{{Path: "spec.goal", Message: "missing", Fix: "write one"}}}
			if code == fault.Internal {
				want.Detail, want.Errors = "the server failed; its log says why under this request id", nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("problem (-want +got):\n%s", diff)
			}
			if res.StatusCode != want.Status || res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("GET = %d %s, want %d application/problem+json", res.StatusCode, res.Header.Get("Content-Type"), want.Status)
			}
			if strings.Contains(body, "hidden") {
				t.Errorf("the answer %q shows the cause", body)
			}
			if fault.FromHTTP(got.Status, got.Type) != code {
				t.Errorf("FromHTTP(%d, %q) = %s, want %s", got.Status, got.Type, fault.FromHTTP(got.Status, got.Type), code)
			}
		})
	}
}

func TestPlainErrorsAreInternal(t *testing.T) {
	c := &apitest.Control{Err: errors.New("hidden cause")}
	srv := serverOf(t, api.Config{Control: c})
	res, body := do(t, srv, "GET", "/v1/agents", "")
	if p := problemOf(t, body); res.StatusCode != 500 || p.Type != fault.TypeURI(fault.Internal) || strings.Contains(body, "hidden") {
		t.Errorf("GET = %d %s, want 500 INTERNAL without the cause", res.StatusCode, body)
	}
}

func TestPanicIsAProblem(t *testing.T) {
	var log bytes.Buffer
	c := &apitest.Control{Hook: func(context.Context, string) error { panic("hidden payload") }}
	srv := serverOf(t, api.Config{Control: c, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	res, body := do(t, srv, "GET", "/v1/agents", "")
	if p := problemOf(t, body); res.StatusCode != 500 || p.Type != fault.TypeURI(fault.Internal) {
		t.Errorf("GET = %d %s, want 500 INTERNAL", res.StatusCode, body)
	}
	srv.Close() // the log is written after the answer
	if !strings.Contains(log.String(), `"msg":"panic"`) || strings.Contains(log.String(), "hidden payload") {
		t.Errorf("the log %s does not have the panic, or has its value", log.String())
	}
}

func TestTimeoutIsUnavailable(t *testing.T) {
	wait := func(ctx context.Context, _ string) error {
		<-ctx.Done()
		return ctx.Err()
	}
	srv := serverOf(t, api.Config{Control: &apitest.Control{Hook: wait}, Timeout: time.Millisecond})
	res, body := do(t, srv, "GET", "/v1/agents", "")
	if p := problemOf(t, body); res.StatusCode != 503 || p.Type != fault.TypeURI(fault.Unavailable) {
		t.Errorf("GET = %d %s, want 503 UNAVAILABLE", res.StatusCode, body)
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	srv := serverOf(t, api.Config{Control: &apitest.Control{}})
	tests := []struct {
		method, path, allow string
		status              int
		code                fault.Code
	}{
		{"GET", "/", "", 404, fault.NotFound},
		{"GET", "/v1/nothing", "", 404, fault.NotFound},
		{"GET", "/docs", "", 404, fault.NotFound},
		{"GET", "/metrics", "", 404, fault.NotFound}, // not configured
		{"DELETE", "/v1/agents", "GET, HEAD", 405, fault.Invalid},
		{"PUT", "/v1/releases", "GET, HEAD, POST", 405, fault.Invalid},
		{"POST", "/healthz", "GET, HEAD", 405, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			res, body := do(t, srv, tt.method, tt.path, "")
			p := problemOf(t, body)
			if res.StatusCode != tt.status || p.Status != tt.status || p.Type != fault.TypeURI(tt.code) || res.Header.Get("Allow") != tt.allow {
				t.Errorf("= %d %s, Allow %q, want %d %s, Allow %q", res.StatusCode, p.Type, res.Header.Get("Allow"), tt.status, tt.code, tt.allow)
			}
		})
	}
}

func TestLog(t *testing.T) {
	var log bytes.Buffer
	c := &apitest.Control{}
	srv := serverOf(t, api.Config{Control: c, Logger: slog.New(slog.NewJSONHandler(&log, nil)), NewID: func(string) string { return "req_1" }})
	do(t, srv, "POST", "/v1/agents/desk/invoke", `{"input":"hidden"}`)
	do(t, srv, "GET", "/v1/runs?session=hidden", "")
	do(t, srv, "GET", "/v1/runs/hidden-id", "", "Authorization", "Bearer hidden")
	do(t, srv, "GET", "/hidden", "")
	do(t, srv, "GET", "/healthz", "")
	c.Err = fault.Wrap(errors.New("the disk sector 7"), fault.Internal, "no")
	do(t, srv, "GET", "/v1/agents", "")
	srv.Close()
	if strings.Contains(log.String(), "hidden") || strings.Contains(log.String(), apitest.Secret) {
		t.Errorf("the log shows what was sent:\n%s", log.String())
	}
	for _, want := range []string{
		`"level":"INFO","msg":"request","method":"POST","route":"/v1/agents/{agent}/invoke","status":200`,
		`"requestId":"req_1","principal":"tester"`,
		`"route":"/v1/runs/{id}","status":401`, `"code":"UNAUTHENTICATED"`,
		`"route":"unknown","status":404`,
		`"level":"ERROR"`, `the disk sector 7`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %s:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "/healthz") {
		t.Errorf("the log has health checks:\n%s", log.String())
	}
}
