package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

// TestVerdictFromBeforeDraws: an export of a canary that a build without draws
// signed is no forgery; a rollback follows, and what cannot be recomputed is said.
func TestVerdictFromBeforeDraws(t *testing.T) {
	key, err := attest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, verdict, says string
		state               resource.ReleaseState
		harm                bool
		change              func(*resource.CanaryExport)
		status              int
	}{
		{"rolled back", canary.Rollback, "the signed evidence is about these outcomes", resource.ReleaseRolledBack, true, nil, 0},
		{"promoted", canary.Promote, "cannot be recomputed whole: it is from before the draws", resource.ReleaseSoaking, false, nil, 1},
		{"promoted, and changed", canary.Promote, "the outcomes are not the signed ones", resource.ReleaseSoaking, false, func(x *resource.CanaryExport) { x.Outcomes[1].At++ }, 5},
		{"promoted, and its harm hidden", canary.Promote, `the outcomes lead to "rollback"`, resource.ReleaseSoaking, true, nil, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := signedExport(t, key)
			x.Stored = canary.Start(x.Plan)
			x.State, x.Draws = tt.state, nil
			for i, o := range x.Outcomes {
				o.Draw, o.Failed = 0, tt.harm && o.Canary
				seen, _ := canary.See(x.Stored, nil, o)
				x.Stored = canary.Observe(x.Plan, x.Stored, o.Canary, o.Failed, o.Weight, seen)
				x.Outcomes[i] = canary.Mark(o, x.Stored)
			}
			x.Stored.Outcomes, x.Stored.EAbs, x.Stored.Verdict = 0, 25, tt.verdict
			digest, err := blueprint.Digest(x.Outcomes)
			if err != nil {
				t.Fatal(err)
			}
			x.Evidence, err = key.Attest(attest.Claim{Kind: resource.EvidenceCanary, SubjectName: "desk@v2", SubjectDigest: x.Digest,
				Predicate: map[string]any{"plan": x.Plan, "state": x.Stored, "outcomesDigest": digest, "releaseState": x.State}})
			if err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				tt.change(&x)
			}
			data, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "verdict.json")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if got := run(t.Context(), []string{"release", "verdict", "--recompute", file}, nil, &out, &out); got != tt.status || !bytes.Contains(out.Bytes(), []byte(tt.says)) {
				t.Errorf("aureus release verdict --recompute = %d, want %d with %q:\n%s", got, tt.status, tt.says, out.String())
			}
		})
	}
}
