package release

import (
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

// preparing is the way to traffic: checks, approval, deployment, smoke tests.
func preparing() []Row {
	return []Row{
		{From: resource.ReleasePending, Event: Begin, To: resource.ReleaseChecking, Effects: []EffectKind{DoCheck}},

		{From: resource.ReleaseChecking, Event: Checked, Guard: "a gate does not pass, or there is none",
			when: blocked, says: blockedBy, To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},
		{From: resource.ReleaseChecking, Event: Checked, Guard: "every gate passes or warns, people have to approve",
			when: func(s situation) bool { return s.ev.Quorum > 0 },
			To:   resource.ReleaseAwaiting, Effects: []EffectKind{AskApproval}},
		{From: resource.ReleaseChecking, Event: Checked, Guard: "every gate passes or warns, nobody has to approve",
			To: resource.ReleaseDeploying, Effects: []EffectKind{DoDeploy}},

		{From: resource.ReleaseAwaiting, Event: Approved, To: resource.ReleaseDeploying, Effects: []EffectKind{DoDeploy}},
		{From: resource.ReleaseAwaiting, Event: Denied, To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},
		{From: resource.ReleaseAwaiting, Event: Expired, To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},

		{From: resource.ReleaseDeploying, Event: Deployed, Guard: "a gate does not pass, or there is none",
			when: blocked, says: blockedBy, To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},
		{From: resource.ReleaseDeploying, Event: Deployed, Guard: "every gate passes or warns",
			To: resource.ReleaseSmoke, Effects: []EffectKind{DoSmoke}},

		{From: resource.ReleaseSmoke, Event: Smoked, Guard: "a gate does not pass, or there is none",
			when: blocked, says: blockedBy, To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},
		{From: resource.ReleaseSmoke, Event: Smoked, Guard: "every gate passes or warns, the environment has a canary",
			when: func(s situation) bool { return s.ev.Canary },
			then: startCanary, To: resource.ReleaseCanary, Effects: []EffectKind{SetWeight, ArmDeadline}},
		{From: resource.ReleaseSmoke, Event: Smoked, Guard: "every gate passes or warns, there is no canary",
			To: resource.ReleasePromoted, Effects: []EffectKind{SetStable, Notify}},
	}
}

func startCanary(r *resource.Release, s situation) {
	st := canary.Start(r.Plan)
	r.Canary, r.Step = &st, 0
	r.Deadline = s.now + resource.Millis(r.Plan.DeadlineMs)
}
