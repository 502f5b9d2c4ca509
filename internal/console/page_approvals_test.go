package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/resource"
)

// TestApprovalPageShowsRules: who opens a request sees its rules, who can answer,
// and what a yes lets out.
func TestApprovalPageShowsRules(t *testing.T) {
	c := newClient(t, "approver-token")
	status, _, body := c.get("/approvals/apr-11")
	if status != http.StatusOK {
		t.Fatalf("GET = %d %s", status, body)
	}
	for _, want := range []string{"of payments-leads", "dan for lea", "no token has the group", "Is one of them visitor@example.com?", "matching/credit-note", "invoice-reader@v2", "Gates", "How it goes out", `id="answer-reason"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if _, _, body := c.get("/releases/rel-32"); !strings.Contains(body, `id="answer-reason"`) {
		t.Error("the page of the release has no form to answer")
	}
}

// TestApprovalIsTakenBack: who said yes finds where to take it back.
func TestApprovalIsTakenBack(t *testing.T) {
	c := newClient(t, "approver-token")
	form := url.Values{"form": {c.token()}, "reason": {"seen"}, "answer": {"approve"}, "token": {"one-use"}}
	if status, _, body := c.post("/approvals/apr-11/decide", form); status != http.StatusSeeOther {
		t.Fatalf("answering = %d %s", status, body)
	}
	if _, _, body := c.get("/approvals/apr-11"); !strings.Contains(body, "Take back my yes") || strings.Contains(body, "Withdraw the request") {
		t.Error("the page does not offer to take the yes back, or offers to withdraw another's request")
	}
	form.Set("what", "yes")
	if status, _, body := c.post("/approvals/apr-11/withdraw", form); status != http.StatusSeeOther {
		t.Fatalf("taking back = %d %s", status, body)
	}
	_, _, body := c.get("/approvals/apr-11")
	if !strings.Contains(body, "Taken back") || strings.Contains(body, "Take back my yes") {
		t.Error("the page does not say that the yes was taken back")
	}
	for _, a := range c.f.approvals {
		if a.ID == "apr-11" && a.State != resource.ApprovalPending {
			t.Errorf("the request is %s, want pending", a.State)
		}
	}
}
