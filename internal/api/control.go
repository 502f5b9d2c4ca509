package api

import (
	"context"
	"io"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// Control is the use cases that the API serves. Every method checks the
// principal itself, is safe for concurrent use, and returns fault errors.
type Control interface {
	Access
	Versions
	Folders
	Checks
	Serving
	Releases
	Drills
	Pipelines
	Approvals
	Delegations
	Channels
	Runs
	Incidents
	Monitor
	Ledger
}

var _ Control = (*control.Control)(nil)

// Access is who may come in.
type Access interface {
	Authenticate(ctx context.Context, secret string) (control.Principal, error)
	CreateToken(ctx context.Context, p control.Principal, n control.NewToken) (resource.Token, string, error)
	Tokens(ctx context.Context, p control.Principal) ([]resource.Token, error)
	RevokeToken(ctx context.Context, p control.Principal, id string) error
}

// Versions is agents, their versions and what is known about them.
type Versions interface {
	Push(ctx context.Context, p control.Principal, r control.PushRequest) (control.PushResult, error)
	Agents(ctx context.Context, p control.Principal) ([]control.AgentSummary, error)
	Agent(ctx context.Context, p control.Principal, name string) (control.AgentSummary, error)
	Version(ctx context.Context, p control.Principal, ref string) (resource.Version, error)
	Versions(ctx context.Context, p control.Principal, agent string, page control.Page) ([]resource.Version, error)
	Diff(ctx context.Context, p control.Principal, from, to string) (resource.Delta, error)
	Evidence(ctx context.Context, p control.Principal, ref string) ([]control.VerifiedEvidence, error)
	PublicKeys() control.PublicKeys
}

// Checks makes evidence about a version.
type Checks interface {
	Simulate(ctx context.Context, p control.Principal, r control.CheckRequest) (control.CheckResult, error)
	Evaluate(ctx context.Context, p control.Principal, r control.CheckRequest) (control.CheckResult, error)
	EvaluationProgress(ctx context.Context, p control.Principal, release string) (resource.EvaluationProgress, error)
}

// Serving is what serves where.
type Serving interface {
	Environments(ctx context.Context, p control.Principal) ([]resource.Environment, error)
	Deployments(ctx context.Context, p control.Principal, agent string) ([]resource.Deployment, error)
	Snapshots(ctx context.Context, p control.Principal, agent, env string) ([]resource.Snapshot, error)
	Rollback(ctx context.Context, p control.Principal, agent, env, reason string) (resource.Release, error)
}

// Releases moves versions into environments.
type Releases interface {
	StartRelease(ctx context.Context, p control.Principal, r control.ReleaseRequest) (resource.Release, error)
	Release(ctx context.Context, p control.Principal, id string) (resource.Release, error)
	Releases(ctx context.Context, p control.Principal, f control.ReleaseFilter, page control.Page) ([]resource.Release, error)
	MoveRelease(ctx context.Context, p control.Principal, id, event, reason string) (resource.Release, error)
	Verdict(ctx context.Context, p control.Principal, release string) (control.CanaryVerdict, error)
	CanaryRecord(ctx context.Context, p control.Principal, release string, after int64) (resource.CanaryRecord, error)
	ShadowResults(ctx context.Context, p control.Principal, release string) ([]resource.ShadowResult, error)
}

// Pipelines says how versions go out, and what lets one pass a gate.
type Pipelines interface {
	Pipelines(ctx context.Context, p control.Principal) ([]resource.Pipeline, error)
	Pipeline(ctx context.Context, p control.Principal, name string) (resource.Pipeline, error)
	PutPipeline(ctx context.Context, p control.Principal, spec blueprint.Pipeline, revision int64) (resource.Pipeline, error)
	DeletePipeline(ctx context.Context, p control.Principal, name string) error
	AddEvidence(ctx context.Context, p control.Principal, ref string, r control.ExternalEvidenceRequest) (resource.Evidence, error)
	Waivers(ctx context.Context, p control.Principal, f control.WaiverFilter, page control.Page) ([]resource.Waiver, error)
	RequestWaiver(ctx context.Context, p control.Principal, r control.WaiverRequest) (resource.Waiver, error)
	RevokeWaiver(ctx context.Context, p control.Principal, id, reason string) (resource.Waiver, error)
}

// Approvals asks people.
type Approvals interface {
	Approvals(ctx context.Context, p control.Principal, f control.ApprovalFilter, page control.Page) ([]resource.Approval, error)
	Approval(ctx context.Context, p control.Principal, id string) (resource.Approval, error)
	ShowApproval(ctx context.Context, p control.Principal, id string) (control.ApprovalView, error)
	ViewApproval(ctx context.Context, p control.Principal, id string) (control.ApprovalView, error)
	Withdraw(ctx context.Context, p control.Principal, id string, r resource.WithdrawRequest) (resource.Approval, error)
	Decide(ctx context.Context, p control.Principal, id string, r control.DecideRequest) (resource.Approval, error)
}

// Runs runs agents and keeps what happened.
type Runs interface {
	Invoke(ctx context.Context, p control.Principal, agent string, r control.InvokeRequest) (resource.Run, error)
	Runs(ctx context.Context, p control.Principal, f control.RunFilter, page control.Page) ([]resource.Run, error)
	Run(ctx context.Context, p control.Principal, id string) (resource.Run, error)
	ImportRuns(ctx context.Context, p control.Principal, runs []resource.Run) (int, error)
	ScenarioFromRun(ctx context.Context, p control.Principal, id string) (blueprint.Scenario, error)
}

// Incidents follows up on rollbacks.
type Incidents interface {
	Incidents(ctx context.Context, p control.Principal, f control.IncidentFilter, page control.Page) ([]resource.Incident, error)
	Incident(ctx context.Context, p control.Principal, id string) (resource.Incident, error)
	IncidentReport(ctx context.Context, p control.Principal, id string) (resource.IncidentReport, error)
	Postmortem(ctx context.Context, p control.Principal, id string) (string, error)
	RecordRCA(ctx context.Context, p control.Principal, id string, r resource.RCA) (resource.Incident, error)
	TriageIncident(ctx context.Context, p control.Principal, id string, r resource.TriageRequest) (resource.Incident, error)
	FollowUp(ctx context.Context, p control.Principal, id, done string) (resource.Incident, error)
	ProveGuardrail(ctx context.Context, p control.Principal, id string, r control.GuardrailRequest) (resource.Incident, error)
}

// Monitor is figures and what happens now.
type Monitor interface {
	Figures(ctx context.Context, p control.Principal, q control.FiguresQuery) ([]resource.Figures, error)
	Series(ctx context.Context, p control.Principal, q control.FiguresQuery, bucket time.Duration) ([]resource.FiguresPoint, error)
	DORA(ctx context.Context, p control.Principal, q control.FiguresQuery) ([]resource.DORA, error)
	// Subscribe's channel is closed when ctx ends.
	Subscribe(ctx context.Context, p control.Principal) (<-chan resource.Event, error)
}

// Ledger reads the audit log.
type Ledger interface {
	Tail(ctx context.Context, p control.Principal, from, limit int64) ([]resource.LedgerEntry, error)
	Export(ctx context.Context, p control.Principal, w io.Writer) error
	ProofOf(ctx context.Context, p control.Principal, index int64) (control.Proof, error)
	Ledger(ctx context.Context, p control.Principal) (control.LedgerStatus, error)
	EventsOf(ctx context.Context, p control.Principal, kind, id string, page control.Page) ([]resource.LedgerEntry, error)
}
