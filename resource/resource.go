// Package resource is the nouns of the control plane: versions, evidence,
// environments, deployments, snapshots, releases, approvals, runs, incidents,
// ledger events, principals. The same types are stored, served as JSON and
// decoded by the public client, so a thing has one shape everywhere.
//
// It holds no rules: what may happen to a noun is decided by the pure core
// (internal/guard, crv, release, canary, audit). Start from [Version] and
// [Release]. Times are Unix milliseconds, money is micro-USD, digests are
// "sha256:" and 64 hex digits.
package resource

// Millis is a time as Unix milliseconds, UTC. 0 is "not yet".
type Millis int64

// MicroUSD is an amount of money in millionths of a US dollar.
type MicroUSD int64

// Role is what a token may do.
type Role string

// The roles. Admin includes every other one but auditor's duty to be logged.
const (
	RoleViewer    Role = "viewer"    // reads everything but the ledger and payloads
	RoleDeveloper Role = "developer" // pushes versions, simulates, evaluates, invokes, requests releases
	RoleOperator  Role = "operator"  // moves releases: pause, resume, cancel, roll back; records RCAs
	RoleApprover  Role = "approver"  // answers approval requests
	RoleAuditor   Role = "auditor"   // reads and exports the ledger
	RoleAdmin     Role = "admin"     // manages tokens; everything above
)

// Roles lists the roles in the order of the documentation.
func Roles() []Role {
	return []Role{RoleViewer, RoleDeveloper, RoleOperator, RoleApprover, RoleAuditor, RoleAdmin}
}

// Actor is who did something.
type Actor struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // human, agent or service
}

// System is the actor of what Aureus does by itself.
var System = Actor{Name: "aureus", Kind: "service"}

// Token is an access token without its secret.
type Token struct {
	ID    string `json:"id"`
	Name  string `json:"name"` // the principal's name
	Kind  string `json:"kind"` // human, agent or service
	Roles []Role `json:"roles"`
	// Groups are the teams that the principal answers for in approval rules, sorted.
	Groups    []string `json:"groups,omitempty"`
	CreatedAt Millis   `json:"createdAt"`
	CreatedBy string   `json:"createdBy"`
	ExpiresAt Millis   `json:"expiresAt,omitempty"` // 0 is never
	RevokedAt Millis   `json:"revokedAt,omitempty"`
}

// Event is what the ledger records: who, what, when, why, about which digest.
// Attrs holds names, numbers and digests, never a payload. ID is a ULID-like
// unique id that sorts by time.
type Event struct {
	ID          string            `json:"id"`
	Time        Millis            `json:"time"`
	Actor       Actor             `json:"actor"`
	Action      string            `json:"action"` // release.promoted, version.registered, guard.decided, ...
	SubjectKind string            `json:"subjectKind"`
	SubjectID   string            `json:"subjectId"`
	Digest      string            `json:"digest,omitempty"` // of the version, or of what the action is about
	Agent       string            `json:"agent,omitempty"`
	Environment string            `json:"environment,omitempty"`
	Reason      string            `json:"reason,omitempty"`
	Attrs       map[string]string `json:"attrs,omitempty"`
}

// LedgerEntry is an event with its place in the tree. Index is -1 until the
// sequencer has given it one.
type LedgerEntry struct {
	Index int64 `json:"index"`
	Event Event `json:"event"`
}

// Verdict is a gate's answer.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "pass"
	Warn    Verdict = "warn"
	Block   Verdict = "block"
	Pending Verdict = "pending"
)

// FailureCode is a CRV failure code.
type FailureCode string

// The CRV failure codes.
const (
	MissingData     FailureCode = "MISSING_DATA"
	ConflictData    FailureCode = "CONFLICT"
	OutOfScope      FailureCode = "OUT_OF_SCOPE"
	LowConfidence   FailureCode = "LOW_CONFIDENCE"
	PolicyViolation FailureCode = "POLICY_VIOLATION"
	ToolError       FailureCode = "TOOL_ERROR"
	NonDeterminism  FailureCode = "NON_DETERMINISM"
)

// OffTraffic is the code of a run that was ended because its version was taken off
// traffic. It says nothing about what the run would have done.
const OffTraffic FailureCode = "OFF_TRAFFIC"

// Finding is one result of a check: what, where, how bad, what to do.
type Finding struct {
	Rule        string      `json:"rule"`     // stable id, for example tier/low-agent-high-tool
	Severity    string      `json:"severity"` // error, warning or note
	Code        FailureCode `json:"code,omitempty"`
	Path        string      `json:"path,omitempty"` // field path
	File        string      `json:"file,omitempty"`
	Line        int         `json:"line,omitempty"`
	Column      int         `json:"column,omitempty"`
	Message     string      `json:"message"`
	Remediation string      `json:"remediation,omitempty"`
}
