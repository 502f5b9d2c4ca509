package console

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// everyPage is each page with what its title has to name.
var everyPage = []struct{ name, path, title string }{
	{"fleet", "/", "Fleet"},
	{"fleet-staging", "/?environment=staging&window=1h", "Fleet"},
	{"agent", "/agents/refund-desk", "refund-desk"},
	{"agent-new", "/agents/invoice-reader", "invoice-reader"},
	{"version", "/agents/refund-desk/versions/v4", "refund-desk@v4"},
	{"version-one-phase", "/agents/invoice-reader/versions/v3", "invoice-reader@v3"},
	{"version-unreadable", "/agents/support-triage/versions/v5", "support-triage@v5"},
	{"backtest", "/agents/refund-desk/versions/v4/backtest", "Back-test of refund-desk@v4"},
	{"releases", "/releases", "Releases"},
	{"release-canary", "/releases/rel-31", "refund-desk@v4 into production"},
	{"release-awaiting", "/releases/rel-32", "invoice-reader@v3"},
	{"release-paused", "/releases/rel-29", "support-triage@v5"},
	{"release-rolledback", "/releases/rel-27", "refund-desk@v3"},
	{"release-rejected", "/releases/rel-24", "support-triage@v4"},
	{"release-checking", "/releases/rel-checking", "claims-intake@v9"},
	{"release-frozen", "/releases/rel-frozen", "claims-intake@v8"},
	{"release-shadow", "/releases/rel-shadow", "claims-intake@v7"},
	{"release-preview", "/releases/rel-preview", "claims-intake@v6"},
	{"release-soaking", "/releases/rel-soaking", "claims-intake@v5"},
	{"release-hotfix", "/releases/rel-hotfix", "claims-intake@v4"},
	{"release-stopped", "/releases/rel-stopped", "claims-intake@v3"},
	{"drift", "/agents/refund-desk/drift", "Drift of refund-desk"},
	{"pipelines", "/pipelines", "Pipelines"},
	{"approvals", "/approvals", "Approvals"},
	{"approval-release", "/approvals/apr-11", "Release invoice-reader@v3"},
	{"approval-call", "/approvals/apr-12", "Call issue_refund"},
	{"runs", "/runs", "Runs"},
	{"runs-failed", "/runs?state=failed&agent=refund-desk", "Runs"},
	{"run", "/runs/run-full", "Run run-full"},
	{"run-waiting", "/runs/run-wait", "Run run-wait"},
	{"run-empty", "/runs/run-empty", "Run run-empty"},
	{"incidents", "/incidents", "Incidents"},
	{"incident", "/incidents/inc-07", "Incident: refund-desk@v3"},
	{"incident-resolved", "/incidents/inc-03", "Incident: support-triage@v3"},
	{"audit", "/audit", "Audit"},
	{"audit-proof", "/audit?index=41", "Audit"},
	{"evidence", "/evidence/refund-desk@v3", "Evidence of refund-desk@v3"},
	{"evaluation", "/evidence/refund-desk@v3/evi-3/evaluation", "Evaluation of refund-desk@v3"},
	{"evaluation-flipped", "/evidence/refund-desk@v3/evi-3/evaluation?show=flipped", "Evaluation of refund-desk@v3"},
}

// looks are the ways that every page is looked at.
var looks = []struct {
	name, scheme  string
	width, height int64
}{
	{"light", "light", 1280, 800},
	{"dark", "dark", 1280, 800},
	{"phone", "light", 390, 844},
	{"phone-dark", "dark", 390, 844},
}

