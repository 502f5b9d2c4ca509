package resource

import (
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
)

// Pipeline is a stored pipeline. Each change of it is a new revision; releases
// under way keep the stage that they began with.
type Pipeline struct {
	Name      string             `json:"name"`
	Digest    string             `json:"digest"` // SHA-256 of the spec's canonical form
	Spec      blueprint.Pipeline `json:"pipeline"`
	BuiltIn   bool               `json:"builtIn,omitempty"`
	Revision  int64              `json:"revision"`
	UpdatedAt Millis             `json:"updatedAt"`
	UpdatedBy Actor              `json:"updatedBy"`
	// CreatedAt and CreatedBy are of its first revision.
	CreatedAt Millis `json:"createdAt,omitempty"`
	CreatedBy Actor  `json:"createdBy,omitzero"`
	// Eased are the changes since then that made its rules ask less, the newest of each
	// environment and person.
	Eased []Easing `json:"eased,omitempty"`
}

// Easing is a change of a pipeline that made the rules of an environment ask less.
type Easing struct {
	Environment string   `json:"environment,omitempty"` // "" is the hotfix path
	At          Millis   `json:"at"`
	By          Actor    `json:"by"`
	What        []string `json:"what"` // a sentence each
	// Names are agents and owners that the change had the pipeline name, or name no
	// more, so that they go by other rules. Then it is about no environment.
	Names []string `json:"names,omitempty"`
}

// ReleaseStage is the stage of a pipeline that a release goes through, frozen when
// it began.
type ReleaseStage struct {
	Pipeline string          `json:"pipeline"`
	Digest   string          `json:"digest"`          // of the pipeline
	After    string          `json:"after,omitempty"` // the environment before
	Stage    blueprint.Stage `json:"stage"`           // with its defaults filled in
	// Hotfix is set for a release on the emergency path, with what it goes without.
	Hotfix *blueprint.Hotfix `json:"hotfix,omitempty"`
	// Makers put the pipeline's rules: who put it first and last, made it ask less, or
	// changed whom it names; with a Change also who changed or deleted the pipeline of
	// before. Then they answer by no rule.
	Makers []string `json:"makers,omitempty"`
	// Change is set when the release goes by rules that ask less than those by which
	// the agent went out before.
	Change *RuleChange `json:"change,omitempty"`
}

// RuleChange is in what the rules of a release ask less than those by which the
// agent went out before, and whom it needs for that.
type RuleChange struct {
	Release  string   `json:"release"`  // that went out before
	Pipeline string   `json:"pipeline"` // that it went by
	What     []string `json:"what"`     // a sentence each
	// Program is a program that had a part in it: who wrote what it put is not known, and
	// nobody can say the yes until a person puts the same rules.
	Program string `json:"program,omitempty"`
	// Approvals are asked for besides those of the stage: one yes of somebody who put
	// none of the rules, and the rules of before.
	Approvals []blueprint.ApprovalRule `json:"approvals"`
}

// Waiver lets releases of one digest pass one gate for a while.
type Waiver struct {
	ID          string `json:"id"`
	Agent       string `json:"agent"`
	Digest      string `json:"digest"` // of the version
	Environment string `json:"environment"`
	Gate        string `json:"gate"`
	Reason      string `json:"reason"`
	State       string `json:"state"` // requested, approved, denied, revoked
	Approval    string `json:"approval,omitempty"`
	Evidence    string `json:"evidence,omitempty"` // id of the signed approval
	CreatedAt   Millis `json:"createdAt"`
	CreatedBy   Actor  `json:"createdBy"`
	ExpiresAt   Millis `json:"expiresAt"`
	Revision    int64  `json:"revision"`
}

// ShadowResult is one live run beside its copy on the candidate.
type ShadowResult struct {
	Release string `json:"release"`
	Seq     int64  `json:"seq"` // from 1, in the order in which the live runs ended
	Run     string `json:"run"` // the live run
	Copy    string `json:"copy,omitempty"`
	// LiveFailed and CopyFailed are the two outcomes; Error says why a copy could not
	// be compared.
	LiveFailed bool     `json:"liveFailed"`
	CopyFailed bool     `json:"copyFailed"`
	Differs    []string `json:"differs,omitempty"` // what differs: outcome, output, calls
	Error      string   `json:"error,omitempty"`
	At         Millis   `json:"at"`
}

// ShadowState is what the comparison of a shadow remembers. It is moved by
// canary.Compare only.
type ShadowState struct {
	Runs     int64 `json:"runs"`     // live runs whose copy could be compared
	OnlyCopy int64 `json:"onlyCopy"` // of them, the candidate alone failed
	OnlyLive int64 `json:"onlyLive"` // what serves alone failed
	Both     int64 `json:"both"`     // both failed
	Differs  int64 `json:"differs"`  // answered or acted otherwise
	Skipped  int64 `json:"skipped"`  // copies that could not be compared
	// Wanted is how many runs are compared before it counts as undecided.
	Wanted  int64     `json:"wanted"`
	LogHarm []float64 `json:"logHarm"` // ln of the harm process for each alternative
	LogSafe []float64 `json:"logSafe"` // of the reverse process, for each bet
	EHarm   float64   `json:"eHarm"`
	ESafe   float64   `json:"eSafe"`
	Verdict string    `json:"verdict"` // continue, promote, rollback (rejects), hold
}

// Skips reports whether a release goes without what, because it is a hotfix.
func (s ReleaseStage) Skips(what string) bool {
	return s.Hotfix != nil && slices.Contains(s.Hotfix.Skip, what)
}
