// Package apitest is a control plane for tests of the API and of its client: it
// decides nothing, remembers what was asked, and answers with samples.
//
// Start from [Control].
package apitest

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Secret is the bearer secret that Control knows.
const Secret = "aureus_test-secret"

// Call is one use case that was asked for.
type Call struct {
	Method string
	By     string
	Args   []any
}

// Control implements api.Control. Set Err before a request to make every use
// case but authentication fail with it; Hook runs inside every one of them.
type Control struct {
	Err    error
	Hook   func(ctx context.Context, method string) error
	Events chan resource.Event // what Subscribe delivers

	mu    sync.Mutex
	calls []Call
}

var _ api.Control = (*Control)(nil)

// Calls returns what was asked so far and forgets it.
func (c *Control) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = nil
	return calls
}

func answer[T any](ctx context.Context, c *Control, p control.Principal, method string, v T, args ...any) (T, error) {
	c.mu.Lock()
	c.calls = append(c.calls, Call{Method: method, By: p.Actor.Name, Args: args})
	c.mu.Unlock()
	var zero T
	if c.Hook != nil {
		if err := c.Hook(ctx, method); err != nil {
			return zero, err
		}
	}
	if c.Err != nil {
		return zero, c.Err
	}
	return v, nil
}

// Authenticate knows [Secret].
func (c *Control) Authenticate(_ context.Context, secret string) (control.Principal, error) {
	if secret != Secret {
		return control.Principal{}, fault.New(fault.Unauthorized, "this token is not known here")
	}
	return control.Principal{Actor: resource.Actor{Name: "tester", Kind: "human"}, Roles: []resource.Role{resource.RoleAdmin}, Token: "tok_1"}, nil
}

// CreateToken implements api.Access.
func (c *Control) CreateToken(ctx context.Context, p control.Principal, n control.NewToken) (resource.Token, string, error) {
	t, err := answer(ctx, c, p, "CreateToken", Token, n)
	return t, "aureus_new-secret", err
}

// Tokens implements api.Access.
func (c *Control) Tokens(ctx context.Context, p control.Principal) ([]resource.Token, error) {
	return answer(ctx, c, p, "Tokens", []resource.Token{Token})
}

// RevokeToken implements api.Access.
func (c *Control) RevokeToken(ctx context.Context, p control.Principal, id string) error {
	_, err := answer(ctx, c, p, "RevokeToken", 0, id)
	return err
}

// Push implements api.Versions.
func (c *Control) Push(ctx context.Context, p control.Principal, r control.PushRequest) (control.PushResult, error) {
	return answer(ctx, c, p, "Push", control.PushResult{Version: Version, Created: true, Findings: []resource.Finding{}}, r)
}

// Agents implements api.Versions.
func (c *Control) Agents(ctx context.Context, p control.Principal) ([]control.AgentSummary, error) {
	return answer(ctx, c, p, "Agents", []control.AgentSummary{Agent})
}

// Agent implements api.Versions.
func (c *Control) Agent(ctx context.Context, p control.Principal, name string) (control.AgentSummary, error) {
	return answer(ctx, c, p, "Agent", Agent, name)
}

// Version implements api.Versions.
func (c *Control) Version(ctx context.Context, p control.Principal, ref string) (resource.Version, error) {
	return answer(ctx, c, p, "Version", Version, ref)
}

// Versions implements api.Versions.
func (c *Control) Versions(ctx context.Context, p control.Principal, agent string, page control.Page) ([]resource.Version, error) {
	return answer(ctx, c, p, "Versions", []resource.Version{Version}, agent, page)
}

// Diff implements api.Versions.
func (c *Control) Diff(ctx context.Context, p control.Principal, from, to string) (resource.Delta, error) {
	return answer(ctx, c, p, "Diff", Delta, from, to)
}

