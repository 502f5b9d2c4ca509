// Package control is the use cases: one file each. It declares the small
// interfaces it needs (see [Store]), asks the pure core what to do, and writes
// state, ledger event and effects to do in one transaction.
//
// Start from [Control]. Every exported method takes the [Principal] that asks
// and checks its role first (fault.Forbidden). Times come from Config.Now, ids
// from Config.NewID.
package control

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/resource"
)

// Adapters reaches MCP servers. Discover starts or reaches each server, asks for
// its tools and pins those that the blueprint uses; Open gives the live tools of
// a version and refuses (fault.Verification) a tool whose schema or description
// is not the pinned one. Opened tools are shared and kept alive between runs.
type Adapters interface {
	Discover(ctx context.Context, a *blueprint.Agent) ([]resource.Adapter, error)
	Open(ctx context.Context, m *resource.Manifest, digest string) (agentrun.Tools, error)
}

// Models gives the client of a blueprint's model; fault.Invalid with what to set
// when its provider is not configured.
type Models interface {
	Model(m blueprint.Model) (agentrun.Model, error)
	// Version asks the endpoint which version it serves under the name; "" when it
	// does not say.
	Version(ctx context.Context, m blueprint.Model) string
}

// Meter is told what happened, for metrics. It never fails and never blocks.
type Meter interface {
	RunEnded(r resource.Run)
	Decided(agent, env string, d resource.Decision)
	ReleaseMoved(r resource.Release, event string)
	RolledBack(agent, env string, took time.Duration)
}

// Notifier delivers a notice to the configured webhook.
type Notifier interface {
	Notify(ctx context.Context, n Notice) error
}

// Notice is a message for people: an alert, an approval request, a rollback.
type Notice struct {
	Kind        string          `json:"kind"` // approval.requested, release.rolled_back, alert.fired, ...
	Agent       string          `json:"agent"`
	Environment string          `json:"environment,omitempty"`
	Subject     string          `json:"subject"` // id
	Digest      string          `json:"digest,omitempty"`
	Text        string          `json:"text"`
	At          resource.Millis `json:"at"`
}

// Config is what Control needs. Every field is required but Logger, Meter and Notifier.
type Config struct {
	Store    Store
	Key      *attest.Key
	Adapters Adapters
	Models   Models
	Meter    Meter    // nil: none
	Notifier Notifier // nil: none
	Now      func() time.Time
	NewID    func(prefix string) string // sortable by time, unique
	Logger   *slog.Logger               // nil: discard
}

// Principal is an authenticated caller.
type Principal struct {
	Actor resource.Actor
	Roles []resource.Role
	Token string // token id
}

// Authenticate returns the principal of a bearer secret; fault.Unauthorized for
// an unknown, expired or revoked one.
func (c *Control) Authenticate(ctx context.Context, secret string) (Principal, error) {
	return Principal{}, errStub
}

// Bootstrap makes an admin token when there is none yet and returns its secret,
// "" when there was one.
func (c *Control) Bootstrap(ctx context.Context) (secret string, err error) { return "", errStub }

// NewToken is a token to make.
type NewToken struct {
	Name  string          `json:"name"`
	Kind  string          `json:"kind"` // human, agent or service; "" is human
	Roles []resource.Role `json:"roles"`
	TTL   time.Duration   `json:"-"` // 0 is no expiry
}

// CreateToken makes a token; its secret is returned once. Admin.
func (c *Control) CreateToken(ctx context.Context, p Principal, n NewToken) (resource.Token, string, error) {
	return resource.Token{}, "", errStub
}

// Tokens lists tokens. Admin.
func (c *Control) Tokens(ctx context.Context, p Principal) ([]resource.Token, error) {
	return nil, errStub
}

// RevokeToken revokes a token. Admin.
func (c *Control) RevokeToken(ctx context.Context, p Principal, id string) error { return errStub }

// PushRequest registers a version.
type PushRequest struct {
	Blueprint  *blueprint.Agent           `json:"blueprint"` // every file inlined
	Build      resource.Build             `json:"build"`
	Generation *resource.GenerationRecord `json:"generation,omitempty"`
}

