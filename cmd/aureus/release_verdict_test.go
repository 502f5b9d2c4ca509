package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

// signedExport is the export of a canary that rolled back, signed by a key.
func signedExport(t *testing.T, key *attest.Key) resource.CanaryExport {
	t.Helper()
	p := canary.Plan(blueprint.Canary{})
	s := canary.Start(p)
	x := resource.CanaryExport{Format: resource.CanaryExportFormat, Release: "rel_1", Agent: "desk", Version: 2,
		State: resource.ReleaseRolledBack, Environment: "production",
		Digest: "sha256:0000000000000000000000000000000000000000000000000000000000000002", Plan: p, Key: string(key.PublicPEM())}
	for i := 1; s.Verdict != canary.Rollback; i++ {
		o := resource.CanaryOutcome{Release: "rel_1", Seq: int64(i), Run: fmt.Sprint("run_", i), Session: fmt.Sprint("s", i), Canary: i%3 != 0,
			Failed: i%3 != 0, Weight: 10, Outcome: resource.OutcomeSuccess}
		o.Draw = o.Seq
		d := resource.CanaryDraw{Release: "rel_1", Seq: o.Seq, Run: o.Run, Canary: o.Canary, Weight: o.Weight}
		seen, _ := canary.See(s, nil, o, d)
		x.Draws = append(x.Draws, d)
		s = canary.Observe(p, s, o.Canary, o.Failed, o.Weight, seen)
		x.Outcomes = append(x.Outcomes, canary.Mark(o, s))
	}
	x.Stored = s
	digest, err := blueprint.Digest(x.Outcomes)
	if err != nil {
		t.Fatal(err)
	}
	draws, err := blueprint.Digest(x.Draws)
	if err != nil {
		t.Fatal(err)
	}
	x.Evidence, err = key.Attest(attest.Claim{Kind: resource.EvidenceCanary, SubjectName: "desk@v2", SubjectDigest: x.Digest,
		Predicate: map[string]any{"plan": x.Plan, "state": x.Stored, "outcomesDigest": digest, "drawsDigest": draws,
			"releaseState": resource.ReleaseRollingBack, "release": "rel_1", "agent": "desk", "version": 2, "environment": "production"}})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// undecided takes the last outcome away from an export, which decided.
func undecided(x *resource.CanaryExport) {
	x.Evidence, x.State, x.Outcomes = nil, resource.ReleaseCanary, x.Outcomes[:len(x.Outcomes)-1]
	var again []resource.CanaryOutcome
	x.Stored, again = canary.Replay(x.Plan, x.Stored, x.Draws, x.Outcomes)
	x.Outcomes = again
}

// TestRecomputeAnExport: an export that was changed anywhere is found out.
func TestRecomputeAnExport(t *testing.T) {
	key, err := attest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	other, err := attest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	otherKey := filepath.Join(t.TempDir(), "other.pub")
	if err := os.WriteFile(otherKey, other.PublicPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*resource.CanaryExport)
		args   []string
		status int
		says   string
	}{
		{"as it was", func(*resource.CanaryExport) {}, nil, 0, "the signed evidence is about these outcomes"},
		{"not decided yet", undecided, nil, 0, "not signed yet"},
		{"not decided yet, and a key", undecided, []string{"--key", otherKey}, 5, "no signed evidence to check with the key"},
		{"the evidence is gone", func(x *resource.CanaryExport) { x.Evidence = nil }, nil, 5, "the release is rolled_back and the export holds no signed evidence"},
		{"the evidence is gone, and the state lies", func(x *resource.CanaryExport) { x.Evidence, x.State = nil, resource.ReleaseCanary }, nil, 5, "no signed evidence"},
		{"another arm", func(x *resource.CanaryExport) { x.Outcomes[1].Canary = false }, nil, 5, "outcome 2 (run run_2) is not of the arm"},
		{"an outcome is missing", func(x *resource.CanaryExport) { x.Outcomes = append(x.Outcomes[:1], x.Outcomes[2:]...) }, nil, 5, "outcome 2 is missing"},
		{"another draw", func(x *resource.CanaryExport) { x.Draws[2].Run = "run_x" }, nil, 5, "not what it leads to"},
		{"a draw more", func(x *resource.CanaryExport) {
			x.Draws = append(x.Draws, resource.CanaryDraw{Release: "rel_1", Seq: int64(len(x.Draws) + 1), Weight: 10})
		}, nil, 5, "the draws are not the signed ones"},
		{"a draw is missing", func(x *resource.CanaryExport) { x.Draws = x.Draws[1:] }, nil, 5, "draw 1 is missing"},
		{"the last outcome is missing", func(x *resource.CanaryExport) { x.Outcomes = x.Outcomes[:len(x.Outcomes)-1] }, nil, 5, `lead to "continue"`},
		{"another alpha", func(x *resource.CanaryExport) { x.Plan.Alpha = 1e-9 }, nil, 5, `"rollback" is recorded`},
		{"another verdict", func(x *resource.CanaryExport) { x.Stored.Verdict = canary.Promote }, nil, 5, `"promote" is recorded`},
		{"a share", func(x *resource.CanaryExport) { x.Plan.Streams[1].Share = 1.5 }, nil, 5, "rel_1 does not follow"},
		{"what no statistic reads", func(x *resource.CanaryExport) { x.Outcomes[0].At++ }, nil, 5, "the outcomes are not the signed ones"},
		{"the deadline", func(x *resource.CanaryExport) { x.Plan.DeadlineMs++ }, nil, 5, "the plan is not the signed one"},
		{"another version", func(x *resource.CanaryExport) { x.Digest = "sha256:1" }, nil, 5, "about another version"},
		{"another release", func(x *resource.CanaryExport) { x.Release = "rel_2" }, nil, 5, "is about release rel_1, and the export says rel_2"},
		{"another agent", func(x *resource.CanaryExport) { x.Agent = "bank" }, nil, 5, "is about desk@v2, and the export says bank@v2"},
		{"another number", func(x *resource.CanaryExport) { x.Version = 3 }, nil, 5, "is about desk@v2, and the export says desk@v3"},
		{"another environment", func(x *resource.CanaryExport) { x.Environment = "dev" }, nil, 5, `is about environment "production"`},
		{"it was promoted", func(x *resource.CanaryExport) { x.State = resource.ReleasePromoted }, nil, 5, "was rolling_back when its verdict was signed"},
		{"the ledger's key", func(*resource.CanaryExport) {}, []string{"--key", "aureus+12345678+AbCd"}, 2, "the ledger's verifier key"},
		{"the key itself", func(*resource.CanaryExport) {}, []string{"--key", string(key.PublicPEM())}, 0, "about these outcomes"},
		{"another key", func(*resource.CanaryExport) {}, []string{"--key", otherKey}, 5, "key"},
		{"another format", func(x *resource.CanaryExport) { x.Format = "zip" }, nil, 2, "no export of a canary"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := signedExport(t, key)
			tt.change(&x)
			data, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "verdict.json")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			args := append([]string{"release", "verdict", "--recompute", file}, tt.args...)
			status := run(t.Context(), args, nil, &out, &out)
			if status != tt.status || !bytes.Contains(out.Bytes(), []byte(tt.says)) {
				t.Errorf("aureus %v = %d, want %d with %q:\n%s", args, status, tt.status, tt.says, out.String())
			}
		})
	}
}

