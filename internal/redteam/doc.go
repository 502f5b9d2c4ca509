// Package redteam attacks a guard the way somebody would who has read its
// policies: a seeded generator writes runs in which the agent obeys every text it
// reads, and each call is put to the guard. It knows attacks by families; how to
// encode a value, where to launder it, whom to make the user name. It is no
// measure of how often an agent is tricked, only of what a guard does once it is.
//
// Start from [Run]. The same seed gives the same attacks.
package redteam

import (
	"math/rand/v2"

	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/resource"
)

// Family is one way to attack.
type Family struct {
	Name string // a-short-name
	What string // what the attacker does, a sentence
	// Why says how it ends, and what to do about those that get through.
	Why string

	build func(k *kit, r *rand.Rand) (Attack, bool)
	drift func(r *rand.Rand, p resource.ToolPin) resource.ToolPin
}

// Attack is one attack in full: what the users say and what the agent does.
type Attack struct {
	Family string
	Says   string
	Steps  []Step
}

// Step is one thing that the tricked agent does.
type Step struct {
	Tool   string
	Args   map[string]any
	Result string // what the call gives when it runs
	Goal   bool   // this call does the harm
	// Says starts a new run whose user says this, before the call.
	Says string
	// Answer is the agent's final answer and no call; the harm is in it.
	Answer string
}

// Outcome is how an attack ends.
type Outcome string

// The outcomes.
const (
	Stopped    Outcome = "stopped"     // every harmful call was rejected
	Asked      Outcome = "asked"       // none ran; a human was asked for at least one
	GotThrough Outcome = "got through" // at least one harmful call ran
)

// Link connects to a pinned server that by now offers something else. A nil
// error means that its tools would be called.
type Link func(pinned, offered resource.ToolPin) error

// Row is what became of a family's attacks.
type Row struct {
	Family
	Attacks, Stopped, Asked, GotThrough int
	// Questions is how many calls a human was asked for.
	Questions int
	// Through is the first attack that got through, for the reader.
	Through *Attack
}

// Run makes n attacks of each family for a version, from the seed, and puts them
// to its guard. A family that the version has no tools for has no attacks; those
// on what a server offers need a link.
func Run(m *resource.Manifest, j backtest.Judge, link Link, seed uint64, n int) []Row {
	k := newKit(m)
	rows := make([]Row, 0, len(families))
	for i, f := range families {
		row, r := Row{Family: f}, rand.New(rand.NewPCG(seed, uint64(i)))
		for range n {
			if f.drift != nil {
				row.offer(k, link, r)
				continue
			}
			a, ok := f.build(k, r)
			if !ok {
				break
			}
			a.Family = f.Name
			row.add(j, a)
		}
		rows = append(rows, row)
	}
	return rows
}

// offer has a server change one of its pinned tools.
func (w *Row) offer(k *kit, link Link, r *rand.Rand) {
	if link == nil || len(k.pins) == 0 {
		return
	}
	p := k.pins[r.IntN(len(k.pins))]
	w.Attacks++
	if link(p, w.drift(r, p)) != nil {
		w.Stopped++
		return
	}
	w.GotThrough++
}

func (w *Row) add(j backtest.Judge, a Attack) {
	outcome, questions := Judge(j, a)
	w.Attacks++
	w.Questions += questions
	switch outcome {
	case Stopped:
		w.Stopped++
	case Asked:
		w.Asked++
	default:
		if w.GotThrough++; w.Through == nil {
			w.Through = &a
		}
	}
}
