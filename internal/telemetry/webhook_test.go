package telemetry_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/telemetry"
)

const secret = "0123456789abcdef0123456789abcdef"

var notice = control.Notice{Kind: "release.rolled_back", Agent: "desk", Environment: "production", Subject: "rel_1", Text: "desk@v3 was rolled back", At: 5}

func TestWebhookDeliversASignedNotice(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	var got control.Notice
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if signed, err := attest.CheckShared([]byte(secret), r.Header.Get("Aureus-Signature"), body); err != nil || !signed.At.Equal(at) {
			t.Errorf("CheckShared() of the notice = %v, %v, want it signed at %v", signed, err, at)
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Error(err)
		}
	}))
	defer srv.Close()
	w, err := telemetry.NewWebhook(telemetry.WebhookConfig{URL: srv.URL + "/hook?key=hidden", Secret: secret, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Notify(t.Context(), notice); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(notice, got); diff != "" {
		t.Errorf("the receiver got (-want +got):\n%s", diff)
	}
}

func TestWebhookFailures(t *testing.T) {
	tests := []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request)
		want   fault.Code
	}{
		{"server error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, fault.Upstream},
		{"redirect is not followed", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, fault.Upstream},
		{"gone ends the job", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, fault.Invalid},
		{"connection cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, fault.Upstream},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() }, fault.Upstream},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(tt.answer))
			defer srv.Close()
			w, err := telemetry.NewWebhook(telemetry.WebhookConfig{URL: strings.Replace(srv.URL, "//", "//user:pass-hidden@", 1) + "/path-hidden?key=query-hidden",
				Secret: secret, Timeout: 200 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			err = w.Notify(t.Context(), notice)
			if got := fault.CodeOf(err); got != tt.want {
				t.Fatalf("Notify() = %v (%s), want %s", err, got, tt.want)
			}
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("Notify() = %q, which shows the URL", err)
			}
		})
	}
}

func TestNewWebhookRefuses(t *testing.T) {
	tests := []struct {
		name, url, secret string
	}{
		{"no URL", "", secret}, {"no scheme", "hooks.example.com", secret}, {"a file", "file:///etc/passwd", secret},
		{"broken", "http://%zz", secret}, {"no secret", "https://hooks.example.com", ""}, {"short secret", "https://hooks.example.com", "short"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := telemetry.NewWebhook(telemetry.WebhookConfig{URL: tt.url, Secret: tt.secret}); !fault.Is(err, fault.Invalid) {
				t.Errorf("NewWebhook(%q) = %v, want INVALID", tt.url, err)
			}
		})
	}
}
