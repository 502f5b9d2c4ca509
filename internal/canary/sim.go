package canary

import (
	"container/heap"

	"github.com/aureus-agents/aureus/blueprint"
)

// World is live traffic in a simulation. Failure rates are of runs.
type World struct {
	RunsPerSecond float64 // above 0
	Baseline      float64 // failure rate of the version that serves
	Bad           float64 // of the candidate
	// Outage is a time in which both fail at another rate.
	Outage *Outage
	// SessionRuns is the mean number of runs in a session; 0 and 1 are one.
	SessionRuns float64
	// Correlation is the share of sessions whose runs all end alike; the runs of the
	// others are independent. It is the correlation of two runs of a session.
	Correlation float64
	// RunSeconds is the mean time until a run's outcome is known; 0 is at once.
	RunSeconds float64
	// ControlFails and CanaryFails are the seconds until it is known that a run of an
	// arm failed; 0 is as for any other run.
	ControlFails, CanaryFails float64
	// Streams are the rates at which runs fail in the other streams.
	Streams []StreamRate
	// Seconds after which nothing more comes.
	Seconds float64
}

// Outage is when nearly everything fails.
type Outage struct {
	From, To float64 // seconds
	Rate     float64
}

// StreamRate is how often runs fail in a stream that is not failures.
type StreamRate struct {
	Name            string
	Control, Canary float64
}

// UsualStreams are rates of the other streams that a healthy agent may have.
func UsualStreams() []StreamRate {
	return []StreamRate{
		{blueprint.StreamBlocks, .01, .01}, {blueprint.StreamDenials, .05, .05}, {blueprint.StreamEscalations, .03, .03},
		{blueprint.StreamLatency, .05, .05}, {blueprint.StreamCost, .10, .10},
	}
}

// Played is how a simulated release ended.
type Played struct {
	Verdict    string
	Seconds    float64 // until the verdict
	Runs       int     // in both arms, assigned until then
	CanaryRuns int
	Failed     int     // of CanaryRuns
	Excess     float64 // failed runs of the candidate beyond what the serving version would have had
}

// Controller decides in a simulation from what it sees.
type Controller interface {
	// Weight is the candidate's percent of new sessions at a time.
	Weight(at float64) int
	// Drawn says that a session began; sessions are counted from 0.
	Drawn(isCanary bool, weight int)
	// Tell is the outcome of a run.
	Tell(o Told)
	// Verdict is what has been decided at a time.
	Verdict(at float64) string
}

// Told is the outcome of a run in a simulation.
type Told struct {
	At             float64
	Session        int
	First          bool // run of its session
	Canary, Failed bool
	Weight         int      // percent when the session was drawn
	Streams        []string // that the run fails in, besides failures
}

// session is an open session in a simulation.
type session struct {
	id      int
	canary  bool
	weight  int
	same    bool // its runs all end alike
	fate    bool // how
	decided bool
	begun   bool // it had a run
}

// arrivals is a heap of outcomes on their way, by time.
type arrivals []Told

func (a arrivals) Len() int           { return len(a) }
func (a arrivals) Less(i, j int) bool { return a[i].At < a[j].At }
func (a arrivals) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *arrivals) Push(x any)        { *a = append(*a, x.(Told)) }
func (a *arrivals) Pop() any {
	old := *a
	last := old[len(old)-1]
	*a = old[:len(old)-1]
	return last
}

// lookEvery is how many runs are played between two questions whether to stop.
const lookEvery = 1024

// stopped asks ended, which may be nil.
func stopped(ended func() bool) bool { return ended != nil && ended() }

// Play runs one release in w under c. Once ended says so, asked
// now and then, the release ends undecided; nil never does.
func Play(ended func() bool, r *Random, w World, c Controller) Played {
	var out Played
	var open []session
	var late arrivals
	expected := 0.0
	for at, id := 0.0, 0; ; {
		at += r.exp() / w.RunsPerSecond
		for len(late) > 0 && late[0].At <= at {
			c.Tell(heap.Pop(&late).(Told))
		}
		if v := c.Verdict(at); v != Continue || at > w.Seconds || out.Runs%lookEvery == lookEvery-1 && stopped(ended) {
			out.Verdict, out.Seconds, out.Excess = v, at, float64(out.Failed)-expected
			return out
		}
		var s *session
		s, open, id = w.pick(r, open, id, at, c)
		rate, base := w.rate(*s, at)
		failed := s.fails(r, rate)
		out.Runs++
		if s.canary {
			out.CanaryRuns++
			expected += base
			if failed {
				out.Failed++
			}
		}
		o := Told{At: at, Session: s.id, First: !s.begun, Canary: s.canary, Failed: failed, Weight: s.weight, Streams: w.fails(r, s.canary)}
		s.begun = true
		if wait := w.wait(r, o); wait > 0 {
			o.At += wait
			heap.Push(&late, o)
			continue
		}
		c.Tell(o)
	}
}

// wait is the time until an outcome is known.
func (w World) wait(r *Random, o Told) float64 {
	switch {
	case o.Failed && o.Canary && w.CanaryFails > 0:
		return w.CanaryFails
	case o.Failed && !o.Canary && w.ControlFails > 0:
		return w.ControlFails
	case w.RunSeconds > 0:
		return r.exp() * w.RunSeconds
	}
	return 0
}

// pick is the session of the next run: a new one, or one that goes on.
func (w World) pick(r *Random, open []session, id int, at float64, c Controller) (*session, []session, int) {
	if w.SessionRuns <= 1 {
		open = open[:0]
	}
	if n := len(open); n > 0 && r.float() >= 1/w.SessionRuns {
		i := r.below(n)
		if r.float() < 1/w.SessionRuns { // its last run
			open[i], open[n-1] = open[n-1], open[i]
			return &open[n-1], open[:n-1], id
		}
		return &open[i], open, id
	}
	weight := c.Weight(at)
	open = append(open, session{id: id, weight: weight, canary: r.below(100) < weight, same: w.Correlation > 0 && r.float() < w.Correlation})
	s := &open[len(open)-1]
	c.Drawn(s.canary, s.weight)
	return s, open, id + 1
}

// rate is the failure rate of a session's run, and that of the serving version.
func (w World) rate(s session, at float64) (rate, base float64) {
	if o := w.Outage; o != nil && at >= o.From && at < o.To {
		return o.Rate, o.Rate
	}
	if s.canary {
		return w.Bad, w.Baseline
	}
	return w.Baseline, w.Baseline
}

func (s *session) fails(r *Random, rate float64) bool {
	if !s.same {
		return r.float() < rate
	}
	if !s.decided {
		s.fate, s.decided = r.float() < rate, true
	}
	return s.fate
}

func (w World) fails(r *Random, isCanary bool) []string {
	var out []string
	for _, s := range w.Streams {
		rate := s.Control
		if isCanary {
			rate = s.Canary
		}
		if r.float() < rate {
			out = append(out, s.Name)
		}
	}
	return out
}
