package evaluate

import (
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// PassK computes pass^1..k from the passes of each task in a number of trials:
// the probability that j trials of a task, drawn at random, all pass, which is
// the mean over tasks of C(c,j)/C(n,j) (Yao et al., "tau-bench", 2024, section
// 4). k is at most trials; there is no pass^j without tasks.
func PassK(passes []int, trials, k int) []float64 {
	k = min(k, trials)
	if len(passes) == 0 || k < 1 {
		return []float64{}
	}
	out := make([]float64, k)
	for _, c := range passes {
		c = min(max(c, 0), trials)
		share := 1.0 // C(c,j)/C(n,j) as a product of (c-i)/(n-i)
		for j := range min(k, c) {
			share *= float64(c-j) / float64(trials-j)
			out[j] += share
		}
	}
	for j := range out {
		out[j] /= float64(len(passes))
	}
	return out
}

// PassAtK computes pass@1..k: the probability that at least one of j trials of a
// task, drawn at random, passes, which is the mean over tasks of 1 -
// C(n-c,j)/C(n,j) (Chen et al., "Evaluating Large Language Models Trained on
// Code", 2021, section 2.1). k is at most trials.
func PassAtK(passes []int, trials, k int) []float64 {
	fails := make([]int, len(passes))
	for i, c := range passes {
		fails[i] = trials - min(max(c, 0), trials)
	}
	out := PassK(fails, trials, k) // that all of j trials fail
	for j := range out {
		out[j] = 1 - out[j]
	}
	return out
}

// RecordedReport is pass^k over recorded runs.
type RecordedReport struct {
	PassK []float64 `json:"pass_k"` // pass^1..k for k trials of each task
	Runs  int       `json:"runs"`
	Tasks int       `json:"tasks"`
}

// Recorded computes pass^k over recorded runs, grouped by their Task. Every task
// needs the same number of trials; a run that did not end counts as failed.
func Recorded(runs []resource.Run) (RecordedReport, error) {
	trials := map[string]int{}
	passed := map[string]int{}
	var order []string
	for _, r := range runs {
		if r.Task == "" {
			return RecordedReport{}, fault.New(fault.Invalid, "Run %s names no task; pass^k needs recorded runs of tasks.", r.ID)
		}
		if trials[r.Task] == 0 {
			order = append(order, r.Task)
		}
		trials[r.Task]++
		if r.Outcome == resource.OutcomeSuccess {
			passed[r.Task]++
		}
	}
	if len(order) == 0 {
		return RecordedReport{}, fault.New(fault.Invalid, "There are no recorded runs to evaluate; import some with aureus runs import.")
	}
	n := trials[order[0]]
	passes := make([]int, len(order))
	for i, task := range order {
		if trials[task] != n {
			return RecordedReport{}, fault.New(fault.Invalid,
				"Task %s has %d trials and task %s has %d; pass^k needs the same number of each.", order[0], n, task, trials[task])
		}
		passes[i] = passed[task]
	}
	return RecordedReport{PassK: PassK(passes, n, n), Runs: len(runs), Tasks: len(order)}, nil
}
