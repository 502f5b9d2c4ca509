package resource

import "github.com/aureus-agents/aureus/blueprint"

// Environment is a named place where agents serve, as pipelines declare it.
type Environment struct {
	Name  string `json:"name"`
	Order int    `json:"order"` // promotion order, from 1: its latest place in any pipeline
	// Pipelines that have it, sorted.
	Pipelines []string `json:"pipelines"`
}

// Deployment is what serves an agent in an environment now. It is the routing
// table: a weight here is a weight of live traffic.
type Deployment struct {
	Agent       string `json:"agent"`
	Environment string `json:"environment"`
	Stable      string `json:"stable,omitempty"`   // digest; "" is nothing
	Snapshot    string `json:"snapshot,omitempty"` // id of the snapshot that Stable is
	Candidate   string `json:"candidate,omitempty"`
	Weight      int    `json:"weight"` // percent of new sessions for Candidate
	// Drill: Candidate and Weight are a drill's. Only the drill's own runs are routed
	// to it, never anybody's session.
	Drill   bool   `json:"drill,omitempty"`
	Release string `json:"release,omitempty"` // the release that moves, if any
	// Paused: no release may change traffic; what serves goes on serving.
	Paused bool `json:"paused"`
	// Stopped: nothing is served (no verified version is left).
	Stopped bool `json:"stopped"`
	// Retired: people took the agent out of service here. Only a release of a version
	// ends that.
	Retired bool `json:"retired,omitempty"`
	// Soaking: Release gave Stable all traffic and still watches it; it is not
	// promoted yet.
	Soaking bool `json:"soaking,omitempty"`
	// Shadow is the release whose version gets copies of what Stable has run.
	Shadow string `json:"shadow,omitempty"`
	// WatchedUntil: Stable was restored by a rollback; until then its failures call
	// people, and never roll back further.
	WatchedUntil Millis `json:"watchedUntil,omitempty"`
	Reason       string `json:"reason,omitempty"` // why paused or stopped
	Revision     int64  `json:"revision"`
	UpdatedAt    Millis `json:"updatedAt"`
}

// Snapshot is an immutable record of exactly what serves in an environment.
type Snapshot struct {
	ID          string `json:"id"`
	Agent       string `json:"agent"`
	Environment string `json:"environment"`
	Digest      string `json:"digest"`
	Version     int    `json:"version"`
	Release     string `json:"release"`
	Verified    bool   `json:"verified"` // its checks passed
	CreatedAt   Millis `json:"createdAt"`
	VerifiedAt  Millis `json:"verifiedAt,omitempty"`
	// RetiredAt is set when the snapshot was rolled back from; it is never
	// restored again.
	RetiredAt Millis `json:"retiredAt,omitempty"`
}

// ReleaseState is a state of the release machine.
type ReleaseState string

// The release states. docs/state_machine.md has the diagram.
const (
	ReleasePending     ReleaseState = "pending"           // asked for; nothing done
	ReleaseChecking    ReleaseState = "checking"          // validation, simulation, evaluation are being made
	ReleaseAwaiting    ReleaseState = "awaiting_approval" // gates pass; people have to say yes
	ReleaseFrozen      ReleaseState = "frozen"            // a freeze window is open; goes on when it ends
	ReleaseDeploying   ReleaseState = "deploying"         // servers and tools are being reached, pins compared
	ReleaseSmoke       ReleaseState = "smoke"             // smoke tests run
	ReleaseShadow      ReleaseState = "shadow"            // gets copies of live runs, with its effects captured
	ReleasePreview     ReleaseState = "preview"           // blue-green: can be tried by name, gets no traffic yet
	ReleaseCanary      ReleaseState = "canary"            // serves a share of live traffic
	ReleaseSoaking     ReleaseState = "soaking"           // serves all traffic and is watched
	ReleasePromoted    ReleaseState = "promoted"          // serves all traffic and may go on to the next environment; final
	ReleasePaused      ReleaseState = "paused"            // held; resumes where it was
	ReleaseRejected    ReleaseState = "rejected"          // a gate or an approver said no; final
	ReleaseCancelled   ReleaseState = "cancelled"         // withdrawn before it served all traffic; final
	ReleaseRollingBack ReleaseState = "rolling_back"      // traffic is on the good version; it is being verified
	ReleaseRolledBack  ReleaseState = "rolled_back"       // final
)