// Evidence implements api.Versions.
func (c *Control) Evidence(ctx context.Context, p control.Principal, ref string) ([]control.VerifiedEvidence, error) {
	return answer(ctx, c, p, "Evidence", []control.VerifiedEvidence{{Evidence: Evidence, Verified: true}}, ref)
}

// PublicKeys implements api.Versions.
func (c *Control) PublicKeys() control.PublicKeys { return Keys }

// Simulate implements api.Checks.
func (c *Control) Simulate(ctx context.Context, p control.Principal, r control.CheckRequest) (control.CheckResult, error) {
	return answer(ctx, c, p, "Simulate", Check, r)
}

// Evaluate implements api.Checks.
func (c *Control) Evaluate(ctx context.Context, p control.Principal, r control.CheckRequest) (control.CheckResult, error) {
	return answer(ctx, c, p, "Evaluate", Check, r)
}

// Environments implements api.Serving.
func (c *Control) Environments(ctx context.Context, p control.Principal) ([]resource.Environment, error) {
	return answer(ctx, c, p, "Environments", []resource.Environment{Environment})
}

// Deployments implements api.Serving.
func (c *Control) Deployments(ctx context.Context, p control.Principal, agent string) ([]resource.Deployment, error) {
	return answer(ctx, c, p, "Deployments", []resource.Deployment{Deployment}, agent)
}

// Snapshots implements api.Serving.
func (c *Control) Snapshots(ctx context.Context, p control.Principal, agent, env string) ([]resource.Snapshot, error) {
	return answer(ctx, c, p, "Snapshots", []resource.Snapshot{Snapshot}, agent, env)
}

// Rollback implements api.Serving.
func (c *Control) Rollback(ctx context.Context, p control.Principal, agent, env, reason string) (resource.Release, error) {
	return answer(ctx, c, p, "Rollback", Release, agent, env, reason)
}

// StartRelease implements api.Releases.
func (c *Control) StartRelease(ctx context.Context, p control.Principal, r control.ReleaseRequest) (resource.Release, error) {
	return answer(ctx, c, p, "StartRelease", Release, r)
}

// Release implements api.Releases.
func (c *Control) Release(ctx context.Context, p control.Principal, id string) (resource.Release, error) {
	return answer(ctx, c, p, "Release", Release, id)
}

// Releases implements api.Releases.
func (c *Control) Releases(ctx context.Context, p control.Principal, f control.ReleaseFilter, page control.Page) ([]resource.Release, error) {
	return answer(ctx, c, p, "Releases", []resource.Release{Release}, f, page)
}

// MoveRelease implements api.Releases.
func (c *Control) MoveRelease(ctx context.Context, p control.Principal, id, event, reason string) (resource.Release, error) {
	return answer(ctx, c, p, "MoveRelease", Release, id, event, reason)
}

// EvaluationProgress implements api.Checks.
func (c *Control) EvaluationProgress(ctx context.Context, p control.Principal, release string) (resource.EvaluationProgress, error) {
	return answer(ctx, c, p, "EvaluationProgress", EvaluationProgress, release)
}

// ShadowResults implements api.Releases.
func (c *Control) ShadowResults(ctx context.Context, p control.Principal, release string) ([]resource.ShadowResult, error) {
	return answer(ctx, c, p, "ShadowResults", []resource.ShadowResult{ShadowResult}, release)
}

// CanaryRecord implements api.Releases.
func (c *Control) CanaryRecord(ctx context.Context, p control.Principal, release string, after int64) (resource.CanaryRecord, error) {
	return answer(ctx, c, p, "CanaryRecord", CanaryRecord, release, after)
}

// Verdict implements api.Releases.
func (c *Control) Verdict(ctx context.Context, p control.Principal, release string) (control.CanaryVerdict, error) {
	return answer(ctx, c, p, "Verdict", Verdict, release)
}

// Approvals implements api.Approvals.
func (c *Control) Approvals(ctx context.Context, p control.Principal, f control.ApprovalFilter, page control.Page) ([]resource.Approval, error) {
	return answer(ctx, c, p, "Approvals", []resource.Approval{Approval}, f, page)
}

