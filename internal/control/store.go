package control

import (
	"context"

	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/incident"
	"github.com/aureus-agents/aureus/resource"
)

// Store keeps everything. Implementations are held to one contract by
// internal/store/storetest.
type Store interface {
	// View runs fn on a consistent snapshot. Nothing fn reads changes under it.
	View(ctx context.Context, fn func(Reader) error) error
	// Update runs fn in one transaction. It returns nil only when everything fn
	// wrote is durable (it survives kill -9 and power loss), and writes nothing
	// when fn or the commit fails. Updates are serial; several may share one
	// fsync. fn runs at most once a call, sees its own writes, and must not call
	// View or Update. Errors: what fn returned, unchanged; fault.StorageFull;
	// fault.Corrupt; fault.Unavailable when ctx ended before it began.
	Update(ctx context.Context, fn func(Tx) error) error
}

// Reader reads. A thing that is not there is fault.NotFound; lists are empty.
type Reader interface {
	VersionReader
	EvidenceReader
	ServingReader
	ReleaseReader
	ShadowReader
	CanaryReader
	ApprovalReader
	DelegationReader
	PipelineReader
	ChannelReader
	RunReader
	UsageReader
	IncidentReader
	TallyReader
	TokenReader
	LedgerReader
	FiguresReader
	EvaluationReader
}

// Tx reads and writes. Put... methods compare Revision with the stored one and
// are fault.Conflict when it moved; the caller passes the new record with the
// old Revision + 1.
type Tx interface {
	Reader
	VersionWriter
	EvidenceWriter
	ServingWriter
	ReleaseWriter
	ShadowWriter
	CanaryWriter
	ApprovalWriter
	DelegationWriter
	PipelineWriter
	ChannelWriter
	RunWriter
	UsageWriter
	IncidentWriter
	TokenWriter
	EvaluationWriter
	// Append adds an event to the ledger. It has no index until the sequencer
	// gives it one; the order of events is the order of their transactions.
	Append(e resource.Event) error
	// AfterCommit runs f once the transaction is durable, before Update returns;
	// f does not run when it fails.
	AfterCommit(f func())
	// Enqueue adds a job. A job whose Key was enqueued before is dropped.
	Enqueue(j Job) error
}

// Job is an effect to do: at least once, so every handler is idempotent by Key.
type Job struct {
	Kind    string          `json:"kind"`
	Key     string          `json:"key"` // for example release/R/smoke/3
	Payload []byte          `json:"payload"`
	RunAt   resource.Millis `json:"runAt,omitempty"` // 0 is now
}

// JobHandler does a job and returns what to commit together with its
// completion; a nil commit completes it alone. An error is retried with backoff
// unless its code is fault.Invalid, which ends the job.
type JobHandler func(ctx context.Context, j Job) (commit func(Tx) error, err error)

// Page bounds a list. Lists are newest first unless said otherwise.
type Page struct {
	Limit int    // 0 is 100, at most 1000
	After string // id of the last one seen; "" is the start
}

// VersionReader reads versions.
type VersionReader interface {
	VersionByDigest(agent, digest string) (resource.Version, error) // agent "" is any
	VersionByNumber(agent string, number int) (resource.Version, error)
	LatestVersion(agent string) (resource.Version, error)      // that is no drill's
	Versions(agent string, p Page) ([]resource.Version, error) // without manifests; After is a number
	Agents() ([]string, error)                                 // sorted
}

// VersionWriter writes versions.
type VersionWriter interface {
	InsertVersion(v resource.Version) error // fault.Conflict when agent+digest or agent+number exists
	SetQuarantine(agent, digest string, q *resource.Quarantine) error
}

// EvidenceFilter selects evidence; empty fields match all.
type EvidenceFilter struct {
	Subject, Kind, Release, Environment string
	// OrAny, with Environment, finds also what is about no environment in particular.
	OrAny bool
}

// EvidenceReader reads evidence.
type EvidenceReader interface {
	Evidence(f EvidenceFilter, p Page) ([]resource.Evidence, error) // with bundles and reports
	EvidenceByID(id string) (resource.Evidence, error)
	// CountEvidence counts without reading bundles and reports.
	CountEvidence(f EvidenceFilter) (int, error)
}

// EvidenceWriter writes evidence. It is never changed.
type EvidenceWriter interface {
	InsertEvidence(e resource.Evidence) error
}

// ServingReader reads what serves.
type ServingReader interface {
	Deployment(agent, env string) (resource.Deployment, error)
	Deployments(agent string) ([]resource.Deployment, error)  // "" is all; sorted by agent, environment
	Snapshots(agent, env string) ([]resource.Snapshot, error) // newest first
	Snapshot(id string) (resource.Snapshot, error)
	// SessionVersion is the digest that a session was given and whether it was the
	// candidate of release; NotFound for a new session.
	SessionVersion(agent, env, session string) (SessionPin, error)
}