// Final reports whether nothing can happen to a release in state s but, for a
// promoted one, a rollback.
func (s ReleaseState) Final() bool {
	switch s {
	case ReleasePromoted, ReleaseRejected, ReleaseCancelled, ReleaseRolledBack:
		return true
	}
	return false
}

// Gate is a check before a step with its verdict.
type Gate struct {
	Name        string      `json:"name"` // evidence kind that it reads, or quarantine, order, approval
	Verdict     Verdict     `json:"verdict"`
	Code        FailureCode `json:"code,omitempty"`
	Message     string      `json:"message,omitempty"`
	Remediation string      `json:"remediation,omitempty"`
	Evidence    string      `json:"evidence,omitempty"` // digest of the evidence it read
	At          Millis      `json:"at"`
}

// Release is the journey of one version into one environment.
type Release struct {
	ID          string         `json:"id"`
	Agent       string         `json:"agent"`
	Version     int            `json:"version"`
	Digest      string         `json:"digest"`
	Environment string         `json:"environment"`
	State       ReleaseState   `json:"state"`
	Revision    int64          `json:"revision"`           // compare-and-swap
	Baseline    string         `json:"baseline,omitempty"` // digest that served when it began; "" is a first release
	Delta       Delta          `json:"delta"`
	Tier        blueprint.Tier `json:"tier"` // of the approval that it needs
	Gates       []Gate         `json:"gates"`
	Stage       ReleaseStage   `json:"stage"`              // the rules it goes by
	Approval    string         `json:"approval,omitempty"` // approval request id
	Plan        CanaryPlan     `json:"plan"`
	Step        int            `json:"step"` // index into Plan.Steps while in canary
	Canary      *CanaryState   `json:"canary,omitempty"`
	Shadow      *ShadowState   `json:"shadow,omitempty"`
	// When the checks were made last, people said yes, and the shadow and the preview
	// ended; a release that is checked again keeps the last three.
	CheckedAt   Millis `json:"checkedAt,omitempty"`
	ApprovedAt  Millis `json:"approvedAt,omitempty"`
	ShadowedAt  Millis `json:"shadowedAt,omitempty"`
	PreviewedAt Millis `json:"previewedAt,omitempty"`
	// FrozenUntil is when the freeze window ends that it waits for; FrozenMs is how
	// long it has waited for windows altogether.
	FrozenUntil  Millis       `json:"frozenUntil,omitempty"`
	FrozenMs     int64        `json:"frozenMs,omitempty"`
	PausedFrom   ReleaseState `json:"pausedFrom,omitempty"`
	Reason       string       `json:"reason,omitempty"` // of the last transition
	Attempt      int          `json:"attempt"`          // counts effects, for idempotency keys
	Incident     string       `json:"incident,omitempty"`
	RolledBackTo string       `json:"rolledBackTo,omitempty"` // digest
	CreatedAt    Millis       `json:"createdAt"`
	CreatedBy    Actor        `json:"createdBy"`
	UpdatedAt    Millis       `json:"updatedAt"`
	EnteredAt    Millis       `json:"enteredAt"`          // of the current state
	Deadline     Millis       `json:"deadline,omitempty"` // of the shadow, preview, canary or soak
	// Drill says that the version was seeded to measure the recovery. It is in no
	// figure of real releases.
	Drill bool `json:"drill,omitempty"`
	// DecidedAt and GoodAt: when the outcome that decided a rollback arrived and
	// when all traffic was on the good version.
	DecidedAt Millis       `json:"decidedAt,omitempty"`
	GoodAt    Millis       `json:"goodAt,omitempty"`
	History   []Transition `json:"history"`
}

// Stopped reports whether the release's rollback left nothing to serve: there was
// no verified version to restore, or it failed its checks. A drill stops nothing.
func (r Release) Stopped() bool {
	return !r.Drill && r.State == ReleaseRolledBack && len(r.History) > 0 && r.History[len(r.History)-1].Event == "unverified"
}

