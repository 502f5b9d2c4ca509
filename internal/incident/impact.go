package incident

import "github.com/aureus-agents/aureus/resource"

// Tally counts live runs that ended. A run without a session is a session of its
// own; first and last are by when runs ended.
type Tally struct {
	Runs, Failed             int64
	Sessions, FailedSessions int64
	FirstFailedRun           string
	FirstFailedAt            resource.Millis
	LastFailedAt             resource.Millis
}

// ImpactOf is what the bad version did. bad counts its runs since its release
// began, beside those of the stable version that were in the same canary. goodAt is
// when all traffic was on a good version, 0 while it is not.
func ImpactOf(rel resource.Release, bad, beside Tally, goodAt resource.Millis) resource.IncidentImpact {
	i := resource.IncidentImpact{Runs: bad.Runs, Failed: bad.Failed, Sessions: bad.Sessions, FailedSessions: bad.FailedSessions,
		Control:       resource.ArmCount{Runs: beside.Runs, Failures: beside.Failed},
		FirstFailedAt: bad.FirstFailedAt, FirstFailedRun: bad.FirstFailedRun, LastFailedAt: bad.LastFailedAt,
		DecidedAt: rel.DecidedAt, GoodAt: goodAt}
	expected := 0.0
	if beside.Runs > 0 {
		expected = float64(bad.Runs) * float64(beside.Failed) / float64(beside.Runs)
	}
	i.ExcessFailed = float64(bad.Failed) - expected
	if i.FirstFailedAt > 0 && i.DecidedAt > i.FirstFailedAt {
		i.DetectMs = int64(i.DecidedAt - i.FirstFailedAt)
	}
	if goodAt > 0 && i.DecidedAt > 0 {
		i.RestoreMs = int64(goodAt - i.DecidedAt)
		i.TotalMs = i.RestoreMs + i.DetectMs
	}
	return i
}
