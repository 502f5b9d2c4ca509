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
	Cause        string `json:"cause"` // canary, manual, smoke
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

// RCA is a root cause analysis.
type RCA struct {
	Cause string `json:"cause"` // what was wrong
	// Category is one of CauseCategories; "" is not said.
	Category   string   `json:"category,omitempty"`
	Factors    []string `json:"factors,omitempty"` // what else contributed
	Detection  string   `json:"detection"`         // how it was seen, and why not earlier
	Prevention string   `json:"prevention"`        // what will stop it
	// Owner sees to it that the prevention is done, by Due.
	Owner string `json:"owner,omitempty"`
	Due   Millis `json:"due,omitempty"` // 0 is no date
	// DoneAt is when the prevention was reported done, Done what was done.
	DoneAt Millis `json:"doneAt,omitempty"`
	Done   string `json:"done,omitempty"`
	Author Actor  `json:"author"`
	At     Millis `json:"at"`
}

// CauseCategories lists the categories of root causes.
func CauseCategories() []string {
	return []string{"instructions", "model", "tool", "policy", "data", "configuration", "dependency", "process", "other"}
}

// The kinds of guardrails.
const (
	GuardrailScenario = "scenario" // a scenario that the bad version fails
	GuardrailPolicy   = "policy"   // a policy of the guard that stops the recorded bad runs
	GuardrailCRV      = "crv"      // a CRV gate that blocks a value of the recorded bad runs
)

// Guardrail is what would have caught the version, with its proof.
type Guardrail struct {
	Kind     string `json:"kind"` // scenario, policy or crv
	Name     string `json:"name"`
	Version  string `json:"version"`  // digest of the version that holds it
	Evidence string `json:"evidence"` // id of the evidence of the proof
	At       Millis `json:"at"`
}

// IncidentNote is one line that was written down when it happened.
type IncidentNote struct {
	At    Millis `json:"at"`
	Actor Actor  `json:"actor"`
	Text  string `json:"text"`
}

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

// GuardrailProof is the back-test that proves a policy or a CRV rule: the report
// of its evidence.
type GuardrailProof struct {
	Incident string `json:"incident"`
	Kind     string `json:"kind"` // policy or crv
	Name     string `json:"name"`
	Rule     string `json:"rule"`    // digest of the rule's text
	Version  string `json:"version"` // digest of the version that holds it
	Bad      string `json:"bad"`     // digest of the version that was rolled back
	// Groups are the ids of the groups whose runs have to be stopped, Others how many
	// failing runs are in no such group.
	Groups []string      `json:"groups"`
	Others int64         `json:"others"`
	Stop   []ReplayedRun `json:"stop"` // bad runs, which have to be stopped
	Pass   []ReplayedRun `json:"pass"` // good runs, which have to pass
	// MinPass is the share of good runs that have to pass.
	MinPass float64 `json:"minPass"`
	Passed  bool    `json:"passed"`
	Message string  `json:"message"`
}

// ReplayedRun is a recorded run as a rule judges it.
type ReplayedRun struct {
	Run     string `json:"run"`
	Digest  string `json:"digest"` // of the recorded run
	Group   string `json:"group,omitempty"`
	Stopped bool   `json:"stopped"`
	Step    int    `json:"step,omitempty"` // index of the step that is stopped
	Why     string `json:"why,omitempty"`
}

// RCARequest is a root cause analysis as it is written; who and when are the
// server's to say.
type RCARequest struct {
	Cause      string   `json:"cause"`              // what was wrong
	Category   string   `json:"category,omitempty"` // one of CauseCategories
	Factors    []string `json:"factors,omitempty"`  // what else contributed
	Detection  string   `json:"detection"`          // how it was seen, and why not earlier
	Prevention string   `json:"prevention"`         // what will stop it
	Owner      string   `json:"owner,omitempty"`    // who sees to the prevention
	Due        Millis   `json:"due,omitempty"`      // by when; needs an owner
}

// RCA is the request as an analysis.
func (r RCARequest) RCA() RCA {
	return RCA{Cause: r.Cause, Category: r.Category, Factors: r.Factors, Detection: r.Detection, Prevention: r.Prevention, Owner: r.Owner, Due: r.Due}
}

// TriageRequest changes who takes care of an incident and how bad it is; what is
// absent stays as it is.
type TriageRequest struct {
	Severity *string `json:"severity,omitempty"` // sev1 to sev4; "" is not judged
	Assignee *string `json:"assignee,omitempty"` // "" is nobody
	Note     string  `json:"note,omitempty"`     // becomes a line of the timeline
}

// FollowUpRequest reports that the prevention is done.
type FollowUpRequest struct {
	Done string `json:"done"` // what was done
}

// GuardrailRequest names what would have caught a bad version.
type GuardrailRequest struct {
	Version string `json:"version"`        // reference of the version that holds it
	Kind    string `json:"kind,omitempty"` // scenario, policy or crv; "" is scenario
	Name    string `json:"name"`           // of the scenario, the policy's id, or of the CRV gate
	// Groups are the ids of the groups of failing runs that a policy or a CRV rule has
	// to stop; none is those that stand out.
	Groups []string `json:"groups,omitempty"`
	// GoodRuns is how many of the newest successful runs of what serves are replayed;
	// 0 is 200, at most 1000.
	GoodRuns int `json:"goodRuns,omitempty"`
	// MinPass is the share of them that has to pass, more than 0 and at most 1; 0 is 1.
	MinPass float64 `json:"minPass,omitempty"`
}

// GuardrailReplay is what the policy and CRV guardrails of an agent's resolved
// incidents come to in a version: the report of a release's guardrail evidence.
type GuardrailReplay struct {
	Version    string           `json:"version"` // digest
	Guardrails []GuardrailCheck `json:"guardrails"`
	Passed     bool             `json:"passed"`
}

// GuardrailCheck is one guardrail, replayed in a version.
type GuardrailCheck struct {
	Incident string `json:"incident"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Proof    string `json:"proof"` // id of the proof's evidence
	// Kept says that the version holds the rule as it was proven.
	Kept bool          `json:"kept"`
	Runs []ReplayedRun `json:"runs"` // bad runs of the proof that are kept
	// Gone is how many of them are not kept any more.
	Gone    int    `json:"gone"`
	Passed  bool   `json:"passed"`
	Message string `json:"message"`
}

// Postmortem is an incident as a document.
type Postmortem struct {
	Incident string `json:"incident"`
	Markdown string `json:"markdown"`
}