// Transition is one line of a release's history.
type Transition struct {
	At     Millis       `json:"at"`
	Event  string       `json:"event"`
	From   ReleaseState `json:"from"`
	To     ReleaseState `json:"to"`
	Actor  Actor        `json:"actor"`
	Reason string       `json:"reason,omitempty"`
}

// ApprovalState is a state of an approval request.
type ApprovalState string

// The approval states.
const (
	ApprovalPending   ApprovalState = "pending"
	ApprovalApproved  ApprovalState = "approved"
	ApprovalDenied    ApprovalState = "denied"
	ApprovalExpired   ApprovalState = "expired"
	ApprovalUsed      ApprovalState = "used" // approved, and the one thing it allows was done
	ApprovalWithdrawn ApprovalState = "withdrawn"
)

// Approval is a request bound to the digest of exactly what is approved.
type Approval struct {
	ID          string         `json:"id"`
	Kind        string         `json:"kind"`    // release, tool_call or waiver
	Subject     string         `json:"subject"` // release id, run id or waiver id
	Digest      string         `json:"digest"`  // what is approved: see control
	Agent       string         `json:"agent"`
	Environment string         `json:"environment,omitempty"`
	Title       string         `json:"title"`
	Tier        blueprint.Tier `json:"tier"`
	// Quorum is how many different people have to say yes at least: the highest Count
	// of Rules.
	Quorum int `json:"quorum"`
	// Rules are the approval rules of the stage that fit what is asked for, with their
	// defaults filled in. Each has to be satisfied: Count different people that have its
	// Role, are in one of its Groups and are none that it Separates. One yes counts for
	// every rule that the person fits. None is one rule: Quorum people with Role.
	Rules     []blueprint.ApprovalRule `json:"rules,omitempty"`
	Role      Role                     `json:"role"`
	Excluded  []string                 `json:"excluded"` // who may answer by no rule: author, pusher, requester
	Parties   Parties                  `json:"parties,omitzero"`
	State     ApprovalState            `json:"state"`
	Decisions []ApprovalDecision       `json:"decisions"`
	Tool      string                   `json:"tool,omitempty"`
	Args      map[string]any           `json:"args,omitempty"`   // payload; of tool_call
	Reason    string                   `json:"reason,omitempty"` // why it is asked
	Call      *AskedCall               `json:"call,omitempty"`   // of tool_call
	// Runs are the runs that wait for a tool_call. Each may make the call once after a
	// yes. None joins once an approver has seen the request.
	Runs      []AskedRun `json:"runs,omitempty"`
	Seen      bool       `json:"seen,omitempty"` // an approver was given a token for it
	Revision  int64      `json:"revision"`
	CreatedAt Millis     `json:"createdAt"`
	ExpiresAt Millis     `json:"expiresAt"`
	CreatedBy Actor      `json:"createdBy"`
}

// ApprovalDecision is one person's answer.
type ApprovalDecision struct {
	Actor   Actor  `json:"actor"`
	Approve bool   `json:"approve"`
	Reason  string `json:"reason"`
	Scope   *Scope `json:"scope,omitempty"` // of a yes that goes beyond the one call
	At      Millis `json:"at"`
	// For is in whose name it was given, by Delegation; "" is the actor's own.
	For        string `json:"for,omitempty"`
	Delegation string `json:"delegation,omitempty"`
	// Rules are the indexes of the request's rules that it counts in.
	Rules []int `json:"rules,omitempty"`
	// Via is the channel it came by when that was a webhook: generic or slack.
	Via string `json:"via,omitempty"`
	// WithdrawnAt is when it was taken back; it counts in nothing then.
	WithdrawnAt     Millis `json:"withdrawnAt,omitempty"`
	WithdrawnReason string `json:"withdrawnReason,omitempty"`
}

// ApprovalToken lets one principal answer one request once. Only its hash is
// stored.
type ApprovalToken struct {
	Hash      string `json:"hash"` // sha256 hex of the secret
	Approval  string `json:"approval"`
	Principal string `json:"principal"`
	Digest    string `json:"digest"` // of what was shown
	ExpiresAt Millis `json:"expiresAt"`
	UsedAt    Millis `json:"usedAt,omitempty"`
}
