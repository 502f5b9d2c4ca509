package control

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// EvaluationReader reads finished runs of evaluations.
type EvaluationReader interface {
	// EvaluationRun is the JSON of a run by what it depends on; fault.NotFound.
	EvaluationRun(scope, key string) ([]byte, error)
}

// EvaluationWriter keeps finished runs of evaluations.
type EvaluationWriter interface {
	PutEvaluationRun(scope, key string, doc []byte, at resource.Millis) error // replaces
	DropEvaluationRuns(scope string) error
	ForgetEvaluationRuns(before resource.Millis) error // of every scope
}

// The runs of a release's check are kept under its id until the check ends, so that
// it goes on after a crash; those that any evaluation may take under cacheScope.
const (
	releaseScope = "release/"
	cacheScope   = "cache"
)

// runsKept is how long a run is kept that nobody has dropped.
const runsKept = 7 * 24 * time.Hour

// keptRuns keeps the runs of a scope in the store.
type keptRuns struct {
	c     *Control
	scope string
}

var _ evaluate.Keep = keptRuns{}

// Load implements evaluate.Keep.
func (k keptRuns) Load(ctx context.Context, key string) (run evaluate.RunReport, found bool, err error) {
	var doc []byte
	err = k.c.view(ctx, func(r Reader) (err error) { doc, err = r.EvaluationRun(k.scope, key); return err })
	if fault.Is(err, fault.NotFound) {
		return run, false, nil
	}
	if err != nil {
		return run, false, err
	}
	if err := json.Unmarshal(doc, &run); err != nil {
		return run, false, fault.Wrap(err, fault.Corrupt, "a kept run of an evaluation cannot be read")
	}
	return run, true, nil
}

// Save implements evaluate.Keep.
func (k keptRuns) Save(ctx context.Context, key string, run evaluate.RunReport) error {
	doc, err := json.Marshal(run)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "a run of an evaluation cannot be written as JSON")
	}
	return k.c.update(ctx, func(t *tx) error { return t.PutEvaluationRun(k.scope, key, doc, k.c.now()) })
}

// forgetRuns drops runs that nobody came back for.
func (c *Control) forgetRuns(ctx context.Context) error {
	return c.update(ctx, func(t *tx) error { return t.ForgetEvaluationRuns(c.now() - resource.Millis(runsKept.Milliseconds())) })
}
