package resource

import "github.com/aureus-agents/aureus/blueprint"

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
	CreatedAt   Millis `json:"createdAt"`
	CreatedBy   Actor  `json:"createdBy"`
	ExpiresAt   Millis `json:"expiresAt"`
	Revision    int64  `json:"revision"`
}

// ShadowResult is one live run beside its copy on the candidate.
type ShadowResult struct {
	Release string `json:"release"`
	Seq     int64  `json:"seq"` // from 1
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
