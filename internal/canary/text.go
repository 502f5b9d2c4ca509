package canary

import (
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Harm is the reason of a rollback verdict in a sentence: what the candidate did in
// the stream that decided, beside the control, with E and its threshold.
func Harm(p resource.CanaryPlan, s resource.CanaryState) string {
	e := fmt.Sprintf("(E = %.4g, threshold %.4g)", s.EHarm, Bound(p.Alpha))
	for _, st := range s.Streams {
		if st.Name == s.Cause && s.Cause != blueprint.StreamFailures {
			return fmt.Sprintf("%s in %d of the canary's %d sessions and in %d of %d beside it %s.",
				happened(st), st.Canary, s.Canary.Sessions, st.Control, s.Control.Sessions, e)
		}
	}
	return fmt.Sprintf("The canary failed %d of %d runs while %d of %d failed beside it %s.",
		s.Canary.Failures, s.Canary.Runs, s.Control.Failures, s.Control.Runs, e)
}

// happened begins a sentence about a stream.
func happened(st resource.StreamState) string {
	switch st.Name {
	case blueprint.StreamBlocks:
		return "A CRV gate did not pass"
	case blueprint.StreamDenials:
		return "The guard denied a call"
	case blueprint.StreamEscalations:
		return "People had to decide"
	case blueprint.StreamLatency:
		return fmt.Sprintf("A run took over %d ms", st.Limit)
	case blueprint.StreamCost:
		return fmt.Sprintf("A run cost over $%.4f", float64(st.Limit)/1e6)
	}
	return "A run failed"
}
