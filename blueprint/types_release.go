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
	// Steps; none is 10, 50.
	Steps []CanaryStep `json:"steps,omitempty"`
	// Alpha bounds false rollbacks of a release; default 0.001.
	Alpha float64 `json:"alpha,omitempty"`
	// Beta bounds promotions of a version that is at least twice as bad; default 0.05.
	Beta float64 `json:"beta,omitempty"`
	// MaxFailureRate that is acceptable in absolute terms; default 0.10.
	MaxFailureRate float64 `json:"maxFailureRate,omitempty"`
	// Deadline after which an undecided canary holds and asks; default 24h.
	Deadline Duration `json:"deadline,omitempty"`
}

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
