package console

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func version(agent string, n int) string { return digestOf(fmt.Sprintf("%s@v%d", agent, n)) }

var (
	author   = resource.Actor{Name: "mika", Kind: "human"}
	operator = resource.Actor{Name: "rowan", Kind: "human"}
	bot      = resource.Actor{Name: "ci", Kind: "service"}
)

func (f *fixture) tellVersions() {
	add := func(agent string, n int, tier blueprint.Tier, by resource.Actor, age time.Duration, method string) {
		v := resource.Version{Agent: agent, Number: n, Name: fmt.Sprintf("%s@v%d", agent, n), Digest: version(agent, n), Tier: tier,
			Build: resource.Build{GitSHA: version(agent, n)[10:50]}, CreatedAt: before(age), CreatedBy: by, Generation: &resource.GenerationRecord{Method: method}}
		f.versions[agent] = append([]resource.Version{v}, f.versions[agent]...)
	}
	add("refund-desk", 1, "medium", author, 9*24*time.Hour, "template")
	add("refund-desk", 2, "high", author, 6*24*time.Hour, "manual")
	add("refund-desk", 3, "high", bot, 26*time.Hour, "manual")
	add("refund-desk", 4, "high", author, 3*time.Hour, "manual")
	add("invoice-reader", 1, "low", bot, 20*24*time.Hour, "goal")
	add("invoice-reader", 2, "low", bot, 12*24*time.Hour, "manual")
	add("invoice-reader", 3, "critical", author, 50*time.Minute, "manual")
	add("support-triage", 4, "medium", bot, 4*24*time.Hour, "code")
	add("support-triage", 5, "medium", bot, 30*time.Hour, "code")
	for i := range f.versions["refund-desk"] {
		v := &f.versions["refund-desk"][i]
		v.Manifest = &resource.Manifest{}
		v.Manifest.Blueprint.Spec.Instructions = "These are the instructions of " + v.Name + ".\nRefund what was paid."
	}
	f.versions["refund-desk"][1].Quarantine = &resource.Quarantine{Incident: "inc-07", Reason: "rolled back in canary", Since: before(22 * time.Hour)}

	f.agents = []control.AgentSummary{
		{Name: "invoice-reader", Owner: "finance-platform", Description: "Reads supplier invoices and files them against orders.", Latest: f.versions["invoice-reader"][0],
			Deployments: []resource.Deployment{{Agent: "invoice-reader", Environment: "staging", Stable: version("invoice-reader", 3)}, {Agent: "invoice-reader", Environment: "production", Stable: version("invoice-reader", 2)}}},
		{Name: "refund-desk", Owner: "payments", Description: "Looks up orders, issues refunds and writes to customers.", Latest: f.versions["refund-desk"][0], Incidents: 1,
			Deployments: []resource.Deployment{{Agent: "refund-desk", Environment: "staging", Stable: version("refund-desk", 4)}, {Agent: "refund-desk", Environment: "production", Stable: version("refund-desk", 2), Candidate: version("refund-desk", 4), Weight: 10, Release: "rel-31"}}},
		{Name: "support-triage", Owner: "support-tools", Description: "Sorts tickets and drafts first answers.", Latest: f.versions["support-triage"][0],
			Deployments: []resource.Deployment{{Agent: "support-triage", Environment: "production", Stable: version("support-triage", 4), Candidate: version("support-triage", 5), Weight: 50, Release: "rel-29", Paused: true, Reason: "held at the canary's deadline"}}},
	}
}

// gatesOf are the gates of a release; block names the one that blocked.
func gatesOf(block string, at resource.Millis) []resource.Gate {
	var out []resource.Gate
	for _, g := range []struct{ name, says string }{
		{"quarantine", "The version is not quarantined."}, {"validation", "0 errors, 1 warning in 41 checks."}, {"simulation", "12 of 12 scenarios pass."},
		{"evaluation", "pass^3 is 0.95 over 40 cases; the baseline has 0.93."}, {"smoke", "4 of 4 smoke runs pass."},
	} {
		gate := resource.Gate{Name: g.name, Verdict: resource.Pass, Message: g.says, Evidence: digestOf(g.name), At: at}
		if g.name == "quarantine" {
			gate.Evidence = ""
		}
		if g.name == block {
			gate.Verdict, gate.Code, gate.Message = resource.Block, resource.PolicyViolation, "2 of 12 scenarios fail: the mail tool is called with an address that is not the customer's."
			gate.Remediation = "Limit send_mail to addresses that lookup_order returned, then push a new version."
			return append(out, gate)
		}
		out = append(out, gate)
	}
	out[1].Verdict = resource.Warn
	return out
}

// history walks a release through states, one every step.
func history(start resource.Millis, step time.Duration, states ...resource.ReleaseState) []resource.Transition {
	events := map[resource.ReleaseState]string{resource.ReleaseChecking: "begin", resource.ReleaseAwaiting: "checked", resource.ReleaseDeploying: "approved",
		resource.ReleaseSmoke: "deployed", resource.ReleaseCanary: "smoked", resource.ReleasePromoted: "outcome", resource.ReleasePaused: "deadline",
		resource.ReleaseShadow: "smoked", resource.ReleasePreview: "smoked", resource.ReleaseSoaking: "outcome", resource.ReleaseFrozen: "approved",
		resource.ReleaseRejected: "checked", resource.ReleaseRollingBack: "outcome", resource.ReleaseRolledBack: "verified"}
	var out []resource.Transition
	from := resource.ReleasePending
	for i, to := range states {
		t := resource.Transition{At: start + resource.Millis(int64(i+1)*step.Milliseconds()), Event: events[to], From: from, To: to, Actor: resource.System}
		switch to {
		case resource.ReleaseDeploying:
			t.Actor, t.Reason = resource.Actor{Name: "sasha", Kind: "human"}, "delta read, evidence holds"
		case resource.ReleaseRollingBack:
			t.Reason = "the canary's harm process reached 1/α"
		case resource.ReleasePaused:
			t.Reason = "undecided at the deadline"
		}
		out, from = append(out, t), to
	}
	return out
}

var firstDelta = []resource.Change{
	{Kind: "tool", Op: "added", Path: "tools.issue_refund", To: "high, write, confidential", Widens: true, Tier: "high"},
	{Kind: "zone", Op: "changed", Path: "zone", From: "internal", To: "confidential", Widens: true, Tier: "medium"},
	{Kind: "schema", Op: "changed", Path: "output.properties.amount", From: "string", To: "number", Breaking: true, Tier: "medium"},
	{Kind: "instructions", Op: "changed", Path: "instructions", From: "Look the order up. Answer the customer politely.",
		To: "Look the order up. When the customer is entitled to a refund under the policy, issue it with issue_refund and say how long it takes. Never refund more than was paid. <b>Answer politely.</b>", Tier: "medium"},
}
