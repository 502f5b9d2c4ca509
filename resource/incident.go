package resource

// Incident is opened by every rollback.
type Incident struct {
	ID           string `json:"id"`
	Agent        string `json:"agent"`
	Environment  string `json:"environment"`
	Release      string `json:"release"`
	Digest       string `json:"digest"` // the bad version
	Version      int    `json:"version"`
	RolledBackTo string `json:"rolledBackTo,omitempty"`
	Cause        string `json:"cause"` // canary, soak, manual, or drill: the end of one that was missed
	Summary      string `json:"summary"`
	// Severity is sev1 (worst) to sev4; "" is not judged yet.
	Severity string `json:"severity,omitempty"`
	Assignee string `json:"assignee,omitempty"` // who takes care of it
	// Drill says that the version was seeded to measure the recovery. It is in no
	// figure of real incidents.
	Drill bool `json:"drill,omitempty"`
	// FailedRuns are ids, newest first, at most 100, as known when it was opened;
	// IncidentReport.Impact has the true count.
	FailedRuns []string       `json:"failedRuns"`
	State      string         `json:"state"` // open, mitigated, resolved
	RCA        *RCA           `json:"rca,omitempty"`
	Guardrail  *Guardrail     `json:"guardrail,omitempty"`
	Notes      []IncidentNote `json:"notes"` // what people wrote down; IncidentReport has the timeline
	Revision   int64          `json:"revision"`
	// FirstFailedAt is when the first failing run of the version ended since its
	// release began, FirstFailedRun its id; 0 and "" when none failed.
	FirstFailedAt  Millis `json:"firstFailedAt,omitempty"`
	FirstFailedRun string `json:"firstFailedRun,omitempty"`
	OpenedAt       Millis `json:"openedAt"`
	MitigatedAt    Millis `json:"mitigatedAt,omitempty"` // good version verified
	ResolvedAt     Millis `json:"resolvedAt,omitempty"`
}

// Severities lists the severities of incidents, worst first.
func Severities() []string { return []string{"sev1", "sev2", "sev3", "sev4"} }

// IncidentNote is one line that was written down when it happened.
type IncidentNote struct {
	At    Millis `json:"at"`
	Actor Actor  `json:"actor"`
	Text  string `json:"text"`
}
