package release

import "github.com/aureus-agents/aureus/resource"

// Texts of guards that several rows share.
const (
	gateBlocks = "a gate does not pass, or there is none"
	windowOpen = "a freeze window is open"
)

// preparing is the way to traffic: checks, approval, freeze windows, deployment,
// smoke tests.
func preparing() []Row {
	return []Row{
		{From: resource.ReleasePending, Event: Begin, To: resource.ReleaseChecking, Effects: []EffectKind{DoCheck, ArmProgress}},

		{From: resource.ReleaseChecking, Event: Checked, Guard: gateBlocks,
			when: blocked, says: blockedBy, To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},
		{From: resource.ReleaseChecking, Event: Checked, Guard: "every gate passes or warns, people have to approve and have not, or said yes to more",
			when: func(s situation) bool { return s.ev.Quorum > 0 && (s.r.ApprovedAt == 0 || s.ev.Again) },
			then: func(r *resource.Release, _ situation) { r.ApprovedAt = 0 },
			To:   resource.ReleaseAwaiting, Effects: []EffectKind{AskApproval}},
		{From: resource.ReleaseChecking, Event: Checked, Guard: "every gate passes or warns, " + windowOpen,
			when: frozen, then: freeze, says: waitsUntil, To: resource.ReleaseFrozen, Effects: []EffectKind{ArmThaw}},
		{From: resource.ReleaseChecking, Event: Checked, Guard: "every gate passes or warns, nobody has to approve",
			To: resource.ReleaseDeploying, Effects: []EffectKind{DoDeploy, ArmProgress}},

		{From: resource.ReleaseAwaiting, Event: Approved, Guard: windowOpen, when: frozen,
			then: func(r *resource.Release, s situation) { approve(r, s); freeze(r, s) },
			To:   resource.ReleaseFrozen, Effects: []EffectKind{ArmThaw}},
		{From: resource.ReleaseAwaiting, Event: Approved, Guard: "no freeze window is open", then: approve,
			To: resource.ReleaseDeploying, Effects: []EffectKind{DoDeploy, ArmProgress}},
		{From: resource.ReleaseAwaiting, Event: Denied, To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},
		{From: resource.ReleaseAwaiting, Event: Expired, To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},

		{From: resource.ReleaseFrozen, Event: Thawed, Guard: windowOpen, when: frozen, then: freezeOn, says: waitsUntil,
			To: resource.ReleaseFrozen, Effects: []EffectKind{ArmThaw}},
		{From: resource.ReleaseFrozen, Event: Thawed, Guard: "the checks are older than evidence may be", when: tooOld, then: thaw,
			To: resource.ReleaseChecking, Effects: []EffectKind{DoCheck, ArmProgress}},
		{From: resource.ReleaseFrozen, Event: Thawed, Guard: "neither", then: thaw,
			To: resource.ReleaseDeploying, Effects: []EffectKind{DoDeploy, ArmProgress}},

		{From: resource.ReleaseDeploying, Event: Deployed, Guard: gateBlocks,
			when: blocked, says: blockedBy, To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},
		{From: resource.ReleaseDeploying, Event: Deployed, Guard: "every gate passes or warns",
			To: resource.ReleaseSmoke, Effects: []EffectKind{DoSmoke, ArmProgress}},

		{From: resource.ReleaseSmoke, Event: Smoked, Guard: gateBlocks,
			when: blocked, says: blockedBy, To: resource.ReleaseRejected, Effects: []EffectKind{Notify}},
	}
}

func approve(r *resource.Release, s situation) { r.ApprovedAt = s.now }

func freeze(r *resource.Release, s situation) { r.FrozenUntil = s.ev.FrozenUntil }

// freezeOn goes on waiting: the time so far counts.
func freezeOn(r *resource.Release, s situation) {
	thaw(r, s)
	freeze(r, s)
	r.EnteredAt = s.now
}

func thaw(r *resource.Release, s situation) {
	r.FrozenMs += int64(s.now - r.EnteredAt)
	r.FrozenUntil = 0
}

func waitsUntil(resource.Release, situation) string {
	return "A freeze window is open: the release waits until it ends."
}
