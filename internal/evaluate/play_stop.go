package evaluate

import "errors"

// errStop ends the runs in progress when the evaluation has decided to stop;
// evaluation.stopped says why.
var errStop = errors.New("the evaluation stopped")

// ended books a run, and looks at the cases that are whole with it, in their order.
func (e *evaluation) ended(place int, run RunReport, kept bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped != nil {
		return errStop
	}
	e.left[place]--
	why := e.advance()
	e.book(run, kept)
	switch {
	case why != "":
		e.stopLocked(StoppedEarly, why)
	case e.overCost() && e.tally.Done < e.tally.Total:
		e.stopLocked(StoppedBudget, e.budgetMessage())
	default:
		return nil
	}
	return errStop
}

// advance counts the cases that have every run, and says when the answer is clear.
// The caller holds the lock.
func (e *evaluation) advance() (clear string) {
	for e.whole < len(e.left) && e.left[e.whole] == 0 {
		e.whole++
		e.moved.Broadcast()
		if !e.StopEarly || e.whole == len(e.cases) {
			continue
		}
		if why := e.clear.after(e, e.order[e.whole-1]); why != "" {
			return why
		}
	}
	return ""
}

// stop says why the evaluation ends, the first time that it is said.
func (e *evaluation) stop(reason, message string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopLocked(reason, message)
}

func (e *evaluation) stopLocked(reason, message string) {
	if e.stopped == nil {
		e.stopped = &Stopped{Reason: reason, Measured: e.whole, Planned: len(e.cases), Message: message}
	}
}

// gaveUp ends the evaluation because of a model that does not answer.
func (e *evaluation) gaveUp(cause error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped == nil {
		e.outage = cause
		e.stopLocked(StoppedOutage, outageMessage(e.whole, len(e.cases)))
	}
	return errStop
}
