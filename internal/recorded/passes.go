package recorded

import (
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TaskPasses counts the successful runs of each task, in the order in which the
// tasks first appear, and how many trials every task has: what the pass^k
// estimator takes. fault.Invalid when tasks have different numbers of trials,
// or one trial is there twice, since the estimate would then be biased.
func TaskPasses(runs []Run) (passes []int, trials int, err error) {
	type trial struct {
		task string
		n    int
	}
	index := map[string]int{}
	seen := map[trial]bool{}
	var tasks []string
	var counts []int
	for _, r := range runs {
		if seen[trial{r.Task, r.Trial}] {
			return nil, 0, fault.New(fault.Invalid, "Task %s has trial %d twice; give each trial its own number.", r.Task, r.Trial)
		}
		seen[trial{r.Task, r.Trial}] = true
		i, ok := index[r.Task]
		if !ok {
			i = len(tasks)
			index[r.Task] = i
			tasks, passes, counts = append(tasks, r.Task), append(passes, 0), append(counts, 0)
		}
		counts[i]++
		if r.Outcome == resource.OutcomeSuccess {
			passes[i]++
		}
	}
	if len(tasks) == 0 {
		return nil, 0, fault.New(fault.Invalid, "There is no run to count passes of.")
	}
	for i, n := range counts {
		if n != counts[0] {
			return nil, 0, fault.New(fault.Invalid, "Task %s has %d trials and task %s has %d; pass^k needs the same number for every task.", tasks[0], counts[0], tasks[i], n)
		}
	}
	return passes, counts[0], nil
}
