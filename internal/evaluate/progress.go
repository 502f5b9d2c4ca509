package evaluate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
)

// Progress is how far an evaluation is.
type Progress struct {
	Done    int     `json:"done"` // runs, of both versions
	Total   int     `json:"total"`
	Kept    int     `json:"kept,omitempty"` // of Done: made before
	Failed  int     `json:"failed"`         // of Done: did not pass
	Cases   int     `json:"cases"`          // whole, in their order
	Planned int     `json:"planned"`
	CostUSD float64 `json:"costUSD"` // of the runs that this evaluation made, and of judging them
	// Elapsed is the time so far, and Left the time that the rest takes when it goes
	// on like this; 0 is not known yet.
	Elapsed time.Duration `json:"elapsed"`
	Left    time.Duration `json:"left"`
}

// book counts a run and tells who listens. The caller holds the lock.
func (e *evaluation) book(run RunReport, kept bool) {
	t := &e.tally
	t.Done, t.Cases = t.Done+1, e.whole
	if kept {
		t.Kept++
	} else {
		t.CostUSD += run.CostUSD + run.JudgeUSD
	}
	if !run.Passed {
		t.Failed++
	}
	if e.Progress == nil {
		return
	}
	t.Elapsed = e.Now().Sub(e.started)
	if made := t.Done - t.Kept; made > 0 {
		t.Left = time.Duration(float64(t.Elapsed) / float64(made) * float64(t.Total-t.Done))
	}
	e.Progress(*t)
}

var errBudget = errors.New("the evaluation's time is used up")

// bounded ends the work when the evaluation's time is used up.
func (e *evaluation) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if e.Budget == nil || e.Budget.Duration <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, time.Duration(e.Budget.Duration), errBudget)
}

// overCost reports whether the evaluation's money is used up.
func (e *evaluation) overCost() bool {
	return e.Budget != nil && e.Budget.CostUSD > 0 && e.tally.CostUSD >= e.Budget.CostUSD
}

func (e *evaluation) budgetMessage() string {
	what := fmt.Sprintf("%.4f USD", e.Budget.CostUSD)
	if !e.overCost() {
		what = time.Duration(e.Budget.Duration).String()
	}
	return fmt.Sprintf("The evaluation's budget of %s was used up after %d of %d cases, so nothing is concluded; raise evaluation.budget, or evaluate less.",
		what, e.whole, len(e.cases))
}

func outageMessage(measured, planned int) string {
	return fmt.Sprintf("The model did not answer, so the agent could not be measured (%d of %d cases were); try again when its endpoint works.", measured, planned)
}

// Outage is why the model did not answer, nil when it did or when the report was
// read from a file. A report with one says nothing about the version.
func (r Report) Outage() error {
	if r.Stopped == nil || r.Stopped.Reason != StoppedOutage {
		return nil
	}
	return fault.Wrap(r.outage, fault.Unavailable, "the model did not answer, so the agent could not be measured; try again when its endpoint works")
}
