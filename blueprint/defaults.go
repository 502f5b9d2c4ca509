package blueprint

import (
	"slices"
	"time"
)

// The documented defaults. The comments of the types name them; a test holds
// the two together.
const (
	DefaultModelTimeout   = 60 * time.Second
	DefaultToolTimeout    = 30 * time.Second
	DefaultToolRetries    = 2
	DefaultSteps          = 20
	DefaultToolCalls      = 50
	DefaultTokens         = 200_000
	DefaultCostUSD        = 5.0
	DefaultDuration       = 5 * time.Minute
	DefaultRepeats        = 1
	DefaultPassRate       = 1.0
	DefaultAlpha          = 0.001
	DefaultBeta           = 0.05
	DefaultMaxFailureRate = 0.10
	DefaultDeadline       = 24 * time.Hour
	DefaultStepRuns       = 20
	DefaultOutcomeTimeout = 2 * time.Hour
	DefaultFailureShare   = 5.0 // of a canary's stream failures; 1 for the others
	DefaultHarmConfidence = 0.9
	DefaultAlertWindow    = 5 * time.Minute
	DefaultAlertMinRuns   = 10
	DefaultProvider       = "default"
	DefaultFaultDelay     = 10 * time.Second
	DefaultPhase          = "work" // the one phase of a run without a workflow
	DefaultMemoryMiB      = 1024
	DefaultProcesses      = 256
	DefaultDiskMiB        = 256
	DefaultOpenFiles      = 1024
)

// Resolved returns m with its defaults filled in.
func (m Model) Resolved() Model {
	m.Provider = or(m.Provider, DefaultProvider)
	m.Timeout = or(m.Timeout, Duration(DefaultModelTimeout))
	return m
}

// Resolved returns t with its defaults filled in. A tool whose intent is not
// read has no retries.
func (t Tool) Resolved() Tool {
	t.Upstream = or(t.Upstream, t.Name)
	t.Timeout = or(t.Timeout, Duration(DefaultToolTimeout))
	n := DefaultToolRetries
	switch {
	case t.Intent != IntentRead:
		n = 0
	case t.Retries != nil:
		n = *t.Retries
	}
	t.Retries = &n
	return t
}

// Resolved returns f with its defaults filled in.
func (f Fault) Resolved() Fault {
	f.Delay = or(f.Delay, Duration(DefaultFaultDelay))
	if f.Probability == nil {
		always := 1.0
		f.Probability = &always
	}
	return f
}

// Resolved returns b with its defaults filled in. Spend and CallsPerMinute have
// none: 0 keeps its documented meaning.
func (b Budgets) Resolved() Budgets {
	b.Steps = or(b.Steps, DefaultSteps)
	b.ToolCalls = or(b.ToolCalls, DefaultToolCalls)
	b.Tokens = or(b.Tokens, DefaultTokens)
	b.CostUSD = or(b.CostUSD, DefaultCostUSD)
	b.Duration = or(b.Duration, Duration(DefaultDuration))
	return b
}

// Resolved returns e with its defaults filled in.
func (e Evaluation) Resolved() Evaluation {
	e.Repeats = or(e.Repeats, DefaultRepeats)
	e.OnUnclear = or(e.OnUnclear, UnclearBlock)
	if e.PassRate == nil {
		rate := DefaultPassRate
		e.PassRate = &rate
	}
	return e
}

// Resolved returns c with its defaults filled in.
func (c Canary) Resolved() Canary {
	steps := c.Steps
	if len(steps) == 0 {
		steps = []CanaryStep{{Weight: 10}, {Weight: 50}}
	}
	c.Steps = make([]CanaryStep, len(steps))
	for i, s := range steps {
		s.Runs = or(s.Runs, DefaultStepRuns)
		c.Steps[i] = s
	}
	c.Alpha = or(c.Alpha, DefaultAlpha)
	c.Beta = or(c.Beta, DefaultBeta)
	c.MaxFailureRate = or(c.MaxFailureRate, DefaultMaxFailureRate)
	c.Deadline = or(c.Deadline, Duration(DefaultDeadline))
	c.Streams = c.streams()
	c.OutcomeTimeout = or(c.OutcomeTimeout, Duration(DefaultOutcomeTimeout))
	if c.HarmBudget != nil {
		b := *c.HarmBudget
		b.Confidence = or(b.Confidence, DefaultHarmConfidence)
		b.WhenUnmet = or(b.WhenUnmet, UnmetAsk)
		c.HarmBudget = &b
	}
	return c
}

// streams are c's streams with their shares, failures first, in the order of
// [CanaryStreams].
func (c Canary) streams() []CanaryStream {
	var out []CanaryStream
	for _, name := range CanaryStreams() {
		share := 1.0
		if name == StreamFailures {
			share = DefaultFailureShare
		}
		i := slices.IndexFunc(c.Streams, func(s CanaryStream) bool { return s.Name == name })
		if i >= 0 {
			share = or(c.Streams[i].Share, share)
		}
		if i >= 0 || len(c.Streams) == 0 || name == StreamFailures {
			out = append(out, CanaryStream{Name: name, Share: share})
		}
	}
	return out
}

// Resolved returns a with its defaults filled in.
func (a Alert) Resolved() Alert {
	a.Window = or(a.Window, Duration(DefaultAlertWindow))
	a.MinRuns = or(a.MinRuns, DefaultAlertMinRuns)
	return a
}

// Resolved returns g with its defaults filled in.
func (g CRVGate) Resolved() CRVGate {
	if g.BlockOnFailure == nil {
		block := true
		g.BlockOnFailure = &block
	}
	g.Recovery = or(g.Recovery, RecoverEscalate)
	return g
}

// Resolved returns e with its defaults filled in.
func (e Expect) Resolved() Expect {
	e.Outcome = or(e.Outcome, "success")
	return e
}

// Effective returns the labels with nil on the safe side: true.
func (l Labels) Effective() (readsOutside, readsPrivate, actsOutside, actsInside bool) {
	safe := func(b *bool) bool { return b == nil || *b }
	return safe(l.ReadsOutside), safe(l.ReadsPrivate), safe(l.ActsOutside), safe(l.ActsInside)
}

// or returns v, or def when v is the zero value.
func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
