package console

import (
	"net/http"
	"strings"
	"testing"
)

// TestEvaluationPage: the cases that were asked for, flipped ones first, and what
// comes from models as text.
func TestEvaluationPage(t *testing.T) {
	c := newClient(t, "admin-token")
	const path = "/evidence/refund-desk@v3/evi-3/evaluation"
	tests := []struct {
		query        string
		status       int
		has, without []string
	}{
		{"", http.StatusOK, []string{"not enough evidence", "broken", "fixed", "a delivered order is refunded", "&lt;script&gt;alert(1)", "&lt;i&gt;paid",
			"judged 3 times by judge-large-2026", "call 2: issue_refund with other arguments"}, []string{"<script>alert", "<i>paid", "<b>does"}},
		{"?show=flipped", http.StatusOK, []string{"the shipping is not paid back", "an order on its way waits", "<details class=\"fold eval-case\""},
			[]string{"a delivered order is refunded"}},
		{"?show=failed", http.StatusOK, []string{"the shipping is not paid back", "a stranger&#39;s order is refused"}, []string{"a delivered order is refunded"}},
		{"?show=passed", http.StatusOK, []string{"a delivered order is refunded"}, []string{"the shipping is not paid back"}},
		{"?show=odd", 0, nil, nil},
	}
	for _, tt := range tests {
		status, _, body := c.send("GET", path+tt.query, nil)
		if tt.status == 0 {
			if status < 400 || status >= 500 {
				t.Errorf("GET %s = %d, want it refused", tt.query, status)
			}
			continue
		}
		if status != tt.status {
			t.Errorf("GET %s = %d, want %d", tt.query, status, tt.status)
		}
		for _, s := range tt.has {
			if !strings.Contains(body, s) {
				t.Errorf("GET %s has no %q", tt.query, s)
			}
		}
		for _, s := range tt.without {
			if strings.Contains(body, s) {
				t.Errorf("GET %s has %q", tt.query, s)
			}
		}
	}
	if broken, passed := strings.Index(c.text(path), "the shipping is not paid back"), strings.Index(c.text(path), "a delivered order is refunded"); broken > passed {
		t.Errorf("the broken case stands at %d, after the passed one at %d", broken, passed)
	}
	status, header, file := c.send("GET", path+".html", nil)
	if status != http.StatusOK || !strings.Contains(header.Get("Content-Disposition"), "evaluation-evi-3.html") || !strings.HasPrefix(file, "<!doctype html>") {
		t.Errorf("GET the page to download = %d, %v, %.40q", status, header, file)
	}
	for _, missing := range []string{"/evidence/refund-desk@v3/evi-2/evaluation", "/evidence/refund-desk@v3/none/evaluation"} {
		if status, _, _ := c.send("GET", missing, nil); status != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", missing, status)
		}
	}
}

// text is the body of a page.
func (c *client) text(path string) string {
	_, _, body := c.send("GET", path, nil)
	return body
}
