package console

import (
	"context"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func (f *fixture) IncidentReport(ctx context.Context, p control.Principal, id string) (resource.IncidentReport, error) {
	in, err := f.Incident(ctx, p, id)
	if err != nil {
		return resource.IncidentReport{}, err
	}
	index := func(i int64) *int64 { return &i }
	decided := in.OpenedAt
	first := decided - resource.Millis((4 * time.Minute).Milliseconds())
	run := ""
	if len(in.FailedRuns) > 0 {
		run = in.FailedRuns[0]
	}
	rep := resource.IncidentReport{Incident: in, Grouped: 14,
		Impact: resource.IncidentImpact{Runs: 46, Failed: 14, Sessions: 41, FailedSessions: 13, Control: resource.ArmCount{Runs: 412, Failures: 5},
			ExcessFailed: 13.4, FirstFailedAt: first, FirstFailedRun: run, LastFailedAt: decided, DecidedAt: decided, GoodAt: decided + 41,
			DetectMs: int64(decided - first), RestoreMs: 41, TotalMs: int64(decided-first) + 41},
		Lines: []resource.IncidentLine{
			{At: first - 900_000, Kind: "push", Actor: resource.Actor{Name: "ada", Kind: "human"}, Text: "refund-desk@v3 was pushed (commit 4be1f02, build 118).", Source: resource.LineSource{Kind: "ledger", ID: "evt_1", Index: index(1408)}},
			{At: first - 600_000, Kind: "change", Actor: resource.Actor{Name: "ada", Kind: "human"}, Text: "ada asked for refund-desk@v3 in production. Changed since refund-desk@v2: changed instructions (tier medium).", Source: resource.LineSource{Kind: "release", ID: in.Release}},
			{At: first - 400_000, Kind: "approval", Actor: resource.Actor{Name: "grace", Kind: "human"}, Text: "grace approved: delta and evidence read.", Source: resource.LineSource{Kind: "ledger", ID: "evt_2", Index: index(1431)}},
			{At: first - 300_000, Kind: "traffic", Actor: resource.System, Text: "10 % of new sessions go to refund-desk@v3.", Source: resource.LineSource{Kind: "ledger", ID: "evt_3", Index: index(1440)}},
			{At: first, Kind: "run", Actor: resource.System, Text: "The first run of refund-desk@v3 failed. Failure: issue_refund reported an error.", Source: resource.LineSource{Kind: "run", ID: run}},
			{At: decided, Kind: "verdict", Actor: resource.System, Text: "Run " + run + " failed: outcome 458 of the canary decided, with E = 1043 over a threshold of 1000.", Source: resource.LineSource{Kind: "run", ID: run}},
			{At: decided + 41, Kind: "traffic", Actor: resource.System, Text: "All traffic went to refund-desk@v2, 41 ms after the decision.", Source: resource.LineSource{Kind: "release", ID: in.Release}},
			{At: decided + 900, Kind: "notice", Actor: resource.System, Text: "People were told of release.rolling_back.", Source: resource.LineSource{Kind: "ledger", ID: "evt_4", Index: index(1502)}},
		},
		Groups: []resource.FailureGroup{
			{ID: "g3f2a10bc", Title: "failure: issue_refund reported an error: the refund of # is more than the total of #", Outcome: resource.OutcomeFailure, Tool: "issue_refund",
				Pattern: "the refund of # is more than the total of #", Runs: 12, StandsOut: true, FirstAt: first, LastAt: decided, Example: run},
			{ID: "g91d07e44", Title: "escalated: issue_refund reported an error: the account is closed", Outcome: resource.OutcomeEscalated, Tool: "issue_refund",
				Pattern: "the account is closed", Runs: 2, Control: 5, FirstAt: first + 60_000, LastAt: decided, Example: run},
		}}
	if g := in.Guardrail; g != nil && g.Kind != resource.GuardrailScenario {
		digest := "sha256:6b1f0d9f7a5a4c9a8f0f3a3be8d27f4c0e8c5ab0e6d0c7b6b8ed1b1a2c3d4e5f"
		rep.Proof = &resource.GuardrailProof{Incident: in.ID, Kind: g.Kind, Name: g.Name, Version: g.Version, Bad: in.Digest, MinPass: .99, Passed: true,
			Message: g.Kind + " \"" + g.Name + "\" stops all 2 recorded bad runs, of 1 cause, and 3 of 3 good runs pass.",
			Stop: []resource.ReplayedRun{{Run: "run-a1", Digest: digest, Stopped: true, Why: "gate " + g.Name + " (output) blocks: the answer is in English and the question is not"},
				{Run: "run-a2", Digest: digest, Stopped: true, Why: "gate " + g.Name + " (output) blocks: the answer is in English and the question is not"}},
			Pass: []resource.ReplayedRun{{Run: "run-b1", Digest: digest}, {Run: "run-b2", Digest: digest}, {Run: "run-b3", Digest: digest}}}
	}
	return rep, nil
}

func (f *fixture) Postmortem(ctx context.Context, p control.Principal, id string) (string, error) {
	in, err := f.Incident(ctx, p, id)
	return "# Postmortem: " + in.Agent + "\n", err
}

func (f *fixture) TriageIncident(_ context.Context, p control.Principal, id string, r resource.TriageRequest) (resource.Incident, error) {
	return f.changeIncident(id, func(in *resource.Incident) {
		if r.Severity != nil {
			in.Severity = *r.Severity
		}
		if r.Assignee != nil {
			in.Assignee = *r.Assignee
		}
		if r.Note != "" {
			in.Notes = append(in.Notes, resource.IncidentNote{At: before(0), Actor: p.Actor, Text: r.Note})
		}
	})
}

func (f *fixture) FollowUp(_ context.Context, _ control.Principal, id, done string) (resource.Incident, error) {
	return f.changeIncident(id, func(in *resource.Incident) {
		if in.RCA != nil {
			rca := *in.RCA
			rca.Done, rca.DoneAt = done, before(0)
			in.RCA = &rca
		}
	})
}

func (f *fixture) changeIncident(id string, change func(*resource.Incident)) (resource.Incident, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.incidents {
		if f.incidents[i].ID == id {
			change(&f.incidents[i])
			return f.incidents[i], nil
		}
	}
	return resource.Incident{}, fault.New(fault.NotFound, "There is no incident %s.", id)
}

func (f *fixture) DORA(_ context.Context, _ control.Principal, q control.FiguresQuery) ([]resource.DORA, error) {
	row := resource.DORA{Environment: "production", Days: 30, Deployments: 34, Promoted: 31, PerDay: 34.0 / 30,
		LeadTime: resource.Spread{Count: 29, MeanMs: 5_400_000, MedianMs: 4_080_000, P90Ms: 11_000_000}, FromCommit: 29, Failed: 3, ChangeFailureRate: 3.0 / 34,
		RestoreDecided: resource.Spread{Count: 3, MeanMs: 44, MedianMs: 41, P90Ms: 58}, RestoreFirst: resource.Spread{Count: 3, MeanMs: 190_000, MedianMs: 161_000, P90Ms: 240_041}}
	row.Agent = q.Agent
	return []resource.DORA{row}, nil
}