// PushResult is a registered version.
type PushResult struct {
	Version  resource.Version   `json:"version"`
	Created  bool               `json:"created"` // false: the same content was registered before
	Findings []resource.Finding `json:"findings"`
}

// Push validates a blueprint, pins its tools, signs and registers the version.
// fault.Blocked with details when validation finds errors. Developer.
func (c *Control) Push(ctx context.Context, p Principal, r PushRequest) (PushResult, error) {
	return PushResult{}, errStub
}

// AgentSummary is an agent as the fleet overview shows it.
type AgentSummary struct {
	Name        string                `json:"name"`
	Owner       string                `json:"owner"`
	Description string                `json:"description,omitempty"`
	Latest      resource.Version      `json:"latest"`
	Deployments []resource.Deployment `json:"deployments"`
	Releases    []resource.Release    `json:"releases"`  // not ended
	Incidents   int                   `json:"incidents"` // not resolved
}

// Agents lists agents by name. Viewer.
func (c *Control) Agents(ctx context.Context, p Principal) ([]AgentSummary, error) {
	return nil, errStub
}

// Agent is one agent. Viewer.
func (c *Control) Agent(ctx context.Context, p Principal, name string) (AgentSummary, error) {
	return AgentSummary{}, errStub
}

// Version resolves a reference: agent (latest), agent@v3, agent@sha256:..., sha256:.... Viewer.
func (c *Control) Version(ctx context.Context, p Principal, ref string) (resource.Version, error) {
	return resource.Version{}, errStub
}

// Versions lists an agent's versions, newest first, without manifests. Viewer.
func (c *Control) Versions(ctx context.Context, p Principal, agent string, page Page) ([]resource.Version, error) {
	return nil, errStub
}

// Diff is the capability delta from one version to another. Viewer.
func (c *Control) Diff(ctx context.Context, p Principal, from, to string) (resource.Delta, error) {
	return resource.Delta{}, errStub
}

// VerifiedEvidence is evidence with what checking its signature said.
type VerifiedEvidence struct {
	resource.Evidence
	Verified bool   `json:"verified"`
	Problem  string `json:"problem,omitempty"`
}

// Evidence lists and verifies the evidence about a version. Viewer.
func (c *Control) Evidence(ctx context.Context, p Principal, ref string) ([]VerifiedEvidence, error) {
	return nil, errStub
}

// PublicKeys is what an outsider needs to verify.
type PublicKeys struct {
	PEM         string `json:"pem"`         // of the signing key, for bundles
	VerifierKey string `json:"verifierKey"` // of the ledger's checkpoints
}

// PublicKeys returns the server's public keys. Anybody.
func (c *Control) PublicKeys() PublicKeys { return PublicKeys{} }

// CheckRequest asks for a simulation or an evaluation of a version.
type CheckRequest struct {
	Version  string `json:"version"` // reference
	Seed     int64  `json:"seed,omitempty"`
	Repeats  int    `json:"repeats,omitempty"`  // of an evaluation
	Baseline string `json:"baseline,omitempty"` // reference, of an evaluation
}

// CheckResult is a report with its signed evidence. Report is a simulate.Report or
// evaluate.Report as JSON.
type CheckResult struct {
	Report   []byte            `json:"report"`
	Passed   bool              `json:"passed"`
	Evidence resource.Evidence `json:"evidence"`
}

// Simulate simulates a version. Developer.
func (c *Control) Simulate(ctx context.Context, p Principal, r CheckRequest) (CheckResult, error) {
	return CheckResult{}, errStub
}

// Evaluate evaluates a version. Developer.
func (c *Control) Evaluate(ctx context.Context, p Principal, r CheckRequest) (CheckResult, error) {
	return CheckResult{}, errStub
}

// Environments lists environments in promotion order. Viewer.
func (c *Control) Environments(ctx context.Context, p Principal) ([]resource.Environment, error) {
	return nil, errStub
}

// Deployments lists what serves; agent "" is all. Viewer.
func (c *Control) Deployments(ctx context.Context, p Principal, agent string) ([]resource.Deployment, error) {
	return nil, errStub
}

// Snapshots lists snapshots, newest first. Viewer.
func (c *Control) Snapshots(ctx context.Context, p Principal, agent, env string) ([]resource.Snapshot, error) {
	return nil, errStub
}

