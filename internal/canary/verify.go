package canary

import (
	"fmt"
	"reflect"

	"github.com/aureus-agents/aureus/resource"
)

// Verify recomputes a verdict from the draws and the outcomes and says how the
// recorded one differs from it, "" when it does not: the state, its verdict, and
// what every outcome records of E; see [Unverified] for what cannot be recomputed.
func Verify(p resource.CanaryPlan, stored resource.CanaryState, draws []resource.CanaryDraw, outcomes []resource.CanaryOutcome) (resource.CanaryState, string) {
	if problem := misdrawn(draws, outcomes); problem != "" {
		return Start(p), problem
	}
	got, again := Replay(p, stored, draws, outcomes)
	before := beforeDraws(stored, draws, outcomes)
	// A step may have been entered after its last outcome, or not at all while the
	// release was held.
	got.AtStep = stored.AtStep
	recorded := map[int64]resource.CanaryOutcome{}
	for _, o := range outcomes {
		recorded[o.Seq] = o
	}
	for i, o := range again {
		switch was := recorded[o.Seq]; {
		case o.Seq != int64(i+1):
			return got, fmt.Sprintf("outcome %d is missing or there twice", i+1)
		case o.EHarm != was.EHarm || !before && (o.ESafe != was.ESafe || o.EAbs != was.EAbs) || !reflect.DeepEqual(o.E, was.E):
			return got, fmt.Sprintf("the values recorded after outcome %d (run %s) are not what it leads to", o.Seq, o.Run)
		}
	}
	like := got
	if before {
		like = likeBefore(got, stored)
	}
	switch {
	case like.Verdict != stored.Verdict:
		return got, fmt.Sprintf("the outcomes lead to %q, and %q is recorded", got.Verdict, stored.Verdict)
	case !reflect.DeepEqual(like, stored):
		return got, "the recorded state is not what the outcomes lead to"
	}
	return got, ""
}

// misdrawn says how outcomes and draws contradict each other, "" when they do not.
func misdrawn(draws []resource.CanaryDraw, outcomes []resource.CanaryOutcome) string {
	for i, d := range draws {
		if d.Seq != int64(i+1) {
			return fmt.Sprintf("draw %d is missing or there twice", i+1)
		}
	}
	for _, o := range outcomes {
		switch {
		case o.Draw == 0:
		case o.Draw < 0 || o.Draw > int64(len(draws)):
			return fmt.Sprintf("draw %d of outcome %d (run %s) is missing", o.Draw, o.Seq, o.Run)
		case draws[o.Draw-1].Canary != o.Canary || draws[o.Draw-1].Weight != o.Weight:
			return fmt.Sprintf("outcome %d (run %s) is not of the arm and weight that draw %d gave it", o.Seq, o.Run, o.Draw)
		}
	}
	return ""
}
