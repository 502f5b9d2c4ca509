package console

import (
	"context"
	"io"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// Control is what the console asks of the control plane. Every call takes the
// principal of the session and is refused there (fault.Forbidden) when its role
// does not allow it; see *control.Control for what each returns.
type Control interface {
	Authenticator
	Agents
	Guards
	Monitor
	Releases
	Approvals
	Runs
	Incidents
	Ledger
	Evidence
}

var _ Control = (*control.Control)(nil)

// Authenticator turns a token's secret into a principal; fault.Unauthorized for
// one that is unknown, expired or revoked. It is asked at every request.
type Authenticator interface {
	Authenticate(ctx context.Context, secret string) (control.Principal, error)
}

// Agents reads agents, their versions and what serves them. Drift asks the servers
// of what serves, so no page calls it for a live refresh.
type Agents interface {
	Agents(ctx context.Context, p control.Principal) ([]control.AgentSummary, error)
	Agent(ctx context.Context, p control.Principal, name string) (control.AgentSummary, error)
	Version(ctx context.Context, p control.Principal, ref string) (resource.Version, error)
	Versions(ctx context.Context, p control.Principal, agent string, page control.Page) ([]resource.Version, error)
	Diff(ctx context.Context, p control.Principal, from, to string) (resource.Delta, error)
	Environments(ctx context.Context, p control.Principal) ([]resource.Environment, error)
	Snapshots(ctx context.Context, p control.Principal, agent, env string) ([]resource.Snapshot, error)
	Drift(ctx context.Context, p control.Principal, agent string) (resource.AgentDrift, error)
}

// Guards explores and replays the guards of versions. Both are worth a page that a
// person opens; a version's automaton never changes, so only the first look at it
// takes time.
type Guards interface {
	Automaton(ctx context.Context, p control.Principal, ref string) (control.Automaton, error)
	Backtest(ctx context.Context, p control.Principal, q control.BacktestQuery) (control.BacktestReport, error)
}

// Monitor reads the monitor's figures.
type Monitor interface {
	Figures(ctx context.Context, p control.Principal, q control.FiguresQuery) ([]resource.Figures, error)
	Series(ctx context.Context, p control.Principal, q control.FiguresQuery, bucket time.Duration) ([]resource.FiguresPoint, error)
	DORA(ctx context.Context, p control.Principal, q control.FiguresQuery) ([]resource.DORA, error)
}

// Releases reads and moves releases. A move that does not fit the release's
// state is fault.Conflict.
type Releases interface {
	Release(ctx context.Context, p control.Principal, id string) (resource.Release, error)
	Releases(ctx context.Context, p control.Principal, f control.ReleaseFilter, page control.Page) ([]resource.Release, error)
	MoveRelease(ctx context.Context, p control.Principal, id, event, reason string) (resource.Release, error)
	Verdict(ctx context.Context, p control.Principal, release string) (control.CanaryVerdict, error)
	Rollback(ctx context.Context, p control.Principal, agent, env, reason string) (resource.Release, error)
	Pipelines(ctx context.Context, p control.Principal) ([]resource.Pipeline, error)
	ShadowResults(ctx context.Context, p control.Principal, release string) ([]resource.ShadowResult, error)
	EvaluationProgress(ctx context.Context, p control.Principal, release string) (resource.EvaluationProgress, error)
}

// Approvals reads and answers approval requests. ViewApproval makes a
// single-use token for a principal who may answer, so a page calls it when a
// person opens it and never for a live refresh.
type Approvals interface {
	Approvals(ctx context.Context, p control.Principal, f control.ApprovalFilter, page control.Page) ([]resource.Approval, error)
	Approval(ctx context.Context, p control.Principal, id string) (resource.Approval, error)
	ShowApproval(ctx context.Context, p control.Principal, id string) (control.ApprovalView, error)
	ViewApproval(ctx context.Context, p control.Principal, id string) (control.ApprovalView, error)
	Withdraw(ctx context.Context, p control.Principal, id string, r resource.WithdrawRequest) (resource.Approval, error)
	Decide(ctx context.Context, p control.Principal, id string, r control.DecideRequest) (resource.Approval, error)
	Waivers(ctx context.Context, p control.Principal, f control.WaiverFilter, page control.Page) ([]resource.Waiver, error)
	Delegations(ctx context.Context, p control.Principal, f control.DelegationFilter, page control.Page) ([]resource.Delegation, error)
}

// Runs reads runs.
type Runs interface {
	Runs(ctx context.Context, p control.Principal, f control.RunFilter, page control.Page) ([]resource.Run, error)
	Run(ctx context.Context, p control.Principal, id string) (resource.Run, error)
	ScenarioFromRun(ctx context.Context, p control.Principal, id string) (blueprint.Scenario, error)
}

// Incidents reads incidents and records what ends them.
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

// Ledger reads the ledger. Tail and Export are recorded in it, so no page calls
// them for a live refresh: each would cause the next.
type Ledger interface {
	Ledger(ctx context.Context, p control.Principal) (control.LedgerStatus, error)
	Tail(ctx context.Context, p control.Principal, from, limit int64) ([]resource.LedgerEntry, error)
	ProofOf(ctx context.Context, p control.Principal, index int64) (control.Proof, error)
	Export(ctx context.Context, p control.Principal, w io.Writer) error
	Subscribe(ctx context.Context, p control.Principal) (<-chan resource.Event, error)
}

// Evidence reads evidence and the keys that verify it.
type Evidence interface {
	Evidence(ctx context.Context, p control.Principal, ref string) ([]control.VerifiedEvidence, error)
	PublicKeys() control.PublicKeys
}
