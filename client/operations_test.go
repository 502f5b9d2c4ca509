package client_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/api/apitest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// list is the items of a list.
func list[T any](l client.List[T], err error) (any, error) { return l.Items, err }

// TestEveryOperation: each method reaches its use case with what it was given,
// and returns what the use case answered.
func TestEveryOperation(t *testing.T) {
	ctl := &apitest.Control{}
	cl, _ := connect(t, ctl)
	page, asked := client.Page{Limit: 7, After: "x"}, control.Page{Limit: 7, After: "x"}
	bp := &blueprint.Agent{APIVersion: "aureus/v1", Kind: "Agent", Metadata: blueprint.Metadata{Name: "desk"},
		Spec: blueprint.Spec{Goal: "help", Budgets: blueprint.Budgets{Duration: blueprint.Duration(time.Minute)}}}
	push := resource.PushRequest{Blueprint: bp, Build: resource.Build{GitSHA: "abc"}}
	tests := []struct {
		method string
		do     func(ctx context.Context) (any, error)
		args   []any
		want   any
	}{
		{"Agents", func(ctx context.Context) (any, error) { return list(cl.Agents(ctx)) }, nil, []resource.AgentSummary{apitest.Agent}},
		{"Agent", func(ctx context.Context) (any, error) { return cl.Agent(ctx, "desk") }, []any{"desk"}, apitest.Agent},
		{"Push", func(ctx context.Context) (any, error) { return cl.Push(ctx, push) }, []any{push},
			resource.PushResult{Version: apitest.Version, Created: true, Findings: []resource.Finding{}}},
		{"PlanPush", func(ctx context.Context) (any, error) { return cl.PlanPush(ctx, push) }, []any{push}, apitest.PushPlan},
		{"Retire", func(ctx context.Context) (any, error) { return list(cl.Retire(ctx, "desk", "nobody needs it")) },
			[]any{"desk", "nobody needs it"}, []resource.Deployment{apitest.Deployment}},
		{"Drift", func(ctx context.Context) (any, error) { return cl.Drift(ctx, "desk") }, []any{"desk"}, apitest.Drift},
		{"Versions", func(ctx context.Context) (any, error) { return list(cl.Versions(ctx, "desk", page)) }, []any{"desk", asked}, []resource.Version{apitest.Version}},
		{"Version", func(ctx context.Context) (any, error) { return cl.Version(ctx, "desk@sha256:00") }, []any{"desk@sha256:00"}, apitest.Version},
		{"Diff", func(ctx context.Context) (any, error) { return cl.Diff(ctx, "desk@v1", "desk@v2") }, []any{"desk@v1", "desk@v2"}, apitest.Delta},
		{"Evidence", func(ctx context.Context) (any, error) { return list(cl.Evidence(ctx, "desk@v1")) }, []any{"desk@v1"},
			[]resource.VerifiedEvidence{{Evidence: apitest.Evidence, Verified: true}}},
		{"Simulate", func(ctx context.Context) (any, error) {
			return cl.Simulate(ctx, "desk@v1", resource.CheckOptions{Seed: 3})
		}, []any{control.CheckRequest{Version: "desk@v1", Seed: 3}}, apitest.Check},
		{"Evaluate", func(ctx context.Context) (any, error) {
			return cl.Evaluate(ctx, "desk@v2", resource.CheckOptions{Repeats: 4, Baseline: "desk@v1"})
		}, []any{control.CheckRequest{Version: "desk@v2", Repeats: 4, Baseline: "desk@v1"}}, apitest.Check},
		{"Environments", func(ctx context.Context) (any, error) { return list(cl.Environments(ctx)) }, nil, []resource.Environment{apitest.Environment}},
		{"Deployments", func(ctx context.Context) (any, error) { return list(cl.Deployments(ctx, "desk")) }, []any{"desk"}, []resource.Deployment{apitest.Deployment}},
		{"Snapshots", func(ctx context.Context) (any, error) { return list(cl.Snapshots(ctx, "desk", "production")) }, []any{"desk", "production"},
			[]resource.Snapshot{apitest.Snapshot}},
		{"Rollback", func(ctx context.Context) (any, error) { return cl.Rollback(ctx, "desk", "production", "it is bad") },
			[]any{"desk", "production", "it is bad"}, apitest.Release},
		{"StartRelease", func(ctx context.Context) (any, error) {
			return cl.StartRelease(ctx, resource.ReleaseRequest{Version: "desk@v3", Environment: "staging"})
		}, []any{resource.ReleaseRequest{Version: "desk@v3", Environment: "staging"}}, apitest.Release},
		{"Releases", func(ctx context.Context) (any, error) {
			return list(cl.Releases(ctx, client.ReleaseFilter{Agent: "desk", States: []resource.ReleaseState{"canary", "paused"}}, page))
		}, []any{control.ReleaseFilter{Agent: "desk", States: []resource.ReleaseState{"canary", "paused"}}, asked}, []resource.Release{apitest.Release}},
		{"Release", func(ctx context.Context) (any, error) { return cl.Release(ctx, "rel_1") }, []any{"rel_1"}, apitest.Release},
		{"MoveRelease", func(ctx context.Context) (any, error) { return cl.MoveRelease(ctx, "rel_1", "pause", "look") }, []any{"rel_1", "pause", "look"}, apitest.Release},
		{"EvaluationProgress", func(ctx context.Context) (any, error) { return cl.EvaluationProgress(ctx, "rel_1") }, []any{"rel_1"}, apitest.EvaluationProgress},
		{"ShadowResults", func(ctx context.Context) (any, error) { return list(cl.ShadowResults(ctx, "rel_1")) }, []any{"rel_1"}, []resource.ShadowResult{apitest.ShadowResult}},
		{"CanaryRecord", func(ctx context.Context) (any, error) { return cl.CanaryRecord(ctx, "rel_1") }, []any{"rel_1", int64(0)}, apitest.CanaryRecord},
		{"Verdict", func(ctx context.Context) (any, error) { return cl.Verdict(ctx, "rel_1") }, []any{"rel_1"}, apitest.Verdict},
		{"StartDrill", func(ctx context.Context) (any, error) {
			return cl.StartDrill(ctx, "desk", resource.DrillRequest{Environment: "staging", Reason: "a try"})
		}, []any{"desk", resource.DrillRequest{Environment: "staging", Reason: "a try"}}, apitest.Drill},
		{"Drill", func(ctx context.Context) (any, error) { return cl.Drill(ctx, "rel_2") }, []any{"rel_2"}, apitest.Drill},
		{"Drills", func(ctx context.Context) (any, error) { return list(cl.Drills(ctx, "desk", page)) }, []any{"desk", asked}, []resource.Drill{apitest.Drill}},
		{"Pipelines", func(ctx context.Context) (any, error) { return list(cl.Pipelines(ctx)) }, nil, []resource.Pipeline{apitest.Pipeline}},
		{"Pipeline", func(ctx context.Context) (any, error) { return cl.Pipeline(ctx, "team") }, []any{"team"}, apitest.Pipeline},
		{"PutPipeline", func(ctx context.Context) (any, error) { return cl.PutPipeline(ctx, apitest.Pipeline.Spec, 3) },
			[]any{apitest.Pipeline.Spec, int64(3)}, apitest.Pipeline},
		{"DeletePipeline", func(ctx context.Context) (any, error) { return nil, cl.DeletePipeline(ctx, "team") }, []any{"team"}, nil},
		{"AddEvidence", func(ctx context.Context) (any, error) {
			return cl.AddEvidence(ctx, "desk@v1", resource.ExternalEvidenceRequest{Kind: "pen-test", Verdict: resource.Pass, Report: "fine"})
		}, []any{"desk@v1", resource.ExternalEvidenceRequest{Kind: "pen-test", Verdict: resource.Pass, Report: "fine"}}, apitest.Evidence},
		{"Waivers", func(ctx context.Context) (any, error) {
			return list(cl.Waivers(ctx, client.WaiverFilter{Agent: "desk", State: "approved"}, page))
		}, []any{control.WaiverFilter{Agent: "desk", State: "approved"}, asked}, []resource.Waiver{apitest.Waiver}},
		{"RequestWaiver", func(ctx context.Context) (any, error) {
			return cl.RequestWaiver(ctx, resource.WaiverRequest{Version: "desk@v1", Environment: "production", Gate: "evaluation", Reason: "known"})
		}, []any{resource.WaiverRequest{Version: "desk@v1", Environment: "production", Gate: "evaluation", Reason: "known"}}, apitest.Waiver},
		{"RevokeWaiver", func(ctx context.Context) (any, error) { return cl.RevokeWaiver(ctx, "wvr_1", "mended") }, []any{"wvr_1", "mended"}, apitest.Waiver},
		{"Approvals", func(ctx context.Context) (any, error) {
			return list(cl.Approvals(ctx, client.ApprovalFilter{Kind: "release", State: "pending"}, page))
		}, []any{control.ApprovalFilter{Kind: "release", State: "pending"}, asked}, []resource.Approval{apitest.Approval}},
		{"Approval", func(ctx context.Context) (any, error) { return cl.Approval(ctx, "apr_1") }, []any{"apr_1"}, apitest.Approval},
		{"ViewApproval", func(ctx context.Context) (any, error) { return cl.ViewApproval(ctx, "apr_1") }, []any{"apr_1"},
			resource.ApprovalView{Approval: apitest.Approval, Token: "answer-once"}},
		{"Decide", func(ctx context.Context) (any, error) {
			return cl.Decide(ctx, "apr_1", resource.DecideRequest{Token: "t", Approve: true, Reason: "fine"})
		}, []any{"apr_1", resource.DecideRequest{Token: "t", Approve: true, Reason: "fine"}}, apitest.Approval},
		{"ShowApproval", func(ctx context.Context) (any, error) { return cl.ShowApproval(ctx, "apr_1") }, []any{"apr_1"},
			resource.ApprovalView{Approval: apitest.Approval}},
		{"Withdraw", func(ctx context.Context) (any, error) {
			return cl.Withdraw(ctx, "apr_1", resource.WithdrawRequest{Reason: "no", Request: true})
		}, []any{"apr_1", resource.WithdrawRequest{Reason: "no", Request: true}}, apitest.Approval},
		{"Delegations", func(ctx context.Context) (any, error) {
			return list(cl.Delegations(ctx, client.DelegationFilter{To: "deputy", Open: true}, page))
		}, []any{control.DelegationFilter{To: "deputy", Open: true}, asked}, []resource.Delegation{apitest.Delegation}},
		{"Delegate", func(ctx context.Context) (any, error) {
			return cl.Delegate(ctx, resource.DelegationRequest{To: "deputy", Until: 2, Groups: []string{"leads"}, Reason: "away"})
		}, []any{resource.DelegationRequest{To: "deputy", Until: 2, Groups: []string{"leads"}, Reason: "away"}}, apitest.Delegation},
		{"EndDelegation", func(ctx context.Context) (any, error) { return cl.EndDelegation(ctx, "dlg_1", "back") }, []any{"dlg_1", "back"}, apitest.Delegation},
		{"Invoke", func(ctx context.Context) (any, error) {
			return cl.Invoke(ctx, "desk", resource.InvokeRequest{Session: "s", Input: "hello"})
		}, []any{"desk", resource.InvokeRequest{Session: "s", Input: "hello"}}, apitest.Run},
		{"Runs", func(ctx context.Context) (any, error) {
			return list(cl.Runs(ctx, client.RunFilter{Agent: "desk", Mode: "live", Outcomes: []resource.Outcome{"error", "denied"}, Failed: true}, page))
		}, []any{control.RunFilter{Agent: "desk", Mode: "live", Outcomes: []resource.Outcome{"error", "denied"}, FailedOnly: true}, asked}, []resource.Run{apitest.Run}},
		{"Run", func(ctx context.Context) (any, error) { return cl.Run(ctx, "run_1") }, []any{"run_1"}, apitest.Run},
		{"ImportRuns", func(ctx context.Context) (any, error) {
			return cl.ImportRuns(ctx, strings.NewReader(`{"id":"a"}`+"\n"+`{"id":"b"}`))
		}, []any{[]resource.Run{{ID: "a"}, {ID: "b"}}}, resource.ImportResult{Imported: 2}},
		{"ScenarioFromRun", func(ctx context.Context) (any, error) { return cl.Scenario(ctx, "run_1") }, []any{"run_1"}, apitest.Scenario},
		{"Incidents", func(ctx context.Context) (any, error) {
			return list(cl.Incidents(ctx, client.IncidentFilter{Agent: "desk", State: "open", Severity: "sev2"}, page))
		}, []any{control.IncidentFilter{Agent: "desk", State: "open", Severity: "sev2"}, asked},
			[]resource.Incident{apitest.Incident}},
		{"Incident", func(ctx context.Context) (any, error) { return cl.Incident(ctx, "inc_1") }, []any{"inc_1"}, apitest.Incident},
		{"RecordRCA", func(ctx context.Context) (any, error) {
			return cl.RecordRCA(ctx, "inc_1", resource.RCARequest{Cause: "a", Detection: "b", Prevention: "c"})
		}, []any{"inc_1", resource.RCA{Cause: "a", Detection: "b", Prevention: "c"}}, apitest.Incident},
		{"ProveGuardrail", func(ctx context.Context) (any, error) {
			return cl.ProveGuardrail(ctx, "inc_1", resource.GuardrailRequest{Version: "desk@v4", Name: "late order"})
		}, []any{"inc_1", resource.GuardrailRequest{Version: "desk@v4", Name: "late order"}}, apitest.Incident},
		{"IncidentReport", func(ctx context.Context) (any, error) { return cl.IncidentReport(ctx, "inc_1") }, []any{"inc_1"}, apitest.IncidentReport},
		{"Postmortem", func(ctx context.Context) (any, error) { return cl.Postmortem(ctx, "inc_1") }, []any{"inc_1"},
			resource.Postmortem{Incident: "inc_1", Markdown: apitest.Markdown}},
		{"TriageIncident", func(ctx context.Context) (any, error) {
			return cl.TriageIncident(ctx, "inc_1", resource.TriageRequest{Note: "seen"})
		}, []any{"inc_1", resource.TriageRequest{Note: "seen"}}, apitest.Incident},
		{"FollowUp", func(ctx context.Context) (any, error) { return cl.FollowUp(ctx, "inc_1", "mended") }, []any{"inc_1", "mended"}, apitest.Incident},
		{"DORA", func(ctx context.Context) (any, error) {
			return list(cl.DORA(ctx, client.FiguresQuery{Agent: "desk", From: 1, To: 2}))
		}, []any{control.FiguresQuery{Agent: "desk", From: 1, To: 2}}, []resource.DORA{apitest.DORA}},
		{"Figures", func(ctx context.Context) (any, error) {
			return list(cl.Figures(ctx, client.FiguresQuery{Agent: "desk", From: 1, To: 2}))
		}, []any{control.FiguresQuery{Agent: "desk", From: 1, To: 2}}, []resource.Figures{apitest.Figures}},
		{"Series", func(ctx context.Context) (any, error) {
			return list(cl.Series(ctx, client.FiguresQuery{}, 5*time.Minute))
		},
			[]any{control.FiguresQuery{}, 5 * time.Minute}, []resource.FiguresPoint{{At: 60000, Figures: apitest.Figures}}},
		{"Ledger", func(ctx context.Context) (any, error) { return cl.Ledger(ctx) }, nil, apitest.Ledger},
		{"Tail", func(ctx context.Context) (any, error) { return list(cl.Entries(ctx, -5, 20)) }, []any{int64(-5), int64(20)},
			[]resource.LedgerEntry{{Index: 7, Event: apitest.Event}}},
		{"ProofOf", func(ctx context.Context) (any, error) { return cl.Proof(ctx, 7) }, []any{int64(7)}, apitest.Proof},
		{"EventsOf", func(ctx context.Context) (any, error) { return list(cl.History(ctx, "release", "rel_1", page)) }, []any{"release", "rel_1", asked},
			[]resource.LedgerEntry{{Index: 7, Event: apitest.Event}}},
		{"CreateToken", func(ctx context.Context) (any, error) {
			return cl.CreateToken(ctx, resource.TokenRequest{Name: "ci", Kind: "service", Roles: []resource.Role{"developer"}, TTLSeconds: 60})
		}, []any{control.NewToken{Name: "ci", Kind: "service", Roles: []resource.Role{"developer"}, TTL: time.Minute}},
			resource.TokenCreated{Token: apitest.Token, Secret: "aureus_new-secret"}},
		{"Tokens", func(ctx context.Context) (any, error) { return list(cl.Tokens(ctx)) }, nil, []resource.Token{apitest.Token}},
		{"RevokeToken", func(ctx context.Context) (any, error) { return nil, cl.RevokeToken(ctx, "tok_1") }, []any{"tok_1"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.method, func(t *testing.T) {
			ctl.Calls()
			got, err := tt.do(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]apitest.Call{{Method: tt.method, By: "tester", Args: tt.args}}, ctl.Calls()); diff != "" {
				t.Errorf("use case (-want +got):\n%s", diff)
			}
		})
	}
}