// ReleaseRequest starts a release.
type ReleaseRequest struct {
	Version     string `json:"version"` // reference
	Environment string `json:"environment"`
	Reason      string `json:"reason,omitempty"`
}

// StartRelease starts a release; its first effects run in the background.
// fault.Blocked for a quarantined version or one that has not passed the
// environment before; fault.Conflict when another release moves there. Developer.
func (c *Control) StartRelease(ctx context.Context, p Principal, r ReleaseRequest) (resource.Release, error) {
	return resource.Release{}, errStub
}

// Release is one release. Viewer.
func (c *Control) Release(ctx context.Context, p Principal, id string) (resource.Release, error) {
	return resource.Release{}, errStub
}

// Releases lists releases, newest first. Viewer.
func (c *Control) Releases(ctx context.Context, p Principal, f ReleaseFilter, page Page) ([]resource.Release, error) {
	return nil, errStub
}

// MoveRelease sends pause, resume, cancel, rollback or promote to a release, with
// a reason. Operator.
func (c *Control) MoveRelease(ctx context.Context, p Principal, id, event, reason string) (resource.Release, error) {
	return resource.Release{}, errStub
}

// CanaryVerdict is a canary with its recomputation.
type CanaryVerdict struct {
	Release    string                   `json:"release"`
	Plan       resource.CanaryPlan      `json:"plan"`
	Stored     resource.CanaryState     `json:"stored"`
	Recomputed resource.CanaryState     `json:"recomputed"`
	Agrees     bool                     `json:"agrees"`
	Outcomes   []resource.CanaryOutcome `json:"outcomes"`
}

// Verdict recomputes a canary's verdict from its outcomes. Viewer.
func (c *Control) Verdict(ctx context.Context, p Principal, release string) (CanaryVerdict, error) {
	return CanaryVerdict{}, errStub
}

// Rollback takes what serves in an environment back to the last verified
// snapshot before it. Operator.
func (c *Control) Rollback(ctx context.Context, p Principal, agent, env, reason string) (resource.Release, error) {
	return resource.Release{}, errStub
}

// Approvals lists approval requests. Viewer.
func (c *Control) Approvals(ctx context.Context, p Principal, f ApprovalFilter, page Page) ([]resource.Approval, error) {
	return nil, errStub
}

// ApprovalView is what an approver is shown, with the single-use token that
// answers exactly this.
type ApprovalView struct {
	Approval resource.Approval   `json:"approval"`
	Release  *resource.Release   `json:"release,omitempty"`
	Evidence []resource.Evidence `json:"evidence,omitempty"`
	Run      *resource.Run       `json:"run,omitempty"`
	Token    string              `json:"token,omitempty"` // "" when the caller may not answer
}

// ViewApproval shows a request; an approver who may answer it gets a token. Viewer.
func (c *Control) ViewApproval(ctx context.Context, p Principal, id string) (ApprovalView, error) {
	return ApprovalView{}, errStub
}

// DecideRequest answers an approval request.
type DecideRequest struct {
	Token   string `json:"token"` // of ViewApproval
	Approve bool   `json:"approve"`
	Reason  string `json:"reason"`
}

// Decide answers a request. Needs its role, which is approver unless the request
// says otherwise; never one of its excluded principals.
func (c *Control) Decide(ctx context.Context, p Principal, id string, r DecideRequest) (resource.Approval, error) {
	return resource.Approval{}, errStub
}

// InvokeRequest runs an agent on live traffic.
type InvokeRequest struct {
	Environment string `json:"environment,omitempty"` // "" is production
	Session     string `json:"session,omitempty"`     // "" is a new one
	Input       any    `json:"input"`
}

// Invoke runs an agent. The run is returned with its steps; outcome waiting means
// that a human has to approve a call first. fault.NotFound when nothing serves;
// fault.Unavailable when serving is stopped. Developer, or an agent or service
// token of any role.
func (c *Control) Invoke(ctx context.Context, p Principal, agent string, r InvokeRequest) (resource.Run, error) {
	return resource.Run{}, errStub
}

