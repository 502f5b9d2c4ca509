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
		if err := telemetry.CheckSignature([]byte(secret), r.Header.Get(telemetry.SignatureHeader), body, at.Add(time.Minute), 5*time.Minute); err != nil {
			t.Error(err)
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

func TestCheckSignature(t *testing.T) {
	at, body := time.Unix(1_700_000_000, 0), []byte(`{"a":1}`)
	good := telemetry.Sign([]byte(secret), at, body)
	tests := []struct {
		name, header, body string
		now                time.Time
		ok                 bool
	}{
		{"good", good, `{"a":1}`, at, true},
		{"body changed", good, `{"a":2}`, at, false},
		{"time changed", strings.Replace(good, "t=17", "t=18", 1), `{"a":1}`, at, false},
		{"replayed later", good, `{"a":1}`, at.Add(time.Hour), false},
		{"from the future", good, `{"a":1}`, at.Add(-time.Hour), false},
		{"empty", "", `{"a":1}`, at, false},
		{"not hex", "t=1700000000,v1=zz", `{"a":1}`, at, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := telemetry.CheckSignature([]byte(secret), tt.header, []byte(tt.body), tt.now, 5*time.Minute)
			if (err == nil) != tt.ok || err != nil && !fault.Is(err, fault.Verification) {
				t.Errorf("CheckSignature(%q) = %v, want ok %v", tt.header, err, tt.ok)
			}
		})
	}
}

// FuzzCheckSignature: no header but the right one is accepted.
func FuzzCheckSignature(f *testing.F) {
	at := time.Unix(1_700_000_000, 0)
	good := telemetry.Sign([]byte(secret), at, []byte("body"))
	for _, s := range []string{good, "", "t=,v1=", "t=1700000000,v1=00", strings.ToUpper(good), "v1=,v1=,t=t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if telemetry.CheckSignature([]byte(secret), header, []byte("body"), at, time.Hour) != nil {
			return
		}
		_, mac, _ := strings.Cut(good, "v1=")
		if !strings.Contains(strings.ToLower(header), mac) {
			t.Errorf("CheckSignature(%q) accepts a header without the right code", header)
		}
	})
}
