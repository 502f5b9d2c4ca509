package resource

// IncidentReport is an incident with what the store and the ledger say about it.
type IncidentReport struct {
	Incident Incident       `json:"incident"`
	Impact   IncidentImpact `json:"impact"`
	Lines    []IncidentLine `json:"lines"`  // in the order of time
	Groups   []FailureGroup `json:"groups"` // those that stand out first
	// Grouped is how many failing runs the groups are made of: the newest ones, when
	// there are more.
	Grouped int64 `json:"grouped"`
	// Proof is the guardrail's, of a policy or CRV rule.
	Proof *GuardrailProof `json:"proof,omitempty"`
}

// IncidentImpact is what a bad version did in its environment, from its release's
// begin on.
type IncidentImpact struct {
	Runs           int64 `json:"runs"` // live runs that ended
	Failed         int64 `json:"failed"`
	Sessions       int64 `json:"sessions"` // of the runs
	FailedSessions int64 `json:"failedSessions"`
	// Control is the runs beside it in the canary that the stable version had; zero
	// when there was no canary.
	Control ArmCount `json:"control"`
	// ExcessFailed is how many more runs failed than would have at the control's
	// rate; without a control arm it is Failed.
	ExcessFailed float64 `json:"excessFailed"`
	// First and last failing run, by the time at which they ended.
	FirstFailedAt  Millis `json:"firstFailedAt,omitempty"`
	FirstFailedRun string `json:"firstFailedRun,omitempty"`
	LastFailedAt   Millis `json:"lastFailedAt,omitempty"`
	DecidedAt      Millis `json:"decidedAt,omitempty"` // the rollback
	// GoodAt is when all traffic was on the good version again; 0 while nothing good
	// serves.
	GoodAt Millis `json:"goodAt,omitempty"`
	// DetectMs is from the first failing run to the decision, RestoreMs from the
	// decision to GoodAt, TotalMs from the first failing run to GoodAt.
	DetectMs  int64 `json:"detectMs"`
	RestoreMs int64 `json:"restoreMs"`
	TotalMs   int64 `json:"totalMs"`
}

// IncidentLine is one line of an incident's history, with where it is from.
type IncidentLine struct {
	At     Millis     `json:"at"`
	Kind   string     `json:"kind"` // change, push, release, gate, approval, traffic, run, verdict, verification, notice, incident
	Actor  Actor      `json:"actor"`
	Text   string     `json:"text"`
	Source LineSource `json:"source"`
}

// LineSource is the record that a line is made from.
type LineSource struct {
	Kind string `json:"kind"` // ledger, run, release, version or incident
	ID   string `json:"id"`   // of the record; of an event for the ledger
	// Index is the place in the ledger; absent elsewhere, and until the sequencer has
	// given the event one.
	Index  *int64 `json:"index,omitempty"`
	Digest string `json:"digest,omitempty"` // of the evidence
}

// FailureGroup is failing runs with one cause.
type FailureGroup struct {
	ID      string      `json:"id"` // stable: a digest of the fields below, shortened
	Title   string      `json:"title"`
	Outcome Outcome     `json:"outcome"`
	Code    FailureCode `json:"code,omitempty"`
	// What failed last before the run ended: a tool that reported an error, a gate
	// that blocked, or the policies that stopped a call.
	Tool     string   `json:"tool,omitempty"`
	Gate     string   `json:"gate,omitempty"`
	Policies []string `json:"policies,omitempty"`
	// Pattern is the message, with numbers, ids and quoted values taken out. It is
	// what tells apart, not what was said.
	Pattern string `json:"pattern,omitempty"`
	Runs    int64  `json:"runs"`
	// Control is how many runs of the control arm failed this way.
	Control int64 `json:"control"`
	// StandsOut: more than twice as frequent as in the control arm, or not in it.
	StandsOut bool   `json:"standsOut"`
	FirstAt   Millis `json:"firstAt"`
	LastAt    Millis `json:"lastAt"`
	Example   string `json:"example"` // a run: the one with the fewest steps, of equals the earliest
}

// Postmortem is an incident as a document.
type Postmortem struct {
	Incident string `json:"incident"`
	Markdown string `json:"markdown"`
}
