package resource

import "github.com/aureus-agents/aureus/blueprint"

// CanaryPlan is blueprint.Canary with its defaults filled in, frozen when the
// release began. An environment without canary has no steps.
type CanaryPlan struct {
	Steps          []blueprint.CanaryStep `json:"steps"`
	Alpha          float64                `json:"alpha"`
	Beta           float64                `json:"beta"`
	MaxFailureRate float64                `json:"maxFailureRate"`
	DeadlineMs     int64                  `json:"deadlineMs"`
	// Streams are what the arms are compared by, with shares of Alpha that add up to
	// 1 over the streams that are on. None is failures alone.
	Streams []blueprint.CanaryStream `json:"streams,omitempty"`
	// OutcomeTimeoutMs is when a run that has not ended counts as failed.
	OutcomeTimeoutMs int64 `json:"outcomeTimeoutMs,omitempty"`
	// HarmBudget is what Steps were computed from, with Traffic.
	HarmBudget *blueprint.HarmBudget `json:"harmBudget,omitempty"`
	// Fit is how well Steps keep HarmBudget.
	Fit *CanaryFit `json:"fit,omitempty"`
	// UseEvaluation: the evaluation's cases count against MaxFailureRate.
	UseEvaluation bool `json:"useEvaluation,omitempty"`
	// Traffic is that of the version that served when the release began.
	Traffic *CanaryTraffic `json:"traffic,omitempty"`
}

// CanaryTraffic is what a canary can expect.
type CanaryTraffic struct {
	RunsPerSecond float64 `json:"runsPerSecond"`
	FailureRate   float64 `json:"failureRate"`
	Runs          int64   `json:"runs"`     // that this was taken from; 0 is an assumption
	WindowMs      int64   `json:"windowMs"` // in which they were
	// RunSeconds is the mean time that a run takes, and SessionRuns how many runs a
	// session has on average; 0 is at once, and one.
	RunSeconds  float64 `json:"runSeconds,omitempty"`
	SessionRuns float64 `json:"sessionRuns,omitempty"`
}

// CanaryFit is how well computed steps keep their harm budget.
type CanaryFit struct {
	Met bool `json:"met"`
	// Excess failed runs that the budget's share of releases stay within, of the
	// versions for which it is largest, and how often those fail.
	Excess      float64 `json:"excess"`
	FailureRate float64 `json:"failureRate"`
	// Coarse: so much traffic of which little is known yet was simulated in part, from
	// fewer releases than usual.
	Coarse bool `json:"coarse,omitempty"`
}

// CanaryForecast is what a canary can be expected to do, from simulations.
type CanaryForecast struct {
	Plan    CanaryPlan          `json:"plan"`
	Traffic CanaryTraffic       `json:"traffic"`
	Healthy CanarySimulated     `json:"healthy"` // of a version that fails as often as the one that serves
	Bad     []CanaryForecastRow `json:"bad"`     // by failure rate
	// Coarse: so much traffic of which little is known yet was simulated in part, from
	// fewer releases than usual.
	Coarse bool `json:"coarse,omitempty"`
}

// CanaryForecastRow is the forecast for versions that fail at a rate.
type CanaryForecastRow struct {
	FailureRate float64 `json:"failureRate"`
	CanarySimulated
}