// SessionPin is the version that a session keeps.
type SessionPin struct {
	Digest  string          `json:"digest"`
	Release string          `json:"release,omitempty"`
	Canary  bool            `json:"canary"`
	Weight  int             `json:"weight"`
	Draw    int64           `json:"draw,omitempty"` // its place among the draws of the release
	At      resource.Millis `json:"at"`
}

// ServingWriter writes what serves.
type ServingWriter interface {
	PutDeployment(d resource.Deployment) error // Revision 1 inserts
	PutSnapshot(s resource.Snapshot) error     // inserts or replaces by ID
	PutSessionVersion(agent, env, session string, p SessionPin) error
}

// ReleaseFilter selects releases; empty fields match all.
type ReleaseFilter struct {
	Agent, Environment, Digest string
	States                     []resource.ReleaseState
	Since                      resource.Millis // that changed since then
	Drill                      bool            // only drills
}

// ReleaseReader reads releases.
type ReleaseReader interface {
	Release(id string) (resource.Release, error)
	Releases(f ReleaseFilter, p Page) ([]resource.Release, error)
	CanaryOutcomes(release string) ([]resource.CanaryOutcome, error) // by Seq
	// CanaryOutcomesAfter are the outcomes after a Seq up to another one, in order.
	CanaryOutcomesAfter(release string, after, upTo int64) ([]resource.CanaryOutcome, error)
}

// ReleaseWriter writes releases.
type ReleaseWriter interface {
	InsertRelease(r resource.Release) error
	PutRelease(r resource.Release) error
	InsertCanaryOutcome(o resource.CanaryOutcome) error // fault.Conflict when the run was counted before
}

// CanaryReader reads what a canary remembers beside its state.
type CanaryReader interface {
	// CanarySession is fault.NotFound for a session without outcomes.
	CanarySession(release, session string) (resource.CanarySession, error)
	// CanaryCounted reports whether there is an outcome of a run.
	CanaryCounted(release, run string) (bool, error)
	// CanaryDraws are the draws after a Seq up to another one, in order; 0 is no end.
	CanaryDraws(release string, after, upTo int64) ([]resource.CanaryDraw, error)
	CanaryDrawn(release string) (int64, error) // Seq of the last draw; 0 is none
}

// CanaryWriter writes it.
type CanaryWriter interface {
	PutCanarySession(release, session string, s resource.CanarySession) error // inserts or replaces
	InsertCanaryDraw(d resource.CanaryDraw) error
}

// ApprovalFilter selects approvals; empty fields match all.
type ApprovalFilter struct {
	Agent, Environment, Kind, Subject string
	State                             resource.ApprovalState
}

// ApprovalReader reads approvals.
type ApprovalReader interface {
	Approval(id string) (resource.Approval, error)
	Approvals(f ApprovalFilter, p Page) ([]resource.Approval, error)
	// Asked counts an agent's requests of a kind in an environment: those that are
	// pending, and those made since then, whatever became of them.
	Asked(agent, env, kind string, since resource.Millis) (open, recent int, err error)
}

// ApprovalWriter writes approvals.
type ApprovalWriter interface {
	InsertApproval(a resource.Approval) error
	PutApproval(a resource.Approval) error
	InsertApprovalToken(t resource.ApprovalToken) error
	// UseApprovalToken marks the token used and returns it; fault.NotFound when
	// there is none with the hash, fault.Conflict when it was used before.
	UseApprovalToken(hash string, now resource.Millis) (resource.ApprovalToken, error)
}

// DelegationFilter selects delegations; empty fields match all, and names match
// in any case.
type DelegationFilter struct {
	From, To string
	// Open are those that have not been ended and last longer than At.
	Open bool
	At   resource.Millis
}

// DelegationReader reads who answers in whose name.
type DelegationReader interface {
	Delegation(id string) (resource.Delegation, error)
	Delegations(f DelegationFilter, p Page) ([]resource.Delegation, error)
}

// DelegationWriter writes delegations.
type DelegationWriter interface {
	InsertDelegation(d resource.Delegation) error
	PutDelegation(d resource.Delegation) error
}

// ChannelReader reads which person a user of a channel is.
type ChannelReader interface {
	ChannelUser(channel, user string) (resource.ChannelUser, error)
	ChannelUsers() ([]resource.ChannelUser, error) // sorted by channel, user
}

// ChannelWriter writes it.
type ChannelWriter interface {
	PutChannelUser(u resource.ChannelUser) error             // inserts or replaces
	DeleteChannelUser(channel, user string) error            // fault.NotFound when there is none
	SeeAnswer(hash string, now, until resource.Millis) error // fault.Conflict when it was seen; forgets what ended before now
}

// RunFilter selects runs; empty fields match all.
type RunFilter struct {
	Agent, Environment, Digest, Release, Session string
	Mode                                         resource.RunMode
	Outcomes                                     []resource.Outcome
	FailedOnly                                   bool
}

