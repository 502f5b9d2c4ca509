package evaluate

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

var close9 = cmpopts.EquateApprox(0, 1e-9)

func TestPassK(t *testing.T) {
	for _, tt := range []struct {
		name      string
		passes    []int
		trials, k int
		want      []float64
	}{
		{"all pass", []int{4, 4}, 4, 4, []float64{1, 1, 1, 1}},
		{"none pass", []int{0}, 3, 3, []float64{0, 0, 0}},
		{"half", []int{2}, 4, 4, []float64{0.5, 1.0 / 6, 0, 0}},
		{"mean of tasks", []int{4, 2, 0}, 4, 3, []float64{0.5, (1 + 1.0/6) / 3, 1.0 / 3}},
		{"three of four", []int{3}, 4, 4, []float64{0.75, 0.5, 0.25, 0}},
		{"k over trials", []int{1}, 1, 9, []float64{1}},
		{"no tasks", nil, 4, 4, []float64{}},
		{"k of 0", []int{1}, 1, 0, []float64{}},
		{"passes out of range", []int{9, -1}, 2, 2, []float64{0.5, 0.5}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, PassK(tt.passes, tt.trials, tt.k), close9); d != "" {
				t.Errorf("PassK(%v, %d, %d) (-want +got)\n%s", tt.passes, tt.trials, tt.k, d)
			}
		})
	}
}

// TestPassKIsTheShareOfDraws compares with counting every subset of j trials.
func TestPassKIsTheShareOfDraws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "trials")
		c := rapid.IntRange(0, n).Draw(t, "passes")
		got := PassK([]int{c}, n, n)
		for j := 1; j <= n; j++ {
			all, good := 0, 0
			for set := range 1 << n {
				size, ok := 0, true
				for i := range n {
					if set>>i&1 == 1 {
						size++
						ok = ok && i < c // the first c trials passed
					}
				}
				if size == j {
					all++
					if ok {
						good++
					}
				}
			}
			if want := float64(good) / float64(all); math.Abs(got[j-1]-want) > 1e-12 {
				t.Fatalf("PassK([%d], %d)[%d] = %v, want %v", c, n, j, got[j-1], want)
			}
		}
	})
}

func TestRecorded(t *testing.T) {
	var runs []resource.Run
	add := func(task string, outcomes ...resource.Outcome) {
		for i, o := range outcomes {
			runs = append(runs, resource.Run{ID: task, Task: task, Trial: i, Outcome: o})
		}
	}
	add("a", "success", "success")
	add("b", "success", "failure")
	got, err := Recorded(runs)
	if d := cmp.Diff(RecordedReport{PassK: []float64{0.75, 0.5}, Runs: 4, Tasks: 2}, got, close9); d != "" || err != nil {
		t.Errorf("Recorded = %v (-want +got)\n%s", err, d)
	}
	for name, bad := range map[string][]resource.Run{
		"none":        nil,
		"no task":     {{ID: "x"}},
		"more trials": append(runs[:4:4], runs[0]),
	} {
		if _, err := Recorded(bad); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("Recorded(%s) = %v, want %s", name, err, fault.Invalid)
		}
	}
}

func TestMcNemar(t *testing.T) {
	for _, tt := range []struct {
		b, c int
		want float64
	}{
		{0, 0, 1}, {1, 0, 1}, {0, 5, 0.0625}, {6, 0, 0.03125}, {0, 6, 0.03125}, {5, 5, 1}, {1, 9, 0.021484375},
		{10, 25, 0.01667384780012071}, {400, 600, 2.7e-10},
	} {
		if got := mcnemar(tt.b, tt.c); math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("mcnemar(%d, %d) = %v, want %v", tt.b, tt.c, got, tt.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	values := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for _, tt := range []struct {
		in   []float64
		p    int
		want float64
	}{{nil, 50, 0}, {values[:1], 95, 1}, {values, 50, 5}, {values, 95, 10}, {values, 90, 9}, {values, 0, 1}} {
		if got := percentile(tt.in, tt.p); got != tt.want {
			t.Errorf("percentile(%v, %d) = %v, want %v", tt.in, tt.p, got, tt.want)
		}
	}
}