// CanaryState is what the canary's statistics remember. See internal/canary for
// the mathematics. It is moved by canary.Observe only.
type CanaryState struct {
	Control ArmCount `json:"control"`
	Canary  ArmCount `json:"canary"`
	// Streams hold the harm process of each stream, failures first.
	Streams []StreamState `json:"streams"`
	// Outcomes is how many were taken in.
	Outcomes int64 `json:"outcomes"`
	// Settled is how many draws, in the order in which sessions were drawn, are in
	// LogSafe and LogAbs: all before the first whose first run has not ended.
	Settled int64 `json:"settled"`
	// Open are the draws after those, in order.
	Open []CanaryDrawn `json:"open,omitempty"`
	// LogSafe holds ln of the likelihood ratio for each rho of the reverse process.
	LogSafe []float64 `json:"logSafe"`
	// LogAbs holds ln of the likelihood ratio for each rate of the absolute process.
	LogAbs []float64 `json:"logAbs"`
	// EHarm is the largest of the streams' E times their share: a rollback is at
	// 1/alpha.
	EHarm   float64 `json:"eHarm"`
	ESafe   float64 `json:"eSafe"`           // of the reverse process, at its best draw from Settled on
	EAbs    float64 `json:"eAbs"`            // of the absolute process, likewise
	AtStep  int     `json:"atStep"`          // sessions of the canary at the current step
	Verdict string  `json:"verdict"`         // continue, promote or rollback
	Cause   string  `json:"cause,omitempty"` // the stream that decided a rollback
	// Evaluation is what the absolute process began with; none is 1.
	Evaluation *CanaryEvaluation `json:"evaluation,omitempty"`
}

// CanaryDrawn are draws in a row that were made at the same weight.
type CanaryDrawn struct {
	Weight int `json:"weight"` // percent
	// Draws has a letter for each. The candidate's: P first run under way, Q the same
	// and a later run failed, G good, L good and a later run failed, F failed. The
	// control's: p, g, f.
	Draws string `json:"draws"`
}

// CanaryDraw is a session's draw of its arm, kept from the moment on in which its
// first run began.
type CanaryDraw struct {
	Release string `json:"release"`
	Seq     int64  `json:"seq"` // from 1, in the order of the draws
	Run     string `json:"run"` // the session's first
	Canary  bool   `json:"canary"`
	Weight  int    `json:"weight"` // percent in force
}

// StreamState is one stream of a canary.
type StreamState struct {
	Name  string  `json:"name"`
	Share float64 `json:"share"` // of alpha: it decides at 1/(alpha*share)
	// Limit of latency (ms) and cost (millionths of a dollar), frozen when the canary
	// began: a run over it fails in the stream.
	Limit int64 `json:"limit,omitempty"`
	// LimitRuns is how many runs of the serving version the limit was taken from.
	LimitRuns int `json:"limitRuns,omitempty"`
	// Off says why the stream is not judged; "" is judged.
	Off     string  `json:"off,omitempty"`
	Control int64   `json:"control"` // sessions of the control that failed in it
	Canary  int64   `json:"canary"`  // sessions of the canary that failed in it
	E       float64 `json:"e"`
	// Logs hold ln of the likelihood ratio for each rho.
	Logs []float64 `json:"logs,omitempty"`
}

// CanaryEvaluation is what the absolute process took from an evaluation.
type CanaryEvaluation struct {
	Evidence string  `json:"evidence"` // digest
	Cases    int     `json:"cases"`
	Failed   int     `json:"failed"`
	E        float64 `json:"e"`
}

// ArmCount counts outcomes of one arm.
type ArmCount struct {
	Runs     int64 `json:"runs"`
	Failures int64 `json:"failures"`
	Sessions int64 `json:"sessions"` // what the statistics count
	Failed   int64 `json:"failed"`   // sessions with a failed run
}

// CanaryOutcome is one outcome as the canary saw it, kept so that the verdict
// can be recomputed.
type CanaryOutcome struct {
	Release string `json:"release"`
	Seq     int64  `json:"seq"` // from 1
	Run     string `json:"run"`
	Session string `json:"session,omitempty"`
	Step    int    `json:"step"`   // of the release when it came in
	Canary  bool   `json:"canary"` // which arm
	Failed  bool   `json:"failed"`
	Weight  int    `json:"weight"` // percent, when the session was assigned
	// Draw is the session's place among the draws; 0 is none.
	Draw int64 `json:"draw,omitempty"`
	// Interrupted: a stop of the server ended the run. It counts in neither arm, and at
	// its worst where the version is to be shown to be safe.
	Interrupted bool `json:"interrupted,omitempty"`
	// What the run was, from which its streams follow.
	Outcome     Outcome  `json:"outcome,omitempty"`
	Missing     bool     `json:"missing,omitempty"` // it had not ended after the plan's timeout
	Gateway     bool     `json:"gateway,omitempty"`
	LatencyMs   int64    `json:"latencyMs,omitempty"`
	Cost        MicroUSD `json:"costMicroUSD,omitempty"`
	Blocks      int      `json:"blocks,omitempty"`
	Denials     int      `json:"denials,omitempty"`
	Escalations int      `json:"escalations,omitempty"`
	// After this outcome.
	E     map[string]float64 `json:"e,omitempty"` // of each stream that is judged
	EHarm float64            `json:"eHarm"`
	ESafe float64            `json:"eSafe"`
	EAbs  float64            `json:"eAbs"`
	At    Millis             `json:"at"`
}

