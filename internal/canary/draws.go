package canary

import (
	"math"
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// What is known of a draw, a letter each in [resource.CanaryDrawn]. Capitals are
// the candidate's.
const (
	candidateOpen   = 'P' // its first run has not ended
	candidateBad    = 'Q' // neither, and a later run has failed
	candidateGood   = 'G'
	candidateSpoilt = 'L' // its first run was good, a later one failed
	candidateFailed = 'F'
	controlOpen     = 'p'
	controlGood     = 'g'
	controlFailed   = 'f'
)

// maxOpen bounds the draws that the state holds, a byte each. Beyond it the oldest
// ones that are open count at their worst for good.
const maxOpen = 1 << 16

// lookedAt is how many open draws are looked at for an outcome, on average.
const lookedAt = 64

// Drawn is one draw of an arm.
type Drawn struct {
	Canary bool
	Weight int // percent in force
}

// Known is how many draws a state knows.
func Known(s resource.CanaryState) int64 {
	n := s.Settled
	for _, d := range s.Open {
		n += int64(len(d.Draws))
	}
	return n
}

// place moves the promoting processes. They go through the draws in the order in
// which they were made, whatever the order in which their outcomes arrive, and take
// what is not known at its worst. newly: the session fails for the first time.
func place(p resource.CanaryPlan, s *resource.CanaryState, o outcome, newly bool) {
	if o.Undrawn {
		return
	}
	if len(s.Open) == 0 && !o.canary && !newly && !o.Later && (o.Draw == 0 || o.Draw == s.Settled+1) {
		s.Settled++ // the usual case: a good run of the control, which says nothing
		return
	}
	if o.Draw == 0 {
		o.Draw, o.Drawn = Known(*s)+1, []Drawn{{o.canary, o.weight}}
	}
	s.Open = push(slices.Clone(s.Open), o.Drawn)
	switch {
	case o.Draw > s.Settled:
		mark(s.Open, int(o.Draw-s.Settled)-1, o)
	case o.canary && o.Later && newly:
		turnAbs(s.LogAbs, p.MaxFailureRate)
	}
	settle(p, s)
	// With many open draws, once in a while is enough: what was true at an outcome
	// before bounds the same.
	if every := (Known(*s) - s.Settled) / lookedAt; every <= 1 || s.Outcomes%every == 0 {
		s.ESafe, s.EAbs = best(p, *s)
	}
}

// push appends draws that were made after the open ones.
func push(open []resource.CanaryDrawn, drawn []Drawn) []resource.CanaryDrawn {
	for len(drawn) > 0 {
		weight, letters := drawn[0].Weight, []byte{}
		for len(drawn) > 0 && drawn[0].Weight == weight {
			letter := byte(controlOpen)
			if drawn[0].Canary {
				letter = candidateOpen
			}
			letters, drawn = append(letters, letter), drawn[1:]
		}
		if n := len(open); n > 0 && open[n-1].Weight == weight {
			open[n-1].Draws += string(letters)
		} else {
			open = append(open, resource.CanaryDrawn{Weight: weight, Draws: string(letters)})
		}
	}
	return open
}

// mark notes an outcome at a draw, counted from the first open one.
func mark(open []resource.CanaryDrawn, at int, o outcome) {
	for i := range open {
		if at < len(open[i].Draws) {
			b := []byte(open[i].Draws)
			b[at] = marked(b[at], o)
			open[i].Draws = string(b)
			return
		}
		at -= len(open[i].Draws)
	}
}

// marked is the letter of a draw after an outcome. The session's first run decides
// what it is; a later one of the candidate can only make it worse.
func marked(was byte, o outcome) byte {
	if o.Later {
		switch {
		case o.failed && was == candidateOpen:
			return candidateBad
		case o.failed && was == candidateGood:
			return candidateSpoilt
		}
		return was
	}
	switch was {
	case candidateOpen, candidateBad:
		switch {
		case o.failed || o.Lost:
			return candidateFailed
		case was == candidateBad:
			return candidateSpoilt
		}
		return candidateGood
	case controlOpen:
		if o.failed && !o.Lost {
			return controlFailed
		}
		return controlGood
	}
	return was
}

// settle folds the draws up to the first open one into the state's logarithms.
func settle(p resource.CanaryPlan, s *resource.CanaryState) {
	tooMany := int(Known(*s)-s.Settled) - maxOpen
	for len(s.Open) > 0 {
		d := &s.Open[0]
		n, f := 0, factors{}
		for ; n < len(d.Draws); n++ {
			letter := d.Draws[n]
			if (letter == candidateOpen || letter == candidateBad || letter == controlOpen) && tooMany <= 0 {
				break
			}
			if f.good == nil && letter != controlOpen && letter != controlGood {
				f = factorsOf(p, d.Weight)
			}
			f.fold(s.LogSafe, s.LogAbs, letter)
			s.Settled++
			tooMany--
		}
		if d.Draws = d.Draws[n:]; d.Draws != "" {
			return
		}
		s.Open = s.Open[1:]
	}
	s.Open = nil
}

// best are the promoting processes at the draws where they are largest, of those
// from the last settled one on. A process that is never above its true value at any
// draw is, at its best draw, never above the largest true one, and that is what
// Ville's inequality is about.
func best(p resource.CanaryPlan, s resource.CanaryState) (safe, abs float64) {
	safe, abs = mixture(s.LogSafe), mixture(s.LogAbs)
	if len(s.Open) == 0 {
		return safe, abs
	}
	logSafe, logAbs := slices.Clone(s.LogSafe), slices.Clone(s.LogAbs)
	for _, d := range s.Open {
		f := factorsOf(p, d.Weight)
		for i := range len(d.Draws) {
			letter := d.Draws[i]
			f.fold(logSafe, logAbs, letter)
			switch last := i+1 == len(d.Draws) || d.Draws[i+1] != letter; {
			case last && letter == candidateGood:
				abs = raise(abs, logAbs)
			case last && letter == controlFailed:
				safe = raise(safe, logSafe)
			}
		}
	}
	return safe, abs
}

// raise is the larger of e and the mixture of logs, which is at most their largest.
func raise(e float64, logs []float64) float64 {
	if top := slices.Max(logs); top <= logZero || math.Exp(top) <= e {
		return e
	}
	return max(e, mixture(logs))
}

// factors are the logarithms by which draws at one weight move the processes.
type factors struct {
	good, failed               []float64 // a session of the candidate, in absolute
	candidateFails, otherFails []float64 // a failed session of an arm, in safe; nil at a weight without a choice
}

func factorsOf(p resource.CanaryPlan, weight int) factors {
	f := factors{good: make([]float64, len(absRates)), failed: make([]float64, len(absRates))}
	addAbs(f.good, false, p.MaxFailureRate)
	addAbs(f.failed, true, p.MaxFailureRate)
	if weight >= 1 && weight <= 99 {
		f.candidateFails, f.otherFails = make([]float64, len(safeRatios)), make([]float64, len(safeRatios))
		addSafe(f.candidateFails, true, float64(weight)/100)
		addSafe(f.otherFails, false, float64(weight)/100)
	}
	return f
}

// fold moves the processes by a draw: while it is open, the candidate's failed and
// the control's was good.
func (f factors) fold(safe, abs []float64, letter byte) {
	switch letter {
	case candidateGood:
		addAll(abs, f.good)
	case candidateSpoilt:
		addAll(abs, f.failed)
	case candidateOpen, candidateBad, candidateFailed:
		addAll(abs, f.failed)
		addAll(safe, f.candidateFails)
	case controlFailed:
		addAll(safe, f.otherFails)
	}
}

func addAll(logs, by []float64) {
	for i, v := range by {
		logs[i] = add(logs[i], v)
	}
}
