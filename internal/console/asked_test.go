package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/resource"
)

func TestAskedOf(t *testing.T) {
	f := newFixture()
	var run resource.Run
	for _, r := range f.runs {
		if r.ID == "run-wait" {
			run = r
		}
	}
	v := askedOf(f.approvals[0], &run)
	var got []string
	for _, a := range v.Args {
		text := a.Name + " " + a.Role + " " + a.Class
		for _, from := range a.From {
			text += " < " + from.Origin
			for _, n := range from.Steps {
				text += " " + from.Run + "#" + string(rune('0'+n))
			}
		}
		got = append(got, text)
	}
	want := []string{"iban target outside < lookup_order run-wait#0", "order_id target user", "note content outside < lookup_order run-wait#0",
		"amount quantity record < lookup_order run-wait#0", "currency quantity unknown"}
	if diff := cmp.Diff(want, got); diff != "" || v.Targets != 2 || v.Strange != 1 {
		t.Errorf("askedOf: %d targets, %d strange; arguments (-want +got)\n%s", v.Targets, v.Strange, diff)
	}
	hidden := f.approvals[0]
	hidden.Args = nil
	if v := askedOf(hidden, nil); len(v.Args) != 5 || v.Args[0].Value != nil || len(v.Args[0].From[0].Steps) != 0 {
		t.Errorf("askedOf(without payloads) = %+v, want names and origins only", v.Args)
	}
	if v := askedOf(f.approvals[1], nil); v != nil {
		t.Errorf("askedOf(a release) = %+v", v)
	}
}

func TestScalarAt(t *testing.T) {
	v := map[string]any{"to": []any{map[string]any{"mail": "a@b.example"}, 2.5}, "ok": true}
	for path, want := range map[string]string{"": "", ".to[0].mail": "a@b.example", ".to[1]": "2.5", ".ok": "true", ".to[7]": "", ".to[x]": "", ".none.deep": "", ".to": ""} {
		if got := scalarAt(v, path); got != want {
			t.Errorf("scalarAt(%q) = %q, want %q", path, got, want)
		}
	}
	if got := scalarAt("plain", ""); got != "plain" {
		t.Errorf("scalarAt(a scalar) = %q", got)
	}
}

// TestScopeOfAYes: what a form allows reaches control, and nothing else does.
func TestScopeOfAYes(t *testing.T) {
	run := url.Values{"scope": {"run"}, "uses": {"3"}, "minutes": {"20"}, "open:amount": {"max"}, "max:amount": {"480"}, "open:note": {"free"}, "open:iban": {"pinned"}, "open:order_id": {"pinned"}}
	with := func(change func(url.Values)) url.Values {
		out := url.Values{}
		for k, v := range run {
			out[k] = v
		}
		change(out)
		return out
	}
	tests := []struct {
		name   string
		form   url.Values
		status int
		scope  *resource.Scope
	}{
		{"this call", url.Values{"scope": {"call"}}, http.StatusSeeOther, nil},
		{"no choice", nil, http.StatusSeeOther, nil},
		{"this run", run, http.StatusSeeOther, &resource.Scope{Free: []string{"note"}, Max: map[string]float64{"amount": 480}, Uses: 3, ForMs: 20 * 60 * 1000}},
		{"a limit that is no number", with(func(v url.Values) { v.Set("max:amount", "much") }), http.StatusBadRequest, nil},
		{"too many calls", with(func(v url.Values) { v.Set("uses", "101") }), http.StatusBadRequest, nil},
		{"no time", with(func(v url.Values) { v.Set("minutes", "0") }), http.StatusBadRequest, nil},
		{"another word", with(func(v url.Values) { v.Set("open:note", "all") }), http.StatusBadRequest, nil},
		{"another scope", url.Values{"scope": {"agent"}}, http.StatusBadRequest, nil},
		{"the same as nobody", url.Values{"scope": {"same"}}, http.StatusConflict, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, "approver-token")
			form := url.Values{"form": {c.token()}, "token": {"one-use"}, "reason": {"seen"}, "answer": {"approve"}, "back": {"/approvals/apr-12"}}
			for k, v := range tt.form {
				form[k] = v
			}
			status, _, body := c.post("/approvals/apr-12/decide", form)
			if status != tt.status {
				t.Fatalf("POST(%v) = %d, want %d: %s", tt.form, status, tt.status, body)
			}
			ds := c.f.approvals[0].Decisions
			if (len(ds) == 1) != (status == http.StatusSeeOther) {
				t.Fatalf("POST(%v) left %d decisions", tt.form, len(ds))
			}
			if len(ds) == 1 {
				if diff := cmp.Diff(tt.scope, ds[0].Scope); diff != "" {
					t.Errorf("scope of POST(%v) (-want +got)\n%s", tt.form, diff)
				}
			}
		})
	}
}

