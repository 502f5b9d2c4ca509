package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// Witness is a run: what its user says and the calls that are made, with what
// comes back. [Compiled.Replay] drives the live guard through it.
type Witness struct {
	// Says is the user's message.
	Says string `json:"says"`
	// Lost begins with a state that could not be restored, in the phase Phase.
	Lost  bool          `json:"lost,omitempty"`
	Phase string        `json:"phase"`
	Steps []WitnessStep `json:"steps"`
	// Replayed says that the live guard took every step as it is written here.
	Replayed bool `json:"replayed"`

	depends []string
}

// WitnessStep is one call.
type WitnessStep struct {
	Tool string         `json:"tool"`
	Args map[string]any `json:"args"`
	// Origins are where the arguments come from, by their path.
	Origins map[string]string `json:"origins,omitempty"`
	Asked   bool              `json:"asked"`             // the user asked for a call of this kind
	Target  string            `json:"target"`            // the class of the worst target, "none" without one
	Content string            `json:"content,omitempty"` // of the worst content
	// Decision is approved, pending or rejected. A pending call with Human is then
	// approved by as many humans as Quorum.
	Decision resource.DecisionState `json:"decision"`
	Policies []string               `json:"policies"`
	Human    bool                   `json:"human,omitempty"`
	Quorum   int                    `json:"quorum,omitempty"`
	Result   string                 `json:"result,omitempty"`
	IsError  bool                   `json:"isError,omitempty"`
	After    resource.GuardState    `json:"after"`
}

// String is the run as one reads it.
func (w *Witness) String() string {
	var b strings.Builder
	if w.Lost {
		fmt.Fprintf(&b, "the run's state was lost in phase %s\n", w.Phase)
	}
	fmt.Fprintf(&b, "the user says: %q\n", w.Says)
	for i, s := range w.Steps {
		fmt.Fprintf(&b, "%d. %s(%s)\n", i+1, s.Tool, argsText(s))
		fmt.Fprintf(&b, "   %s", s.Decision)
		if len(s.Policies) > 0 {
			fmt.Fprintf(&b, " by %s", strings.Join(s.Policies, ", "))
		}
		if s.Human {
			fmt.Fprintf(&b, "; %d human(s) say yes", s.Quorum)
		}
		if s.Result != "" {
			verb := "result"
			if s.IsError {
				verb = "error"
			}
			fmt.Fprintf(&b, "\n   %s: %s", verb, s.Result)
		}
		fmt.Fprintf(&b, "\n   now: phase %s, %s, %s\n", s.After.Phase, integrity(s.After), s.After.Confidentiality)
	}
	return b.String()
}

func integrity(s resource.GuardState) string {
	if s.Tainted {
		return "text from outside was read"
	}
	return "clean"
}

func argsText(s WitnessStep) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s.Args)) {
		from := ""
		if o := s.Origins[name]; o != "" {
			from = " from " + o
		}
		parts = append(parts, fmt.Sprintf("%s=%v%s", name, s.Args[name], from))
	}
	return strings.Join(parts, ", ")
}