// earlierEvidence is what an earlier build signed about an export: nothing of its
// head but the subject's name and, in every outcome, the release.
func earlierEvidence(t *testing.T, key *attest.Key, x *resource.CanaryExport) {
	t.Helper()
	st, err := attest.Verify(x.Evidence, key.PublicPEM())
	if err != nil {
		t.Fatal(err)
	}
	var predicate map[string]any
	if err := json.Unmarshal(st.Predicate, &predicate); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"release", "agent", "version", "environment"} {
		delete(predicate, name)
	}
	if x.Evidence, err = key.Attest(attest.Claim{Kind: resource.EvidenceCanary, SubjectName: st.SubjectName, SubjectDigest: st.SubjectDigest, Predicate: predicate}); err != nil {
		t.Fatal(err)
	}
}

// TestSignedElsewhereBefore: evidence of an earlier build is held against what it
// signed.
func TestSignedElsewhereBefore(t *testing.T) {
	key, err := attest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	x := signedExport(t, key)
	earlierEvidence(t, key, &x)
	for _, tt := range []struct {
		name   string
		change func(*resource.CanaryExport)
		want   string
	}{
		{"as it was", func(*resource.CanaryExport) {}, ""},
		{"another release", func(x *resource.CanaryExport) { x.Release = "rel_2" }, "outcome 1 (run run_1) is of release rel_1, and the export says rel_2"},
		{"another agent", func(x *resource.CanaryExport) { x.Agent = "bank" }, "the signed evidence is about desk@v2, and the export says bank@v2"},
		{"another state", func(x *resource.CanaryExport) { x.State = resource.ReleaseSoaking },
			"the release was rolling_back when its verdict was signed, and the export says soaking"},
	} {
		y := x
		tt.change(&y)
		if got := signedOtherwise(y, key.PublicPEM()); got != tt.want {
			t.Errorf("signedOtherwise(%s) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestReadExportStrictly: what is in no export was added to it.
func TestReadExportStrictly(t *testing.T) {
	for _, tt := range []struct {
		name, json string
		status     int
	}{
		{"a field more", `{"format":"aureus.canary/v1","approved":"by everyone"}`, 5},
		{"a field twice", `{"format":"aureus.canary/v1","release":"rel_1","release":"rel_2"}`, 5},
		{"no export", `[]`, 2},
	} {
		file := filepath.Join(t.TempDir(), "x.json")
		if err := os.WriteFile(file, []byte(tt.json), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if got := run(t.Context(), []string{"release", "verdict", "--recompute", file}, nil, &out, &out); got != tt.status {
			t.Errorf("aureus release verdict --recompute of %s = %d, want %d:\n%s", tt.name, got, tt.status, out.String())
		}
	}
}