// TestScopeThatOthersGave: the second of two people can give the same scope or none.
func TestScopeThatOthersGave(t *testing.T) {
	c := newClient(t, "approver-token")
	given := &resource.Scope{Free: []string{"note"}, Uses: 2}
	a := &c.f.approvals[0]
	a.Quorum, a.Decisions = 2, []resource.ApprovalDecision{{Actor: resource.Actor{Name: "robin", Kind: "human"}, Approve: true, Scope: given}}
	_, _, page := c.get("/approvals/apr-12")
	if !strings.Contains(page, "what robin allowed: 2 further calls in this run within 1 h, any note, everything else as shown") || strings.Contains(page, "open:note") {
		t.Errorf("the form does not offer the same scope alone:\n%s", page)
	}
	if status, _, body := c.post("/approvals/apr-12/decide", url.Values{"form": {c.token()}, "token": {"one-use"}, "reason": {"seen"}, "answer": {"approve"}, "scope": {"same"}}); status != http.StatusSeeOther {
		t.Fatalf("POST(same) = %d: %s", status, body)
	}
	if diff := cmp.Diff(given, c.f.approvals[0].Decisions[1].Scope); diff != "" {
		t.Errorf("scope (-want +got)\n%s", diff)
	}
	c.f.approvals[0].Runs = append(c.f.approvals[0].Runs, resource.AskedRun{Run: "run-0901", Said: hostile})
	c.f.approvals[0].Decisions, c.f.approvals[0].State = nil, resource.ApprovalPending
	_, _, page = c.get("/approvals/apr-12")
	if strings.Contains(page, `name="scope"`) || !strings.Contains(page, "2 runs wait for this") || !strings.Contains(page, "/runs/run-0901") {
		t.Errorf("a request of two runs offers a scope, or does not list them:\n%s", page)
	}
}

// TestRefreshReplaysNothing: the page's script asks again at every event.
func TestRefreshReplaysNothing(t *testing.T) {
	c := newClient(t, "admin-token")
	path := "/agents/refund-desk/versions/v4/backtest"
	if status, _, _ := c.get(path); status != http.StatusOK || c.f.replays != 1 {
		t.Fatalf("GET %s = %d after %d replays", path, status, c.f.replays)
	}
	status, _, body := c.get(path, "X-Aureus-Live", "1")
	if status != http.StatusOK || c.f.replays != 1 || !strings.Contains(body, `data-live="nav-approvals"`) {
		t.Errorf("a refresh = %d after %d replays, want the counts of the navigation and no replay", status, c.f.replays)
	}
	for _, q := range []string{"?runs=x", "?runs=0", "?runs=-3"} {
		if status, _, _ := c.get(path + q); status != http.StatusBadRequest || c.f.replays != 1 {
			t.Errorf("GET %s%s = %d", path, q, status)
		}
	}
	if status, _, body := c.get(path + "?environment=staging"); status != http.StatusConflict || !strings.Contains(body, "nothing to hold") {
		t.Errorf("GET where nothing serves = %d", status)
	}
}

// TestRunOfAnUnreadableVersion: the path is told in words when nothing can be drawn.
func TestRunOfAnUnreadableVersion(t *testing.T) {
	c := newClient(t, "viewer-token")
	r := fullRun()
	r.ID, r.Agent, r.Digest, r.Version = "run-old", "support-triage", version("support-triage", 5), 5
	r.Steps[4].Tool.Decision.Allowance = true
	c.f.runs = append(c.f.runs, r)
	status, _, body := c.get("/runs/run-old")
	for _, want := range []string{"The automaton cannot be drawn: support-triage@v5 was registered with another built-in policy set", `<a href="/runs/run-old#step-5">`, "allowed for the run"} {
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("GET /runs/run-old = %d without %q", status, want)
		}
	}
	if strings.Contains(body, `class="automaton"`) {
		t.Error("GET /runs/run-old draws an automaton that it does not have")
	}
}

func TestBriefOf(t *testing.T) {
	long := briefOf(map[string]any{"body": strings.Repeat("ü", maxBrief)})
	if !long.Long || long.Size < maxBrief || len(long.Full) > maxBrief+100 || !strings.HasSuffix(long.Full, "has all of it)") {
		t.Errorf("briefOf(a long value) has %d characters and shows %d bytes", long.Size, len(long.Full))
	}
	flat := briefOf(map[string]any{"b": []any{1, "x  y"}, "a": "\u202e"})
	if want := `{ "a": "\u202e", "b": [ 1, "x  y" ] }`; flat.Flat != want || flat.Long {
		t.Errorf("briefOf(a short value) = %q, want %q", flat.Flat, want)
	}
}
