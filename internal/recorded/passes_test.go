package recorded_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/recorded"
	"github.com/aureus-agents/aureus/resource"
)

// published are the runs whose pass^k tau-bench's authors published.
const published = "../../../shared/data/taubench/gpt-4o-airline.json.gz"

// TestPassK reproduces pass^k: the published figures where the real runs are
// beside the project, and those of the small sample always.
func TestPassK(t *testing.T) {
	tests := []struct {
		name, file    string
		tasks, trials int
		want          []string
	}{
		// Task 0 passes 3 of 3, task 1 passes 1 of 3:
		// (1 + 1/3)/2, (1 + 0)/2, (1 + 0)/2.
		{"sample", "testdata/taubench.json", 2, 3, []string{"0.667", "0.500", "0.500"}},
		{"published", published, 50, 4, []string{"0.420", "0.273", "0.220", "0.200"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := os.Stat(tt.file); os.IsNotExist(err) && tt.file == published {
				t.Logf("%s is absent: the published figures are not checked here, the sample's are", published)
				return
			}
			runs := parse(t, recorded.Taubench, tt.file)
			passes, trials, err := recorded.TaskPasses(runs)
			if err != nil {
				t.Fatal(err)
			}
			if len(passes) != tt.tasks || trials != tt.trials {
				t.Errorf("TaskPasses = %d tasks, %d trials, want %d, %d", len(passes), trials, tt.tasks, tt.trials)
			}
			var got []string
			for _, p := range evaluate.PassK(passes, trials, trials) {
				got = append(got, fmt.Sprintf("%.3f", p))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("pass^k (-want +got)\n%s", diff)
			}
		})
	}
}

func TestTaskPassesErrors(t *testing.T) {
	run := func(task string, trial int) recorded.Run {
		return recorded.Run{Run: resource.Run{Task: task, Trial: trial}}
	}
	tests := []struct {
		name string
		runs []recorded.Run
		says string
	}{
		{"none", nil, "no run"},
		{"uneven", []recorded.Run{run("a", 0), run("a", 1), run("b", 0)}, "Task a has 2 trials and task b has 1"},
		{"twice", []recorded.Run{run("a", 0), run("a", 0)}, "trial 0 twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := recorded.TaskPasses(tt.runs)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("TaskPasses = %v, want %q", err, tt.says)
			}
		})
	}
}
