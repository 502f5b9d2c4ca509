package console

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/resource"
)

func TestApproverApprovesARelease(t *testing.T) {
	x := open(t, "approver-token")
	x.do(chromedp.Navigate(x.url+"/releases/rel-32"),
		chromedp.SendKeys(chromedp.ID("answer-reason"), "read the delta and the evidence\n"))
	if n := len(x.approval("apr-11").Decisions); n != 0 {
		t.Fatalf("pressing Enter in the reason gave %d answers, want none", n)
	}
	x.do(chromedp.Click(chromedp.CSS("button[value=approve]")), chromedp.WaitVisible(chromedp.CSS(".flash")))
	if said := run(x, chromedp.Text(chromedp.CSS(".flash"))); !strings.HasPrefix(said, "Approved. More people") {
		t.Errorf("flash = %q, want it to say that more people have to approve", said)
	}
	a := x.approval("apr-11")
	if len(a.Decisions) != 1 || !a.Decisions[0].Approve || a.Decisions[0].Actor.Name != "sasha" || a.Decisions[0].Reason != "read the delta and the evidence" {
		t.Errorf("decisions = %+v, want sasha's yes with its reason", a.Decisions)
	}
	x.do(chromedp.Navigate(x.url+"/approvals/apr-12"), chromedp.SendKeys(chromedp.ID("answer-reason"), "too much"),
		chromedp.Click(chromedp.CSS("button[value=deny]")), chromedp.WaitVisible(chromedp.CSS(".flash")))
	if a := x.approval("apr-12"); a.State != resource.ApprovalDenied {
		t.Errorf("state after deny = %s", a.State)
	}
	if n := run(x, eval[int](`document.querySelectorAll("form.answer").length`)); n != 0 {
		t.Errorf("an answered request still has %d forms", n)
	}
}

func (x *tab) approval(id string) resource.Approval {
	x.f.mu.Lock()
	defer x.f.mu.Unlock()
	a, err := find("approval", id, x.f.approvals, func(a resource.Approval) bool { return a.ID == id })
	if err != nil {
		x.t.Fatal(err)
	}
	return a
}

func (x *tab) state(id string) resource.ReleaseState {
	r, err := x.f.Release(x.ctx, principals["admin-token"], id)
	if err != nil {
		x.t.Fatal(err)
	}
	return r.State
}

func TestPagesFollowEvents(t *testing.T) {
	x := open(t, "admin-token")
	x.do(chromedp.Navigate(x.url+"/releases/rel-31"), chromedp.WaitVisible(chromedp.CSS(".live:not(.off)")),
		chromedp.Click(chromedp.CSS("#act-rollback summary")), chromedp.SendKeys(chromedp.ID("reason-rollback"), "half a sent"))
	if _, err := x.f.MoveRelease(x.ctx, principals["approver-token"], "rel-31", "pause", "look first"); err != nil {
		t.Fatal(err)
	}
	x.f.publish(resource.Event{Action: "release.paused", SubjectKind: "release", SubjectID: "rel-31"})
	run(x, chromedp.Poll[chromedp.Void](`document.querySelector(".state .badge").textContent === "paused"`))
	if s := run(x, chromedp.Text(chromedp.CSS(".timeline li:last-child"))); !strings.Contains(s, "look first") || !strings.Contains(s, "sasha") {
		t.Errorf("history after the event = %q, want who paused and why", s)
	}
	got := run(x, eval[string](`document.activeElement.id + " " + document.querySelector("#act-rollback").open + " " + document.activeElement.value`))
	if got != "reason-rollback true half a sent" {
		t.Errorf("what was being written = %q, want it untouched", got)
	}
	if got := x.complaints(); len(got) > 0 {
		t.Errorf("the browser complains: %q", got)
	}
}