// Runs lists runs, newest first, without payloads. Viewer.
func (c *Control) Runs(ctx context.Context, p Principal, f RunFilter, page Page) ([]resource.Run, error) {
	return nil, errStub
}

// Run is one run with its steps; payloads only for developer, operator, approver. Viewer.
func (c *Control) Run(ctx context.Context, p Principal, id string) (resource.Run, error) {
	return resource.Run{}, errStub
}

// ImportRuns stores recorded runs. Developer.
func (c *Control) ImportRuns(ctx context.Context, p Principal, runs []resource.Run) (int, error) {
	return 0, errStub
}

// ScenarioFromRun makes a regression scenario of a run: its input, what its tools
// answered, and what should have happened. Developer.
func (c *Control) ScenarioFromRun(ctx context.Context, p Principal, id string) (blueprint.Scenario, error) {
	return blueprint.Scenario{}, errStub
}

// Incidents lists incidents; empty agent and state match all. Viewer.
func (c *Control) Incidents(ctx context.Context, p Principal, agent, state string, page Page) ([]resource.Incident, error) {
	return nil, errStub
}

// Incident is one incident. Viewer.
func (c *Control) Incident(ctx context.Context, p Principal, id string) (resource.Incident, error) {
	return resource.Incident{}, errStub
}

// RecordRCA records the root cause analysis. Operator.
func (c *Control) RecordRCA(ctx context.Context, p Principal, id string, r resource.RCA) (resource.Incident, error) {
	return resource.Incident{}, errStub
}

// GuardrailRequest names what would have caught a bad version.
type GuardrailRequest struct {
	Version  string `json:"version"`  // reference of the version that holds it
	Scenario string `json:"scenario"` // name of a scenario in it
}

// ProveGuardrail replays the scenario against the bad version (it must fail) and
// against the version that holds it (it must pass); then the incident is
// resolved. fault.Blocked when the proof does not hold. Operator.
func (c *Control) ProveGuardrail(ctx context.Context, p Principal, id string, r GuardrailRequest) (resource.Incident, error) {
	return resource.Incident{}, errStub
}

// Figures are the monitor's figures. Viewer.
func (c *Control) Figures(ctx context.Context, p Principal, q FiguresQuery) ([]resource.Figures, error) {
	return nil, errStub
}

// Series are the figures over time. Viewer.
func (c *Control) Series(ctx context.Context, p Principal, q FiguresQuery, bucket time.Duration) ([]resource.FiguresPoint, error) {
	return nil, errStub
}

// Tail lists ledger entries from an index, ascending; from < 0 counts from the
// end. Auditor; the read is itself recorded.
func (c *Control) Tail(ctx context.Context, p Principal, from, limit int64) ([]resource.LedgerEntry, error) {
	return nil, errStub
}

// Export writes the ledger's export: what audit.Verify reads. Auditor; recorded.
func (c *Control) Export(ctx context.Context, p Principal, w io.Writer) error { return errStub }

// Proof is an inclusion proof for one entry.
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

// ProofOf is the inclusion proof of an entry in the newest checkpoint. Auditor.
func (c *Control) ProofOf(ctx context.Context, p Principal, index int64) (Proof, error) {
	return Proof{}, errStub
}

// LedgerStatus is the ledger's head.
type LedgerStatus struct {
	Size       int64  `json:"size"`
	Pending    int64  `json:"pending"`
	Root       string `json:"root"`
	Checkpoint string `json:"checkpoint"`
}

// Ledger is the ledger's head. Viewer.
func (c *Control) Ledger(ctx context.Context, p Principal) (LedgerStatus, error) {
	return LedgerStatus{}, errStub
}

// EventsOf lists the events about one thing (release, run, version, incident),
// newest first. Viewer.
func (c *Control) EventsOf(ctx context.Context, p Principal, kind, id string, page Page) ([]resource.LedgerEntry, error) {
	return nil, errStub
}

// Subscribe delivers lifecycle events as they are committed, until ctx ends; the
// channel is closed then. A slow reader misses events and is never waited for.
// Viewer.
func (c *Control) Subscribe(ctx context.Context, p Principal) (<-chan resource.Event, error) {
	return nil, errStub
}
