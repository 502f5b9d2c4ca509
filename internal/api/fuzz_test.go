package api_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/api/apitest"
)

// FuzzBody: whatever is sent, the answer is a good one or a problem of the
// caller's, never one of the server's.
func FuzzBody(f *testing.F) {
	for _, s := range []string{`{"version":"a","environment":"b"}`, `{"version":1}`, `{`, "", "[]", `{"a":{"a":{}}}`, "{\"version\":\"\xff\"}", `{"id":"a"}{"id":"b"}`} {
		f.Add("/v1/releases", s)
		f.Add("/v1/runs/import", s)
		f.Add("/v1/agents/desk/versions", `{"blueprint":`+s+`}`)
	}
	h := api.New(api.Config{Control: &apitest.Control{}})
	f.Fuzz(func(t *testing.T, path, body string) {
		switch path {
		case "/v1/releases", "/v1/runs/import", "/v1/agents/desk/versions":
		default:
			return
		}
		r := httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+apitest.Secret)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code >= 400 && problemOf(t, w.Body.String()).Status != w.Code {
			t.Errorf("POST %s of %q = %d %s, want an answer or a problem of the caller's", path, body, w.Code, w.Body)
		}
	})
}