// RunReader reads runs.
type RunReader interface {
	Run(id string) (resource.Run, error)              // with steps
	Runs(f RunFilter, p Page) ([]resource.Run, error) // without steps, input and output
	// Checkpoint is the JSON of a run's agentrun.Checkpoint.
	Checkpoint(run string) ([]byte, error)
}

// UsageReader reads what several runs of an agent used together in an environment.
type UsageReader interface {
	RecentCalls(agent, env string, since resource.Millis) (int, error) // tool calls decided
	// Usage is what AddUsage added under a key, zero when it added nothing.
	Usage(agent, env, key string) (resource.Use, error)
	// LastUsage is the last of the keys with a prefix, in the order of their bytes;
	// "" when there is none.
	LastUsage(agent, env, prefix string) (string, error)
}

// UsageWriter counts it. Updates are serial, so what an update has read of it
// does not move before its own writes.
type UsageWriter interface {
	CountCall(agent, env string, at resource.Millis) error // for RecentCalls
	// AddUsage adds to what was used under a key. Money is kept in millionths, rounded up.
	AddUsage(agent, env, key string, u resource.Use) error
}

// RunWriter writes runs.
type RunWriter interface {
	InsertRun(r resource.Run) error
	PutRun(r resource.Run) error // the finished run also enters the figures
	// PutStep stores one step of a run whose record holds none, or replaces the one
	// with its Index; Run gives them back in order.
	PutStep(run string, s resource.Step) error
	PutCheckpoint(run string, checkpoint []byte) error
	DeleteCheckpoint(run string) error
}

// IncidentFilter selects incidents; empty fields match all.
type IncidentFilter struct {
	Agent, State, Environment, Severity, Assignee string
	Since                                         resource.Millis // opened since then
	DueBefore                                     resource.Millis // with a prevention that is not done and was due before
}

// IncidentReader reads incidents.
type IncidentReader interface {
	Incident(id string) (resource.Incident, error)
	Incidents(f IncidentFilter, p Page) ([]resource.Incident, error)
}

// TallyQuery selects runs that ended, live ones unless Mode says otherwise; empty
// fields match all.
type TallyQuery struct {
	Agent, Environment, Digest, Release string
	Mode                                resource.RunMode
	Since                               resource.Millis // ended since then
}

// RunTally counts runs.
type RunTally = incident.Tally

// TallyReader counts runs.
type TallyReader interface {
	Tally(q TallyQuery) (RunTally, error) // reads every run that it counts
	// FirstFailure is the failing run that ended first, "" when none failed. It costs
	// the same with a million runs.
	FirstFailure(q TallyQuery) (run string, at resource.Millis, err error)
}

// IncidentWriter writes incidents.
type IncidentWriter interface {
	InsertIncident(i resource.Incident) error
	PutIncident(i resource.Incident) error
}

// TokenReader reads tokens.
type TokenReader interface {
	TokenByHash(hash string) (resource.Token, error)
	Tokens() ([]resource.Token, error)
	Meta(key string) (string, error) // small settings; NotFound
}

// TokenWriter writes tokens.
type TokenWriter interface {
	InsertToken(t resource.Token, hash string) error
	RevokeToken(id string, at resource.Millis) error
	PutMeta(key, value string) error
}

// LedgerReader reads the sequenced ledger.
type LedgerReader interface {
	Entries(from, limit int64) ([]resource.LedgerEntry, error) // ascending by index
	Leaves(from, limit int64) ([]Leaf, error)                  // exact leaf bytes
	LatestCheckpoint() (audit.Checkpoint, error)               // size 0 when none
	Checkpoints(p Page) ([]audit.Checkpoint, error)            // ascending by size
	// TreeHashes returns stored tlog hashes by their storage index.
	TreeHashes(indexes []int64) ([][32]byte, error)
	PendingEvents() (int64, error) // committed, without an index
	EventsOf(subjectKind, subjectID string, p Page) ([]resource.LedgerEntry, error)
	EventsSince(rowid int64, limit int) ([]StoredEvent, error) // in commit order, sequenced or not
}

// Leaf is a sequenced leaf.
type Leaf struct {
	Index int64
	Data  []byte
}

// StoredEvent is an event with its place in commit order.
type StoredEvent struct {
	Row   int64
	Event resource.Event
}

// FiguresQuery selects figures.
type FiguresQuery struct {
	Agent, Environment, Digest string // empty: one row for each
	From, To                   resource.Millis
}

// FiguresReader reads the monitor's figures. They come from rollups
// that PutRun keeps, so they cost the same with a million runs.
type FiguresReader interface {
	Figures(q FiguresQuery) ([]resource.Figures, error) // one an agent, environment and version with live runs
	Series(q FiguresQuery, bucketMs int64) ([]resource.FiguresPoint, error)
}