func TestLiveRefreshKeepsDetailsOpenAndHidesAnAnsweredForm(t *testing.T) {
	x := open(t, "admin-token")
	x.do(chromedp.Navigate(x.url+"/approvals/apr-12"), chromedp.WaitVisible(chromedp.CSS(".live:not(.off)")))
	views := x.viewCount()
	if _, err := x.f.Decide(x.ctx, principals["approver-token"], "apr-12", decide(true)); err != nil {
		t.Fatal(err)
	}
	x.f.publish(resource.Event{Action: "approval.decided"})
	x.do(chromedp.WaitNotVisible(chromedp.CSS("form.answer")))
	if n := x.viewCount(); n != views {
		t.Errorf("a live refresh viewed the request %d times: each view makes a token", n-views)
	}
	x.do(chromedp.Navigate(x.url+"/runs/run-full"), chromedp.WaitVisible(chromedp.CSS(".live:not(.off)")), chromedp.Click(chromedp.CSS("#step-5 summary")))
	x.f.mu.Lock()
	x.f.runs[0].Steps = x.f.runs[0].Steps[:7]
	x.f.mu.Unlock()
	x.f.publish(resource.Event{Action: "run.ended"})
	run(x, chromedp.Poll[chromedp.Void](`document.querySelectorAll(".g-row").length === 7`))
	if !run(x, eval[bool](`document.querySelector("#step-5").open`)) {
		t.Error("an open step was closed by a refresh")
	}
	if s := run(x, eval[string](`document.activeElement.closest("details")?.id ?? ""`)); s != "step-5" {
		t.Errorf("the focus went to %q, want it where it was", s)
	}
}

func (x *tab) viewCount() int {
	x.f.mu.Lock()
	defer x.f.mu.Unlock()
	return x.f.views
}

func TestAuditPageCountsEventsAndDoesNotReadAgain(t *testing.T) {
	x := open(t, "admin-token")
	x.do(chromedp.Navigate(x.url+"/audit"), chromedp.WaitVisible(chromedp.CSS(".live:not(.off)")))
	x.f.publish(resource.Event{Action: "audit.read"})
	x.f.publish(resource.Event{Action: "release.paused"})
	run(x, chromedp.Poll[chromedp.Void](`document.querySelector("[data-fresh]").textContent === "2 newer"`))
	x.f.mu.Lock()
	defer x.f.mu.Unlock()
	if x.f.tails != 1 {
		t.Errorf("the ledger was read %d times, want once: reading is recorded and would go round for ever", x.f.tails)
	}
}