// CanarySession is what a canary remembers of a session between its runs.
type CanarySession struct {
	Step   int      `json:"step"`   // of the release when it was counted
	Failed []string `json:"failed"` // streams that it failed in, sorted
}

// CanarySimulated is how simulated releases ended.
type CanarySimulated struct {
	Releases   int `json:"releases"`
	RolledBack int `json:"rolledBack"`
	Promoted   int `json:"promoted"`
	Held       int `json:"held"` // undecided at the deadline
	// RollbackUpper is the upper 95 % confidence bound of the share that is rolled back.
	RollbackUpper float64 `json:"rollbackUpper"`
	// Failed runs of the candidate beyond what the serving version would have had,
	// over all releases.
	ExcessMean   float64 `json:"excessMean"`
	ExcessMedian float64 `json:"excessMedian"`
	ExcessP90    float64 `json:"excessP90"`
	ExcessP95    float64 `json:"excessP95"`
	// Medians of the seconds until a rollback and until a promotion.
	DelaySeconds   float64 `json:"delaySeconds"`
	PromoteSeconds float64 `json:"promoteSeconds"`
}

// CanaryVerdict is a canary with its recomputation.
type CanaryVerdict struct {
	Release    string      `json:"release"`
	Plan       CanaryPlan  `json:"plan"`
	Stored     CanaryState `json:"stored"`
	Recomputed CanaryState `json:"recomputed"`
	Agrees     bool        `json:"agrees"`
	Problem    string      `json:"problem,omitempty"` // why it does not agree
	// Unverified says what was not, or cannot be, recomputed; it does not agree then
	// either, and that is no sign of a change.
	Unverified string `json:"unverified,omitempty"`
	// RecordLeftOut: the record is too long for an answer. It is read in pages, and
	// recomputed by who has them.
	RecordLeftOut bool            `json:"recordLeftOut,omitempty"`
	Outcomes      []CanaryOutcome `json:"outcomes"`
	Draws         []CanaryDraw    `json:"draws"`
}

// CanaryRecord is a page of what a canary's verdict follows from, in order of Seq.
type CanaryRecord struct {
	Outcomes []CanaryOutcome `json:"outcomes"`
	Draws    []CanaryDraw    `json:"draws"`
	Next     int64           `json:"next,omitempty"` // after of the following page; none is the end
}

// CanaryExportFormat names the form of a CanaryExport.
const CanaryExportFormat = "aureus.canary/v1"

// CanaryExport is everything that a canary's verdict follows from: whoever has it
// can recompute the verdict without a server.
type CanaryExport struct {
	Format      string          `json:"format"`
	Release     string          `json:"release"`
	Agent       string          `json:"agent"`
	Version     int             `json:"version"`
	Digest      string          `json:"digest"`
	Environment string          `json:"environment"`
	State       ReleaseState    `json:"state"`
	Plan        CanaryPlan      `json:"plan"`
	Stored      CanaryState     `json:"stored"`
	Outcomes    []CanaryOutcome `json:"outcomes"`
	Draws       []CanaryDraw    `json:"draws"`
	// Evidence is the signed bundle of the verdict, which holds the digests of Outcomes
	// and Draws; none before there is one.
	Evidence []byte `json:"evidence,omitempty"`
	// Key is the server's public key, PEM.
	Key string `json:"key,omitempty"`
}
