package telemetry_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/telemetry"
)

func TestSlackMessage(t *testing.T) {
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body) // a short one does not decode below
	}))
	defer srv.Close()
	s, err := telemetry.NewSlack(telemetry.SlackConfig{URL: srv.URL + "/services/hidden", Buttons: true, Console: "https://aureus.example.com/"})
	if err != nil {
		t.Fatal(err)
	}
	n := control.Notice{Kind: "approval.requested", Subject: "apr_1", Digest: "sha256:1", Answerable: true,
		Text: "Release <!channel> & more", Details: []string{"changed model", "<https://evil.example|click>"}}
	if err := s.Notify(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	var m struct {
		Text   string
		Blocks []struct {
			Type, BlockID string
			Elements      []struct {
				ActionID string `json:"action_id"`
				Value    string
				URL      string
			}
		}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	if text := string(body); strings.Contains(m.Text, "<!") || strings.Contains(text, "<https") {
		t.Errorf("message = %s, want no mention and no link of the text", text)
	}
	last := m.Blocks[len(m.Blocks)-1]
	if len(last.Elements) != 3 || last.Elements[0].ActionID != "approve" || last.Elements[0].Value != `{"approval":"apr_1","digest":"sha256:1"}` ||
		last.Elements[2].URL != "https://aureus.example.com/approvals/apr_1" {
		t.Errorf("buttons = %+v, want approve and deny with the digest, and a link", last.Elements)
	}
	for _, tt := range []struct {
		name    string
		details []string
		buttons bool
	}{
		{"several blocks", []string{strings.Repeat("a", 2000), strings.Repeat("b", 2000), "last"}, true},
		{"a line that is too long", []string{"first", strings.Repeat("é", 2000)}, false},
		{"more than a message has", slices.Repeat([]string{strings.Repeat("a", 2900)}, 60), false},
	} {
		long := n
		long.Details = tt.details
		if err := s.Notify(t.Context(), long); err != nil {
			t.Fatal(err)
		}
		var m struct {
			Blocks []struct{ Text struct{ Text string } }
		}
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		for _, b := range m.Blocks {
			if len(b.Text.Text) > 3000 {
				t.Errorf("%s: a block of %d bytes, want at most 3000", tt.name, len(b.Text.Text))
			}
		}
		if got := strings.Contains(string(body), `"approve"`); got != tt.buttons || len(m.Blocks) > 50 || tt.buttons && !strings.Contains(string(body), "last") ||
			strings.Contains(string(body), "more than a message can show") == tt.buttons {
			t.Errorf("%s: buttons %t in %d blocks, want %t, and the reason where there are none", tt.name, got, len(m.Blocks), tt.buttons)
		}
	}
	n.Answerable = false
	if err := s.Notify(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(body), `"approve"`) {
		t.Errorf("message = %s, want no buttons for what a channel cannot answer", body)
	}
	if err := s.Reply(t.Context(), "http://elsewhere.example/hidden", nil); !fault.Is(err, fault.Forbidden) || strings.Contains(err.Error(), "hidden") {
		t.Errorf("Reply() to another host = %v, want it refused", err)
	}
	if err := s.Reply(t.Context(), srv.URL+"/reply", map[string]string{"text": "done"}); err != nil || !strings.Contains(string(body), "done") {
		t.Errorf("Reply() = %v with %s, want it delivered", err, body)
	}
	srv.Close()
	if err := s.Notify(t.Context(), n); !fault.Is(err, fault.Upstream) || strings.Contains(err.Error(), "hidden") {
		t.Errorf("Notify() of nobody = %v, want UPSTREAM without the URL", err)
	}
}
