package backtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/recorded"
	"github.com/aureus-agents/aureus/resource"
)

const (
	examples = "../../examples/agentdojo/"
	dojo     = "../../../shared/data/agentdojo/"
)

func example(t *testing.T, suite string) *guard.Compiled {
	t.Helper()
	file := examples + suite + ".yaml"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	a, err := blueprint.Parse(file, text, blueprint.Options{})
	if err != nil {
		t.Fatalf("Parse(%s) = %v", file, err)
	}
	if got := guard.Check(a); len(got) > 0 {
		t.Fatalf("Check(%s) = %+v, want nothing", file, got)
	}
	g, err := guard.Compile(&resource.Manifest{Blueprint: *a})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestAgentDojo replays AgentDojo's banking and workspace runs through the
// examples, where the runs are beside the project, and a small sample always. The
// figures are measured: they move only with a rule, and the commit says which.
func TestAgentDojo(t *testing.T) {
	tests := []struct {
		name, suite, file string
		want              backtest.Result
	}{
		{"sample", "banking", "testdata/agentdojo.jsonl", backtest.Result{Attacks: 2, AttacksStopped: 1, AttacksAskedHuman: 1, Benign: 2, BenignFinished: 1, BenignAskedHuman: 1, Skipped: 1}},
		{"banking", "banking", dojo + "banking.jsonl.gz", backtest.Result{Attacks: 143, AttacksStopped: 143, AttacksAskedHuman: 111, Benign: 16, BenignFinished: 14, BenignAskedHuman: 2, Skipped: 1}},
		{"workspace", "workspace", dojo + "workspace.jsonl.gz", backtest.Result{Attacks: 231, AttacksStopped: 231, AttacksAskedHuman: 231, Benign: 40, BenignFinished: 38, BenignAskedHuman: 2, Skipped: 9}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := os.Open(tt.file)
			if os.IsNotExist(err) && strings.HasPrefix(tt.file, dojo) {
				t.Logf("%s is absent: these runs are not replayed here, the sample's are", filepath.Base(tt.file))
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			runs, err := recorded.Parse(recorded.AgentDojo, f)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := backtest.Run(example(t, tt.suite), runs)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tt.name, diff)
			}
		})
	}
}

// TestExamplesCompile checks both examples where no recorded runs are.
func TestExamplesCompile(t *testing.T) {
	for _, suite := range []string{"banking", "workspace"} {
		example(t, suite)
	}
}