func TestEveryPageInEveryLook(t *testing.T) {
	x, dir := open(t, "admin-token"), pictures(t)
	for _, l := range looks {
		x.look(l.scheme, l.width, l.height)
		for _, p := range everyPage {
			x.do(chromedp.Navigate(x.url + p.path))
			if title := run(x, chromedp.Title()); !strings.HasPrefix(title, p.title) || !strings.HasSuffix(title, "Aureus") {
				t.Errorf("%s %s: title = %q, want it to name %q", p.name, l.name, title, p.title)
			}
			if over := run(x, eval[int](`document.scrollingElement.scrollWidth - innerWidth`)); over > 0 {
				t.Errorf("%s %s: the page is %d px wider than the window: %s", p.name, l.name, over, run(x, eval[string](widest)))
			}
			if n := run(x, eval[int](`document.querySelectorAll("h1").length * 10 + document.querySelectorAll("main").length`)); n != 11 {
				t.Errorf("%s %s: headings and landmarks = %d, want one h1 and one main", p.name, l.name, n)
			}
			if bad := run(x, eval[string](unnamed)); bad != "" {
				t.Errorf("%s %s: a control has no name: %s", p.name, l.name, bad)
			}
			if got := x.complaints(); len(got) > 0 {
				t.Errorf("%s %s: the browser complains: %q", p.name, l.name, got)
			}
			x.shoot(dir, p.name+"-"+l.name)
		}
	}
}

// widest names the element that sticks out most.
const widest = `(() => { let w = 0, n = ""; for (const e of document.querySelectorAll("main *, header *")) { const r = e.getBoundingClientRect(); if (r.right > w && getComputedStyle(e).position !== "absolute") { w = r.right; n = e.outerHTML.slice(0, 160); } } return n; })()`

// unnamed finds a control that a screen reader could not name.
const unnamed = `(() => { for (const e of document.querySelectorAll("button, input:not([type=hidden]), select, textarea, a")) {
  if (!(e.textContent.trim() && e.matches("button, a")) && !e.getAttribute("aria-label") && !(e.labels && e.labels.length)) return e.outerHTML; } return ""; })()`

func TestSignInAndErrorPagesInEveryLook(t *testing.T) {
	x, dir := open(t, ""), pictures(t)
	for _, l := range looks {
		x.look(l.scheme, l.width, l.height)
		x.do(chromedp.Navigate(x.url+"/runs?state=failed"), chromedp.WaitVisible(chromedp.ID("token")))
		if at := run(x, chromedp.Location()); at != x.url+"/login?next=%2Fruns%3Fstate%3Dfailed" {
			t.Errorf("signed out: at %s, want the login page", at)
		}
		x.shoot(dir, "login-"+l.name)
	}
	x.do(chromedp.SendKeys(chromedp.ID("token"), "wrong"), chromedp.Submit(chromedp.ID("token")), chromedp.WaitVisible(chromedp.CSS("[role=alert]")))
	x.do(chromedp.SendKeys(chromedp.ID("token"), "viewer-token"), chromedp.Submit(chromedp.ID("token")), chromedp.WaitVisible(chromedp.CSS("nav.nav")))
	if at := run(x, chromedp.Location()); at != x.url+"/runs?state=failed" {
		t.Errorf("signed in: at %s, want the page asked for", at)
	}
	for _, l := range looks {
		x.look(l.scheme, l.width, l.height)
		x.do(chromedp.Navigate(x.url + "/releases/none"))
		if h := run(x, chromedp.Text(chromedp.CSS("h1"))); h != "Not found" {
			t.Errorf("unknown release: heading = %q", h)
		}
		x.shoot(dir, "error-"+l.name)
	}
	x.do(chromedp.Navigate(x.url + "/releases/rel-31"))
	if n := run(x, eval[int](`document.querySelectorAll("form[action$='/move']").length`)); n != 0 {
		t.Errorf("a viewer is shown %d forms that move a release", n)
	}
	x.do(chromedp.Navigate(x.url + "/audit"))
	if s := run(x, chromedp.Text(chromedp.CSS("main"))); !strings.Contains(s, "role auditor") {
		t.Errorf("audit page of a viewer = %q, want it to say which role is needed", s)
	}
	x.do(chromedp.Click(chromedp.CSS("header .who button")), chromedp.WaitVisible(chromedp.ID("token")))
}
