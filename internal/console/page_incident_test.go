package console

import (
	"net/url"
	"strings"
	"testing"
)

// TestIncidentForms sends what a person fills in on an incident's page.
func TestIncidentForms(t *testing.T) {
	c := newClient(t, "admin-token")
	post := func(path string, v url.Values) (int, string) {
		v.Set("form", c.token())
		status, _, body := c.post(path, v)
		return status, body
	}
	if status, _ := post("/incidents/inc-07/triage", url.Values{"severity": {"sev2"}, "assignee": {"grace"}, "note": {"customers were told"}}); status != 303 {
		t.Errorf("triage = %d, want 303", status)
	}
	if status, body := post("/incidents/inc-07/rca", url.Values{"cause": {"a"}, "detection": {"b"}, "prevention": {"c"}, "due": {"soon"}}); status != 400 || !strings.Contains(body, "is no day") {
		t.Errorf("a root cause that is due soon = %d, want 400 that names the day", status)
	}
	if status, _ := post("/incidents/inc-07/rca", url.Values{"cause": {"shipping twice"}, "category": {"instructions"}, "factors": {"one\n\n two "}, "detection": {"b"},
		"prevention": {"c"}, "owner": {"ada"}, "due": {"2020-01-31"}}); status != 303 {
		t.Errorf("a root cause = %d, want 303", status)
	}
	_, _, body := c.get("/incidents/inc-07")
	for _, want := range []string{"sev2", "grace", "instructions", "<dd>two</dd>", "ada sees to it by 2020-01-31", "overdue",
		"the refund of # is more than the total of #", "/audit?index=1440"} {
		if !strings.Contains(body, want) {
			t.Errorf("the incident's page lacks %q", want)
		}
	}
	if status, _ := post("/incidents/inc-07/follow-up", url.Values{"done": {"a scenario is in"}}); status != 303 {
		t.Errorf("follow-up = %d, want 303", status)
	}
	if _, _, body := c.get("/incidents/inc-07"); !strings.Contains(body, "a scenario is in") || strings.Contains(body, "overdue") {
		t.Error("the prevention is not shown as done")
	}
	status, h, text := c.get("/incidents/inc-07/postmortem")
	if status != 200 || h.Get("Content-Disposition") != `attachment; filename="postmortem-inc-07.md"` || !strings.HasPrefix(text, "# Postmortem") {
		t.Errorf("postmortem = %d, %q", status, h.Get("Content-Disposition"))
	}
	if status, _, _ := c.get("/incidents/none/postmortem"); status != 404 {
		t.Errorf("postmortem of no incident = %d, want 404", status)
	}
	for _, path := range []string{"/", "/agents/refund-desk"} {
		if _, _, body := c.get(path); !strings.Contains(body, "Change failures") || !strings.Contains(body, "Lead time") {
			t.Errorf("%s does not show the four keys", path)
		}
	}
}
