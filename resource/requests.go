package resource

import (
	"encoding/json"

	"github.com/aureus-agents/aureus/blueprint"
)

// PushRequest registers a version.
type PushRequest struct {
	Blueprint  *blueprint.Agent  `json:"blueprint"` // every file inlined
	Build      Build             `json:"build"`
	Generation *GenerationRecord `json:"generation,omitempty"`
}

// PushResult is a registered version.
type PushResult struct {
	Version  Version   `json:"version"`
	Created  bool      `json:"created"` // false: the same content was registered before
	Findings []Finding `json:"findings"`
}

// AgentSummary is an agent as the fleet overview shows it.
type AgentSummary struct {
	Name        string       `json:"name"`
	Owner       string       `json:"owner"`
	Description string       `json:"description,omitempty"`
	Latest      Version      `json:"latest"`
	Deployments []Deployment `json:"deployments"`
	Releases    []Release    `json:"releases"`  // not ended
	Incidents   int          `json:"incidents"` // not resolved
}

// VerifiedEvidence is evidence with what checking its signature said.
type VerifiedEvidence struct {
	Evidence
	Verified bool   `json:"verified"`
	Problem  string `json:"problem,omitempty"`
}

// PublicKeys is what an outsider needs to verify.
type PublicKeys struct {
	PEM         string `json:"pem"`         // of the signing key, for bundles
	VerifierKey string `json:"verifierKey"` // of the ledger's checkpoints
}

// CheckOptions are the options of a simulation or an evaluation of a version.
type CheckOptions struct {
	Seed     int64  `json:"seed,omitempty"`
	Repeats  int    `json:"repeats,omitempty"`  // of an evaluation; 0 takes the blueprint's
	Baseline string `json:"baseline,omitempty"` // reference, of an evaluation; "" is none
	// Margin of an evaluation is the loss of passing cases that "no worse" rules out;
	// none takes the blueprint's.
	Margin *float64 `json:"margin,omitempty"`
	// StopEarly stops an evaluation when the answer is clear; false takes the blueprint's.
	StopEarly bool `json:"stopEarly,omitempty"`
	// Cache takes runs of earlier evaluations that asked for it, and keeps new ones.
	Cache bool `json:"cache,omitempty"`
}

// CheckResult is a simulation's or evaluation's report with its signed evidence.
type CheckResult struct {
	Report   json.RawMessage `json:"report"`
	Passed   bool            `json:"passed"`
	Evidence Evidence        `json:"evidence"`
}

// ReleaseRequest starts a release.
type ReleaseRequest struct {
	Version     string `json:"version"` // reference
	Environment string `json:"environment"`
	Reason      string `json:"reason,omitempty"`
	Hotfix      bool   `json:"hotfix,omitempty"` // by the pipeline's hotfix path; needs a reason
}

// ExternalEvidenceRequest submits somebody else's verdict on a version.
type ExternalEvidenceRequest struct {
	Kind        string  `json:"kind"`                  // the gate's name
	Verdict     Verdict `json:"verdict"`               // pass or block
	Environment string  `json:"environment,omitempty"` // that it is for; "" is every one
	Report      any     `json:"report"`                // kept beside the statement, for people
}

// PipelineRequest puts a pipeline.
type PipelineRequest struct {
	Pipeline blueprint.Pipeline `json:"pipeline"`
	Revision int64              `json:"revision,omitempty"` // that was read; 0 is whatever is there
}

// RevokeRequest ends a waiver.
type RevokeRequest struct {
	Reason string `json:"reason"`
}

// WaiverRequest asks that releases of a version may pass a gate for a while.
type WaiverRequest struct {
	Version     string `json:"version"` // reference
	Environment string `json:"environment"`
	Gate        string `json:"gate"`
	Reason      string `json:"reason"`
	TTLSeconds  int64  `json:"ttlSeconds,omitempty"` // default 86400, at most 2592000
}

// MoveRequest sends an event to a release.
type MoveRequest struct {
	Event  string `json:"event"` // pause, resume, cancel, rollback or promote
	Reason string `json:"reason"`
}

// RollbackRequest takes an environment back to its last verified snapshot.
type RollbackRequest struct {
	Environment string `json:"environment"`
	Reason      string `json:"reason"`
}

// ApprovalView is what an approver is shown, with the single-use token that
// answers exactly this.
type ApprovalView struct {
	Approval Approval     `json:"approval"`
	Rules    []RuleStatus `json:"rules"`
	Release  *Release     `json:"release,omitempty"`
	Evidence []Evidence   `json:"evidence,omitempty"`
	// Evaluation is the difference to what serves; nil without an evaluation.
	Evaluation *EvaluationDifference `json:"evaluation,omitempty"`
	Previous   *PreviousRelease      `json:"previous,omitempty"` // nil when nothing serves there
	Waivers    []Waiver              `json:"waivers,omitempty"`  // that the release's gates passed by
	Run        *Run                  `json:"run,omitempty"`
	// Names are those that the caller can answer in: its own, and those of whom it is a
	// delegate.
	Names []string `json:"names,omitempty"`
	// Problem says why nobody is asked: what is to be approved is not what was signed.
	Problem string `json:"problem,omitempty"`
	Token   string `json:"token,omitempty"` // "" when the caller may not answer
}

// DecideRequest answers an approval request.
type DecideRequest struct {
	Token   string `json:"token"` // of ApprovalView
	Approve bool   `json:"approve"`
	Reason  string `json:"reason"`
	// For is the person in whose name a delegate answers; "" is the caller's own name,
	// or that of the one person who delegated it when the caller may not answer alone.
	For string `json:"for,omitempty"`
	// Scope allows more calls of the tool in the run than the one that is asked for;
	// only for a tool call that one run waits for.
	Scope *Scope `json:"scope,omitempty"`
}

// InvokeRequest runs an agent on live traffic.
type InvokeRequest struct {
	Environment string `json:"environment,omitempty"` // "" is production
	Session     string `json:"session,omitempty"`     // "" is a new one
	// Release asks for the candidate of this blue-green release while it can be
	// previewed; Preview for the one there is.
	Release string `json:"release,omitempty"`
	Preview bool   `json:"preview,omitempty"`
	Input   any    `json:"input"`
}

// ImportResult says how many recorded runs were stored.
type ImportResult struct {
	Imported int `json:"imported"`
}

// Proof is an inclusion proof for one ledger entry.
type Proof struct {
	Index      int64    `json:"index"`
	Leaf       []byte   `json:"leaf"`
	LeafHash   string   `json:"leafHash"` // hex
	Size       int64    `json:"size"`
	Root       string   `json:"root"`       // base64, as in the checkpoint
	Hashes     []string `json:"hashes"`     // base64
	Checkpoint string   `json:"checkpoint"` // signed note
	Verified   bool     `json:"verified"`
}

// LedgerStatus is the ledger's head.
type LedgerStatus struct {
	Size       int64  `json:"size"`
	Pending    int64  `json:"pending"`
	Root       string `json:"root"`
	Checkpoint string `json:"checkpoint"`
}

// TokenRequest asks for an access token.
type TokenRequest struct {
	Name       string   `json:"name"`
	Kind       string   `json:"kind,omitempty"` // human, agent or service; "" is human
	Roles      []Role   `json:"roles"`
	Groups     []string `json:"groups,omitempty"`     // of approval rules
	TTLSeconds int64    `json:"ttlSeconds,omitempty"` // 0 is no expiry
}

// TokenCreated is a new token with its secret, which is shown this once.
type TokenCreated struct {
	Token  Token  `json:"token"`
	Secret string `json:"secret"`
}