// Approval implements api.Approvals.
func (c *Control) Approval(ctx context.Context, p control.Principal, id string) (resource.Approval, error) {
	return answer(ctx, c, p, "Approval", Approval, id)
}

// ViewApproval implements api.Approvals.
func (c *Control) ViewApproval(ctx context.Context, p control.Principal, id string) (control.ApprovalView, error) {
	return answer(ctx, c, p, "ViewApproval", control.ApprovalView{Approval: Approval, Token: "answer-once"}, id)
}

// ShowApproval implements api.Approvals.
func (c *Control) ShowApproval(ctx context.Context, p control.Principal, id string) (control.ApprovalView, error) {
	return answer(ctx, c, p, "ShowApproval", control.ApprovalView{Approval: Approval}, id)
}

// Withdraw implements api.Approvals.
func (c *Control) Withdraw(ctx context.Context, p control.Principal, id string, r resource.WithdrawRequest) (resource.Approval, error) {
	return answer(ctx, c, p, "Withdraw", Approval, id, r)
}

// Delegate implements api.Delegations.
func (c *Control) Delegate(ctx context.Context, p control.Principal, r resource.DelegationRequest) (resource.Delegation, error) {
	return answer(ctx, c, p, "Delegate", Delegation, r)
}

// Delegations implements api.Delegations.
func (c *Control) Delegations(ctx context.Context, p control.Principal, f control.DelegationFilter, page control.Page) ([]resource.Delegation, error) {
	return answer(ctx, c, p, "Delegations", []resource.Delegation{Delegation}, f, page)
}

// EndDelegation implements api.Delegations.
func (c *Control) EndDelegation(ctx context.Context, p control.Principal, id, reason string) (resource.Delegation, error) {
	return answer(ctx, c, p, "EndDelegation", Delegation, id, reason)
}

// AnswerFromChannel implements api.Channels. Nobody is its principal.
func (c *Control) AnswerFromChannel(ctx context.Context, r control.ChannelAnswer) (resource.Approval, error) {
	return answer(ctx, c, control.Principal{}, "AnswerFromChannel", Approval, r)
}

// LinkChannelUser implements api.Channels.
func (c *Control) LinkChannelUser(ctx context.Context, p control.Principal, u resource.ChannelUser) (resource.ChannelUser, error) {
	return answer(ctx, c, p, "LinkChannelUser", u, u)
}

// UnlinkChannelUser implements api.Channels.
func (c *Control) UnlinkChannelUser(ctx context.Context, p control.Principal, channel, user string) error {
	_, err := answer(ctx, c, p, "UnlinkChannelUser", struct{}{}, channel, user)
	return err
}

// ChannelUsers implements api.Channels.
func (c *Control) ChannelUsers(ctx context.Context, p control.Principal) ([]resource.ChannelUser, error) {
	return answer(ctx, c, p, "ChannelUsers", []resource.ChannelUser{{Channel: "slack", User: "U1", Person: "tester"}})
}

// Decide implements api.Approvals.
func (c *Control) Decide(ctx context.Context, p control.Principal, id string, r control.DecideRequest) (resource.Approval, error) {
	return answer(ctx, c, p, "Decide", Approval, id, r)
}

// Invoke implements api.Runs.
func (c *Control) Invoke(ctx context.Context, p control.Principal, agent string, r control.InvokeRequest) (resource.Run, error) {
	return answer(ctx, c, p, "Invoke", Run, agent, r)
}

// Runs implements api.Runs.
func (c *Control) Runs(ctx context.Context, p control.Principal, f control.RunFilter, page control.Page) ([]resource.Run, error) {
	return answer(ctx, c, p, "Runs", []resource.Run{Run}, f, page)
}

// Run implements api.Runs.
func (c *Control) Run(ctx context.Context, p control.Principal, id string) (resource.Run, error) {
	return answer(ctx, c, p, "Run", Run, id)
}

