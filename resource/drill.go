package resource

// The states of a drill.
const (
	DrillRunning   = "running"
	DrillPassed    = "passed"    // detected, rolled back and verified again within the target
	DrillMissed    = "missed"    // not detected, not recovered, or later than the target
	DrillCancelled = "cancelled" // ended before its verdict: people came first, or it could not be carried out
)

// DrillRequest starts a drill.
type DrillRequest struct {
	Environment string `json:"environment,omitempty"` // default staging
	Reason      string `json:"reason,omitempty"`      // why, for the record
}

// Drill is one rehearsal of a rollback: a version made bad on purpose, its release,
// and what was measured. Its ID is the release's.
type Drill struct {
	ID          string `json:"id"`
	Agent       string `json:"agent"`
	Environment string `json:"environment"`
	State       string `json:"state"`   // running, passed, missed or cancelled
	Version     int    `json:"version"` // the seeded one
	Digest      string `json:"digest"`
	Good        string `json:"good"` // digest of the version that served, and that the evidence is about
	By          Actor  `json:"by"`   // who started it: the system on a schedule
	Reason      string `json:"reason,omitempty"`
	// Within is the target in milliseconds, from FirstFailedAt to VerifiedAt.
	Within int64 `json:"withinMs"`
	// Runs that the drill played, on both versions; FailedRuns those of the seeded
	// version that failed before it was off traffic.
	Runs       int64 `json:"runs"`
	FailedRuns int64 `json:"failedRuns"`
	// The moments: the first run that failed, the outcome that decided the rollback,
	// all traffic on the good version, and that one verified again. 0 is never.
	StartedAt     Millis `json:"startedAt"`
	FirstFailedAt Millis `json:"firstFailedAt,omitempty"`
	DecidedAt     Millis `json:"decidedAt,omitempty"`
	GoodAt        Millis `json:"goodAt,omitempty"`
	VerifiedAt    Millis `json:"verifiedAt,omitempty"`
	// RecoveryMs is from FirstFailedAt to VerifiedAt; 0 when one of them never was.
	RecoveryMs int64  `json:"recoveryMs,omitempty"`
	EndedAt    Millis `json:"endedAt,omitempty"`
	Why        string `json:"why,omitempty"` // it was missed or cancelled
	Incident   string `json:"incident,omitempty"`
	Evidence   string `json:"evidence,omitempty"` // id
}
