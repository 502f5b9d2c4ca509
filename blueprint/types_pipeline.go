package blueprint

// KindPipeline is the kind of a [Pipeline].
const KindPipeline = "Pipeline"

// Pipeline is how versions of agents go out: the environments in their order and,
// for each, what has to hold before and after a version serves there.
type Pipeline struct {
	APIVersion string           `json:"apiVersion"` // aureus/v1
	Kind       string           `json:"kind"`       // Pipeline
	Metadata   PipelineMetadata `json:"metadata"`
	Spec       PipelineSpec     `json:"spec"`
}

// PipelineMetadata names a pipeline. The one named "default" serves every agent
// that no other one names.
type PipelineMetadata struct {
	Name        string            `json:"name"`  // DNS label
	Owner       string            `json:"owner"` // a person or team
	Description string            `json:"description,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
}

// PipelineSpec is a pipeline's rules.
type PipelineSpec struct {
	// Agents by name and Owners (metadata.owner of blueprints) that use it. A
	// pipeline that names the agent comes before one that names its owner, and that
	// before "default". Two that name the same are refused.
	Agents []string `json:"agents,omitempty"`
	Owners []string `json:"owners,omitempty"`
	// Environments in promotion order: each asks that the same digest was promoted
	// in the one before.
	Environments []Stage `json:"environments"`
	// Concurrency is what happens to a release that is started while another one of
	// the agent moves in the environment: refuse it, let it wait until that has ended, or
	// supersede that one when it has no traffic yet and is older, else wait; default refuse
	Concurrency Concurrency `json:"concurrency,omitempty"`
	// Hotfix is the way out in an emergency; none is no such way.
	Hotfix *Hotfix `json:"hotfix,omitempty"`
}

// Concurrency is what a pipeline does with two releases of one agent and
// environment.
type Concurrency string

// The kinds of concurrency.
const (
	ConcurrencyRefuse    Concurrency = "refuse"
	ConcurrencyWait      Concurrency = "wait"
	ConcurrencySupersede Concurrency = "supersede"
)

// Stage is an environment of a pipeline with its rules. A release freezes the
// stage it goes through.
type Stage struct {
	Name string `json:"name"` // the environment
	// Before lists the gates that a version passes before it gets traffic. The
	// built-in ones (validation, policy, simulation, evaluation, smoke, signature,
	// order, quarantine) always run; an entry of their name tightens them.
	Before []GateRule `json:"before,omitempty"`
	// After lists what has to hold while the version soaks, with all traffic.
	After []GateRule `json:"after,omitempty"`
	// Approvals: every rule that fits the release has to be satisfied. None takes the
	// built-in ones for an environment in this place.
	Approvals []ApprovalRule `json:"approvals,omitempty"`
	Rollout   Rollout        `json:"rollout,omitzero"`
	// Soak is how long the version has all traffic before it counts as promoted and
	// may go on to the next environment; 0 is not at all.
	Soak Duration `json:"soak,omitempty"`
	// ProgressDeadline bounds the time in a step that makes no progress (checking,
	// deploying, smoke, a canary without outcomes); after it the release is held and
	// people are told. default 1h
	ProgressDeadline Duration `json:"progressDeadline,omitempty"`
	// Freeze: no release gets traffic in these windows; it waits until they end.
	Freeze []Freeze `json:"freeze,omitempty"`
	// Auto starts the release here by itself once the digest is promoted in the
	// environment before. It never overwrites a held or newer version.
	Auto bool `json:"auto,omitempty"`
	// EvidenceMaxAge is how old evidence may be when a gate reads it; default 24h
	EvidenceMaxAge Duration `json:"evidenceMaxAge,omitempty"`
	// Drill is when a seeded bad version is released here, and how soon it has to be
	// off traffic again; none is no drill but those that people start. The last
	// environment has none.
	Drill *Drill `json:"drill,omitempty"`
}

// Drill is a rehearsal of a rollback with a version that is bad on purpose.
type Drill struct {
	Schedule
	// Within is the target time to recovery, from the first run that fails until the
	// good version is verified again; a drill that nobody saw by then is ended. default 5m
	Within Duration `json:"within,omitempty"`
	// Runs is how many runs the drill plays at most; default 500
	Runs int `json:"runs,omitempty"`
}

// GateRule asks for a verdict.
type GateRule struct {
	// Name of a built-in gate, or of an external or metric one.
	Name string `json:"name"`
	// External: somebody else's verdict, submitted as evidence about the digest
	// (aureus evidence add). Missing, stale or failing evidence blocks.
	External bool     `json:"external,omitempty"`
	MaxAge   Duration `json:"maxAge,omitempty"` // of its evidence; "" is the stage's
	// Metric bounds a figure of the version (as in monitor.alerts) while it soaks.
	Metric  string   `json:"metric,omitempty"`
	Above   *float64 `json:"above,omitempty"`   // fails above
	Window  Duration `json:"window,omitempty"`  // of the metric; "" is since the version has all traffic
	MinRuns int      `json:"minRuns,omitempty"` // fewer never fail the metric, and at the end of the soak they are no verdict; default 10
	// Waivable: a waiver can let a release pass it; signature, order and quarantine
	// never can be waived. default true
	Waivable *bool `json:"waivable,omitempty"`
}

// ApprovalRule says whose yes a release needs.
type ApprovalRule struct {
	// Tiers of the capability delta that it is for; none is every one.
	Tiers []Tier `json:"tiers,omitempty"`
	// Changes are kinds of changes in the delta (tool, permission, model, ...) that it
	// is for; none is any. Both have to fit.
	Changes []string `json:"changes,omitempty"`
	// Count is how many people have to say yes; 0 asks nobody.
	Count int `json:"count"`
	// Groups: only members of one of them count; none is every approver.
	Groups []string `json:"groups,omitempty"`
	// Role that they need; default approver
	Role string `json:"role,omitempty"`
	// Separate lists who may not answer, of author, committer, pusher and requester; none
	// is all but the committer.
	Separate []string `json:"separate,omitempty"`
	// Expires is how long the request can be answered; default 1h
	Expires Duration `json:"expires,omitempty"`
	// Remind tells the approvers again after this time, until somebody answers; ""
	// is never.
	Remind Duration `json:"remind,omitempty"`
}

// Rollout is how a version gets its traffic.
type Rollout struct {
	// Strategy is all-at-once, canary or blue-green. "" is canary in the last
	// environment and all-at-once before it.
	Strategy Strategy `json:"strategy,omitempty"`
	// Shadow comes first: the candidate gets copies of live runs, with its effects
	// captured, and its answers are compared.
	Shadow *Shadow `json:"shadow,omitempty"`
	// Canary is the plan; none is the blueprint's.
	Canary *Canary `json:"canary,omitempty"`
	// Preview is how long a blue-green candidate can be tried by name before it gets
	// all traffic at once; "" waits for a person who promotes it.
	Preview Duration `json:"preview,omitempty"`
	// Sessions is what a rollback does to sessions on the bad version: move them to the
	// good one with their next run, or finish them where they are, with no new ones;
	// default move
	Sessions string `json:"sessions,omitempty"`
}

// Strategy is a kind of rollout.
type Strategy string

// The strategies.
const (
	StrategyAllAtOnce Strategy = "all-at-once"
	StrategyCanary    Strategy = "canary"
	StrategyBlueGreen Strategy = "blue-green"
)

// Shadow bounds a shadow run.
type Shadow struct {
	// Runs to compare; default 50
	Runs int `json:"runs,omitempty"`
	// Percent of live runs that are copied; default 100
	Percent int `json:"percent,omitempty"`
	// MaxWorse is the share of compared runs that may fail in the candidate and not
	// in what serves; default 0.02
	MaxWorse float64 `json:"maxWorse,omitempty"`
	// Deadline after which an unfinished shadow holds and asks; default 24h
	Deadline Duration `json:"deadline,omitempty"`
}

// Freeze is a window in which nothing gets traffic.
type Freeze struct {
	Name string `json:"name"`
	Schedule
	Duration Duration `json:"duration"`
}

// Schedule is times that recur.
type Schedule struct {
	// Start of the first one, local time: 2026-12-18T18:00.
	Start string `json:"start"`
	// TimeZone is an IANA name; default UTC
	TimeZone string `json:"timeZone,omitempty"`
	// RRule is an RFC 5545 recurrence rule: FREQ=WEEKLY;BYDAY=FR; "" is once.
	RRule string `json:"rrule,omitempty"`
}

// Hotfix is a way to an environment that skips what takes time, never what keeps
// a version safe: validation, policy, signature, quarantine and smoke stay. It is
// asked for by name, needs approvals of its own and is loud in the ledger.
type Hotfix struct {
	// Skip lists what it goes without: order, simulation, evaluation, canary, shadow,
	// soak, freeze.
	Skip      []string       `json:"skip"`
	Approvals []ApprovalRule `json:"approvals"`
}
