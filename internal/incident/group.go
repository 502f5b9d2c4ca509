package incident

import (
	"cmp"
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// standsOut is how many times as frequent as in the control arm a cause has to be
// to count as the bad version's.
const standsOut = 2

// Grouper groups failing runs by cause, one at a time; it keeps none of them. The
// zero value has none yet.
type Grouper struct {
	groups map[string]*group
	of     map[string]string // run -> group
}

type group struct {
	resource.FailureGroup
	steps int // of the example
}

// Add counts a failing run of the bad version, read with its steps.
func (g *Grouper) Add(run resource.Run) {
	x := g.group(run)
	x.Runs++
	g.of[run.ID] = x.ID
	if x.FirstAt == 0 || run.EndedAt < x.FirstAt {
		x.FirstAt = run.EndedAt
	}
	x.LastAt = max(x.LastAt, run.EndedAt)
	x.example(run)
}

// AddControl counts a failing run of the control arm.
func (g *Grouper) AddControl(run resource.Run) { g.group(run).Control++ }

// Of is the id of the group that a run was counted in, "" for none.
func (g *Grouper) Of(run string) string { return g.of[run] }

func (g *Grouper) group(run resource.Run) *group {
	if g.groups == nil {
		g.groups, g.of = map[string]*group{}, map[string]string{}
	}
	cause := CauseOf(run)
	x, ok := g.groups[cause.ID]
	if !ok {
		x = &group{FailureGroup: cause}
		g.groups[cause.ID] = x
	}
	return x
}

// example takes the run with the fewest steps, of equals the earliest: it is the
// easiest to read, and makes the smallest scenario. A run without an input cannot
// be replayed and is taken only when there is no other.
func (x *group) example(run resource.Run) {
	steps := len(run.Steps)
	if run.Input == nil {
		steps += 1 << 20
	}
	// Runs come newest first, so an equal one is earlier.
	if x.Example == "" || steps <= x.steps {
		x.Example, x.steps = run.ID, steps
	}
}

// Groups are the causes of the bad version's failing runs: those that stand out
// first, then by size. runs and control are how many runs the two had, the good
// ones included; with no control arm every cause stands out. Runs that the rollback
// itself ended are its doing, not a cause.
func (g *Grouper) Groups(runs, control int64) []resource.FailureGroup {
	out := []resource.FailureGroup{}
	for _, x := range g.groups {
		if x.Runs == 0 {
			continue // of the control arm alone
		}
		f := x.FailureGroup
		f.StandsOut = f.Code != resource.OffTraffic && (control == 0 || f.Control == 0 ||
			float64(f.Runs)*float64(control) > standsOut*float64(f.Control)*float64(runs))
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b resource.FailureGroup) int {
		return cmp.Or(-cmp.Compare(mark(a.StandsOut), mark(b.StandsOut)), -cmp.Compare(a.Runs, b.Runs), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func mark(b bool) int {
	if b {
		return 1
	}
	return 0
}