func TestEverythingWorksWithoutScript(t *testing.T) {
	x := open(t, "")
	if _, err := chromedp.Call(x.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	x.do(chromedp.Navigate(x.url+"/login"), chromedp.SendKeys(chromedp.ID("token"), "admin-token"), chromedp.Click(chromedp.CSS(".login button")), chromedp.WaitVisible(chromedp.CSS("nav.nav")),
		chromedp.Navigate(x.url+"/releases/rel-31"), chromedp.Click(chromedp.CSS("#act-pause summary")), chromedp.SendKeys(chromedp.ID("reason-pause"), "look first"),
		chromedp.Click(chromedp.CSS("#act-pause button")), chromedp.WaitVisible(chromedp.CSS(".flash")))
	if s := x.state("rel-31"); s != resource.ReleasePaused {
		t.Errorf("state after the form = %s, want paused", s)
	}
}

func TestAPageOfAnotherOriginChangesNothing(t *testing.T) {
	x := open(t, "admin-token")
	// The browser sends the session's cookie along: another port is the same site.
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<form method="post" action="%s/releases/rel-31/move"><input name="event" value="rollback"><input name="reason" value="x"><button id="go">go</button></form>`, x.url)
	}))
	defer evil.Close()
	x.do(chromedp.Navigate(evil.URL), chromedp.Click(chromedp.ID("go")), chromedp.WaitVisible(chromedp.CSS(".error")))
	if s := run(x, chromedp.Text(chromedp.CSS(".error-code"))); !strings.Contains(s, "403") {
		t.Errorf("another origin's form was answered with %q, want 403", s)
	}
	if s := x.state("rel-31"); s != resource.ReleaseCanary {
		t.Errorf("state = %s, want it untouched", s)
	}
}

func TestApproverAllowsMoreInTheRun(t *testing.T) {
	x, dir := open(t, "approver-token"), pictures(t)
	x.look("light", 390, 844)
	x.do(chromedp.Navigate(x.url + "/approvals/apr-12"))
	shown := `[...document.querySelectorAll(".scope-more, .scope-max")].filter((e) => e.checkVisibility()).length`
	if n := run(x, eval[int](shown)); n != 0 {
		t.Errorf("a yes to the one call shows %d fields of more", n)
	}
	x.do(chromedp.Click(chromedp.CSS("#scope-run")), eval[chromedp.Void](`{ const s = document.querySelector("select[name='open:amount']"); s.value = "max"; s.dispatchEvent(new Event("change", {bubbles: true})); }`))
	if n := run(x, eval[int](shown)); n != 2 {
		t.Errorf("a yes with a bound on one number shows %d fields and groups, want the group and the bound", n)
	}
	if over := run(x, eval[int](`document.scrollingElement.scrollWidth - innerWidth`)); over > 0 {
		t.Errorf("the form is %d px wider than a phone", over)
	}
	x.shoot(dir, "scope-phone")
	x.do(chromedp.SendKeys(chromedp.ID("answer-reason"), "small refunds"), chromedp.Click(chromedp.CSS("button[value=approve]")), chromedp.WaitVisible(chromedp.CSS(".flash")))
	a := x.approval("apr-12")
	want := &resource.Scope{Max: map[string]float64{"amount": 480}, Uses: 10, ForMs: 60 * 60 * 1000}
	if len(a.Decisions) != 1 {
		t.Fatalf("decisions = %+v", a.Decisions)
	}
	if diff := cmp.Diff(want, a.Decisions[0].Scope); diff != "" {
		t.Errorf("scope (-want +got)\n%s", diff)
	}
}

// TestAutomatonForKeyboards: the drawing scrolls in its own box, which the keyboard
// reaches, and a step of the path opens the step of the run.
func TestAutomatonForKeyboards(t *testing.T) {
	x := open(t, "admin-token")
	x.look("light", 390, 844)
	x.do(chromedp.Navigate(x.url + "/runs/run-full"))
	got := run(x, eval[string](`(() => { const m = document.querySelector(".map"); m.focus(); return [document.activeElement === m, m.scrollWidth > m.clientWidth, m.getAttribute("role"), document.querySelector(".automaton").getAttribute("aria-label").includes("3 decided calls"), document.querySelectorAll(".path > li").length].join(" "); })()`))
	if got != "true true region true 3" {
		t.Errorf("the drawing takes the focus, scrolls, has a role, a label, and so many steps in words: %s", got)
	}
	x.do(chromedp.Click(chromedp.CSS(".path > li:nth-child(2) a")))
	run(x, chromedp.Poll[chromedp.Void](`document.querySelector("#step-4").open`))
	x.do(chromedp.Navigate(x.url + "/runs/run-wait#step-0"))
	run(x, chromedp.Poll[chromedp.Void](`document.querySelector("#step-0").open`))
}

func TestUntrustedTextStaysText(t *testing.T) {
	x := open(t, "admin-token")
	for _, path := range []string{"/runs/run-full", "/approvals/apr-12", "/evidence/refund-desk@v3", "/agents/refund-desk/versions/v4", "/agents/refund-desk/versions/v4/backtest"} {
		x.do(chromedp.Navigate(x.url + path))
		if n := run(x, eval[int](`document.querySelectorAll("main script, main img, main a[href*='evil'], main a[href*='live@liam'], main [onerror]").length`)); n != 0 {
			t.Errorf("%s: %d elements came out of an agent's text", path, n)
		}
	}
	x.do(chromedp.Navigate(x.url + "/approvals/apr-12"))
	if s := run(x, eval[string](`document.querySelector(".asked").textContent`)); !strings.Contains(s, `\u202egro.live`) || strings.Contains(s, "\u202e") {
		t.Errorf("arguments = %q, want the direction override written out", s)
	}
}