// ImportRuns implements api.Runs.
func (c *Control) ImportRuns(ctx context.Context, p control.Principal, runs []resource.Run) (int, error) {
	return answer(ctx, c, p, "ImportRuns", len(runs), runs)
}

// ScenarioFromRun implements api.Runs.
func (c *Control) ScenarioFromRun(ctx context.Context, p control.Principal, id string) (blueprint.Scenario, error) {
	return answer(ctx, c, p, "ScenarioFromRun", Scenario, id)
}

// Incidents implements api.Incidents.
func (c *Control) Incidents(ctx context.Context, p control.Principal, f control.IncidentFilter, page control.Page) ([]resource.Incident, error) {
	return answer(ctx, c, p, "Incidents", []resource.Incident{Incident}, f, page)
}

// Incident implements api.Incidents.
func (c *Control) Incident(ctx context.Context, p control.Principal, id string) (resource.Incident, error) {
	return answer(ctx, c, p, "Incident", Incident, id)
}

// RecordRCA implements api.Incidents.
func (c *Control) RecordRCA(ctx context.Context, p control.Principal, id string, r resource.RCA) (resource.Incident, error) {
	return answer(ctx, c, p, "RecordRCA", Incident, id, r)
}

// ProveGuardrail implements api.Incidents.
func (c *Control) ProveGuardrail(ctx context.Context, p control.Principal, id string, r control.GuardrailRequest) (resource.Incident, error) {
	return answer(ctx, c, p, "ProveGuardrail", Incident, id, r)
}

// Figures implements api.Monitor.
func (c *Control) Figures(ctx context.Context, p control.Principal, q control.FiguresQuery) ([]resource.Figures, error) {
	return answer(ctx, c, p, "Figures", []resource.Figures{Figures}, q)
}

// Series implements api.Monitor.
func (c *Control) Series(ctx context.Context, p control.Principal, q control.FiguresQuery, bucket time.Duration) ([]resource.FiguresPoint, error) {
	return answer(ctx, c, p, "Series", []resource.FiguresPoint{{At: 60000, Figures: Figures}}, q, bucket)
}

// Subscribe implements api.Monitor.
func (c *Control) Subscribe(ctx context.Context, p control.Principal) (<-chan resource.Event, error) {
	return answer(ctx, c, p, "Subscribe", (<-chan resource.Event)(c.Events))
}

// Tail implements api.Ledger.
func (c *Control) Tail(ctx context.Context, p control.Principal, from, limit int64) ([]resource.LedgerEntry, error) {
	return answer(ctx, c, p, "Tail", []resource.LedgerEntry{{Index: 7, Event: Event}}, from, limit)
}

// Export implements api.Ledger: it writes two lines. Hook is asked as "Export"
// before the first and as "Export/2" between them.
func (c *Control) Export(ctx context.Context, p control.Principal, w io.Writer) error {
	for i, method := range []string{"Export", "Export/2"} {
		if _, err := answer(ctx, c, p, method, 0); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "{\"line\":%d}\n", i); err != nil {
			return err
		}
	}
	return nil
}

// ProofOf implements api.Ledger.
func (c *Control) ProofOf(ctx context.Context, p control.Principal, index int64) (control.Proof, error) {
	return answer(ctx, c, p, "ProofOf", Proof, index)
}

// Ledger implements api.Ledger.
func (c *Control) Ledger(ctx context.Context, p control.Principal) (control.LedgerStatus, error) {
	return answer(ctx, c, p, "Ledger", Ledger)
}

// EventsOf implements api.Ledger.
func (c *Control) EventsOf(ctx context.Context, p control.Principal, kind, id string, page control.Page) ([]resource.LedgerEntry, error) {
	return answer(ctx, c, p, "EventsOf", []resource.LedgerEntry{{Index: 7, Event: Event}}, kind, id, page)
}
