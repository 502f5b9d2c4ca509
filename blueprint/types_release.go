package blueprint

// ReleasePlan says how versions go out.
type ReleasePlan struct {
	Canary Canary `json:"canary"`
	// AcceptBreaking names regression rules (tool/removed, tool/schema-drift,
	// schema/breaking-input, schema/breaking-output, workflow/phase-removed,
	// workflow/transition-removed)
	// that this version breaks on purpose: they warn instead of blocking, and the
	// delta asks for the approval of a high tier.
	AcceptBreaking []string `json:"acceptBreaking,omitempty"`
	// AcceptProperties names built-in properties of the policy check that this
	// version is released without, each with a justification.
	AcceptProperties []AcceptedProperty `json:"acceptProperties,omitempty"`
}

// Canary is the rollout of a version beside the one that serves.
type Canary struct {
	// Steps; none is 10, 50, or what HarmBudget asks for.
	Steps []CanaryStep `json:"steps,omitempty"`
	// Alpha bounds false rollbacks of a release; default 0.001.
	Alpha float64 `json:"alpha,omitempty"`
	// Beta bounds promotions of a version that is at least twice as bad; default 0.05.
	Beta float64 `json:"beta,omitempty"`
	// MaxFailureRate that is acceptable in absolute terms; default 0.10.
	MaxFailureRate float64 `json:"maxFailureRate,omitempty"`
	// Deadline after which an undecided canary holds and asks; default 24h.
	Deadline Duration `json:"deadline,omitempty"`
	// Streams are what the arms are compared by, each with a share of Alpha. None is
	// all six, failures with a share of 5 and the others of 1. Failures are compared
	// whether they are listed or not.
	Streams []CanaryStream `json:"streams,omitempty"`
	// OutcomeTimeout is when a run that has not ended counts as failed; default 2h.
	OutcomeTimeout Duration `json:"outcomeTimeout,omitempty"`
	// HarmBudget has the steps computed from the traffic; it goes without Steps.
	HarmBudget *HarmBudget `json:"harmBudget,omitempty"`
	// UseEvaluation counts each case of the release's evaluation as one run of the
	// candidate when it is asked whether it fails less than MaxFailureRate. Say so
	// only if a case fails as often as a live run would.
	UseEvaluation bool `json:"useEvaluation,omitempty"`
}

// CanaryStream is one thing that the arms of a canary are compared by.
type CanaryStream struct {
	// Name is failures, blocks, denials, escalations, latency or cost.
	Name string `json:"name"`
	// Share of Alpha, relative to the other streams; default 5 for failures, 1 for the
	// others.
	Share float64 `json:"share,omitempty"`
}

// HarmBudget says how much a canary may cost.
type HarmBudget struct {
	// ExcessFailures is how many failed runs more than the serving version's a bad
	// version may cause until the canary decides.
	ExcessFailures int `json:"excessFailures"`
	// Confidence is the share of releases, however bad their version, that stay within
	// it; default 0.9.
	Confidence float64 `json:"confidence,omitempty"`
	// WhenUnmet says what happens when no steps keep the budget: ask has a person say
	// yes to the release before it starts, start starts it with the most careful steps;
	// default ask.
	WhenUnmet string `json:"whenUnmet,omitempty"`
}

// What happens when no steps keep a harm budget.
const (
	UnmetAsk   = "ask"
	UnmetStart = "start"
)

// CanaryStep is a share of traffic and how many of the canary's outcomes it
// takes before the next step.
type CanaryStep struct {
	Weight int `json:"weight"`         // percent of new sessions, 1..99
	Runs   int `json:"runs,omitempty"` // outcomes of the canary; default 20
}

// Monitor holds alert rules.
type Monitor struct {
	Alerts []Alert `json:"alerts,omitempty"`
}

// Alert fires when a figure of an environment is over a bound.
type Alert struct {
	Name string `json:"name"`
	// Metric is errorRate retryRate p50Ms p95Ms p99Ms costPerRun crvFailureRate denialRate escalationRate.
	Metric string   `json:"metric"`
	Above  *float64 `json:"above,omitempty"` // absolute bound
	// Spike fires when the figure is over Spike times that of the window before.
	Spike   *float64 `json:"spike,omitempty"`
	Window  Duration `json:"window,omitempty"`  // default 5m
	MinRuns int      `json:"minRuns,omitempty"` // fewer runs never fire; default 10
}
