package apitest

import (
	"encoding/json"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

const digest = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"

var tester = resource.Actor{Name: "tester", Kind: "human"}

// The samples that [Control] answers with.
var (
	Token = resource.Token{ID: "tok_1", Name: "ci", Kind: "service", Roles: []resource.Role{resource.RoleDeveloper}, CreatedAt: 1, CreatedBy: "tester"}
	Keys  = control.PublicKeys{PEM: "-----BEGIN PUBLIC KEY-----\n", VerifierKey: "aureus+1+AQ"}

	Version = resource.Version{Agent: "desk", Number: 3, Name: "desk@v3", Digest: digest, Tier: blueprint.TierHigh,
		Build: resource.Build{GitSHA: "abc"}, CreatedAt: 1, CreatedBy: tester}
	Agent = control.AgentSummary{Name: "desk", Owner: "support", Latest: Version,
		Deployments: []resource.Deployment{Deployment}, Releases: []resource.Release{}}
	Delta = resource.Delta{To: digest, Tier: blueprint.TierHigh,
		Changes: []resource.Change{{Kind: "tool", Op: "added", Path: "tools.refund", Widens: true, Tier: blueprint.TierHigh}}}
	Evidence = resource.Evidence{ID: "ev_1", Kind: resource.EvidenceSimulation, Subject: digest, Agent: "desk",
		PredicateType: "https://in-toto.io/attestation/test-result/v0.1", Verdict: resource.Pass, Digest: digest, CreatedAt: 1, CreatedBy: tester}
	Check = control.CheckResult{Report: json.RawMessage(`{"passed":true}`), Passed: true, Evidence: Evidence}

	Environment = resource.Environment{Name: "staging", Order: 1, Pipelines: []string{"default"}}
	Deployment  = resource.Deployment{Agent: "desk", Environment: "production", Stable: digest, Revision: 2, UpdatedAt: 1}
	Snapshot    = resource.Snapshot{ID: "snap_1", Agent: "desk", Environment: "production", Digest: digest, Version: 3, Verified: true, CreatedAt: 1}

	Release = resource.Release{ID: "rel_1", Agent: "desk", Version: 3, Digest: digest, Environment: "production",
		State: resource.ReleaseCanary, Revision: 4, Delta: Delta, Tier: blueprint.TierHigh, Gates: []resource.Gate{},
		Plan: resource.CanaryPlan{Steps: []blueprint.CanaryStep{{Weight: 10, Runs: 20}}, Alpha: 0.001}, History: []resource.Transition{}}
	EvaluationProgress = resource.EvaluationProgress{Release: "rel_1", Running: true, Done: 30, Total: 100, Failed: 2, CostUSD: 0.5, ElapsedMs: 3000, LeftMs: 7000}
	CanaryRecord       = resource.CanaryRecord{Outcomes: []resource.CanaryOutcome{{Release: "rel_1", Seq: 6, Run: "run_6"}}, Draws: []resource.CanaryDraw{{Release: "rel_1", Seq: 6, Run: "run_6", Weight: 10}}}
	Verdict            = control.CanaryVerdict{Release: "rel_1", Plan: Release.Plan, Agrees: true,
		Outcomes: []resource.CanaryOutcome{{Release: "rel_1", Seq: 1, Run: "run_1", Canary: true, Weight: 10, EHarm: 1}}}

	ShadowResult = resource.ShadowResult{Release: "rel_1", Seq: 1, Run: "run_1", Copy: "run_2", Differs: []string{"output"}, At: 1}

	Delegation = resource.Delegation{ID: "dlg_1", From: "tester", To: "deputy", Role: resource.RoleApprover, Reason: "away", CreatedAt: 1, Until: 2, Revision: 1}
	Approval   = resource.Approval{ID: "apr_1", Kind: "release", Subject: "rel_1", Digest: digest, Agent: "desk", Title: "Release desk@v3",
		Tier: blueprint.TierHigh, Quorum: 1, Role: resource.RoleApprover, Excluded: []string{"tester"}, State: resource.ApprovalPending,
		Decisions: []resource.ApprovalDecision{}, Revision: 1, CreatedAt: 1, ExpiresAt: 2, CreatedBy: tester}

	Run = resource.Run{ID: "run_1", Agent: "desk", Digest: digest, Version: 3, Environment: "production", Mode: resource.RunLive,
		Principal: tester, Input: map[string]any{"order": "A1"}, Outcome: resource.OutcomeSuccess, StartedAt: 1, EndedAt: 2, LatencyMs: 1, Revision: 2}
	Scenario = blueprint.Scenario{Name: "late order", Input: "where is A1", Expect: blueprint.Expect{Outcome: "success"}, FromRun: "run_1"}

	Incident = resource.Incident{ID: "inc_1", Agent: "desk", Environment: "production", Release: "rel_1", Digest: digest, Version: 3,
		Cause: "canary", Summary: "30 % failed", FailedRuns: []string{"run_1"}, State: "open", Notes: []resource.IncidentNote{}, Revision: 1, OpenedAt: 1}

	Figures = resource.Figures{Agent: "desk", Environment: "production", Digest: digest, Version: 3, From: 1, To: 2, Runs: 10, Success: 9, Failed: 1,
		SuccessRate: 0.9, ErrorRate: 0.1, P50Ms: 12.5}
	Event = resource.Event{ID: "evt_1", Time: 1, Actor: tester, Action: "release.promoted", SubjectKind: "release", SubjectID: "rel_1",
		Digest: digest, Agent: "desk", Environment: "production"}
	Proof  = control.Proof{Index: 7, Leaf: []byte(`{}`), LeafHash: "00", Size: 8, Root: "AA==", Hashes: []string{"AA=="}, Checkpoint: "aureus\n8\n", Verified: true}
	Ledger = control.LedgerStatus{Size: 8, Root: "AA==", Checkpoint: "aureus\n8\n"}
)
