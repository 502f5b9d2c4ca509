package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

const (
	pollEvery  = 50 * time.Millisecond // how soon a new job is seen, for about 2 % of a core
	firstRetry = 100 * time.Millisecond
	soonRetry  = 10 * time.Second // longest wait of the first soonTries attempts
	soonTries  = 25
	lateRetry  = time.Minute
	// lostEvery is how often jobs are looked for that are marked as running and
	// are not: a full disk can keep the engine from writing how one ended.
	lostEvery = 3 * time.Second
	// stopGrace is how long a job may take to notice that it was cancelled.
	stopGrace = 5 * time.Second
)

// RunJobs does jobs until ctx ends, at most workers at a time. What the handler
// returns to commit is written in the same transaction as the job's completion,
// so it is written exactly once. When ctx ends no new job is begun; those that run
// have grace to finish and are then cancelled and done again at the next start. observe,
// when it is not nil, is called after every attempt. Error: fault.Conflict when jobs run already;
// fault.Unavailable when a cancelled job did not stop.
func (db *DB) RunJobs(ctx context.Context, do control.JobHandler, workers int, grace time.Duration,
	observe func(j control.Job, attempt int, took time.Duration, err error)) error {
	if !db.working.TryLock() {
		return fault.New(fault.Conflict, "jobs are being done already")
	}
	defer db.working.Unlock()
	w := &jobWorker{db: db, do: do, observe: observe, running: map[int64]bool{}}
	bundle := river.NewWorkers()
	river.AddWorker(bundle, w)
	client, err := db.jobClient(&river.Config{
		Workers:              bundle,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		FetchCooldown:        time.Millisecond,
		FetchPollInterval:    pollEvery,
		JobTimeout:           -1, // a handler bounds its own work
		RescueStuckJobsAfter: 10 * 365 * 24 * time.Hour,
		RetryPolicy:          backoff{},
		SoftStopTimeout:      grace,
		ReindexerIndexNames:  []string{},
	})
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return classify(err)
	}
	w.findLost(ctx, db.lostEvery)
	select {
	case <-client.Stopped():
		return nil
	case <-time.After(grace + stopGrace):
		return fault.New(fault.Unavailable, "a job did not stop within %s of being cancelled; it is done again at the next start", stopGrace)
	}
}

// backoff doubles the wait from firstRetry to soonRetry, and after soonTries
// attempts waits lateRetry.
type backoff struct{}

// NextRetry implements river.ClientRetryPolicy.
func (backoff) NextRetry(job *rivertype.JobRow) time.Time { return time.Now().Add(wait(job.Attempt)) }

// wait is the time between attempt n and the next.
func wait(n int) time.Duration {
	switch {
	case n > soonTries:
		return lateRetry
	case n > 10:
		return soonRetry
	}
	return min(firstRetry<<max(n-1, 0), soonRetry)
}

// jobWorker is the engine's worker for effects.
type jobWorker struct {
	river.WorkerDefaults[effect]
	db      *DB
	do      control.JobHandler
	observe func(j control.Job, attempt int, took time.Duration, err error)

	mu      sync.Mutex
	running map[int64]bool
}

// Work implements river.Worker.
func (w *jobWorker) Work(ctx context.Context, job *river.Job[effect]) error {
	w.mark(job.ID, true)
	defer w.mark(job.ID, false)
	start := time.Now()
	err := w.attempt(ctx, job)
	if w.observe != nil {
		w.observe(job.Args.Job, job.Attempt, time.Since(start), err)
	}
	if fault.Is(err, fault.Invalid) {
		return river.JobCancel(err)
	}
	return err
}

func (w *jobWorker) attempt(ctx context.Context, job *river.Job[effect]) error {
	commit, err := w.do(ctx, job.Args.Job)
	if err != nil {
		return err
	}
	// The effect is done: it is recorded also while the process is being stopped.
	ctx = context.WithoutCancel(ctx)
	return w.db.update(ctx, func(tx *writer) error {
		if commit != nil {
			if err := commit(tx); err != nil {
				return err
			}
		}
		_, err := river.JobCompleteTx[jobDriver](ctx, tx.tx, job)
		if errors.Is(err, rivertype.ErrNotFound) {
			return fault.New(fault.Conflict, "the job %q was completed by somebody else", job.Args.Job.Key)
		}
		return tx.fail(err)
	})
}

func (w *jobWorker) mark(id int64, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if on {
		w.running[id] = true
	} else {
		delete(w.running, id)
	}
}

// findLost puts lost jobs back until ctx ends. A job is lost when it is marked as
// running in two scans and ran in neither, so one that is just being fetched or
// written back is left alone.
func (w *jobWorker) findLost(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	suspects := map[int64]bool{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if next, err := w.scan(ctx, suspects); err == nil { // the next scan tries again
				suspects = next
			}
		}
	}
}

func (w *jobWorker) scan(ctx context.Context, suspects map[int64]bool) (map[int64]bool, error) {
	next := map[int64]bool{}
	err := w.db.view(ctx, func(r reader) error {
		return r.each("SELECT id FROM river_job WHERE state = 'running'", nil, func(rows *sql.Rows) error {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			if !w.running[id] {
				next[id] = true
			}
			return nil
		})
	})
	for id := range next {
		if err != nil || !suspects[id] {
			continue
		}
		err = w.db.update(ctx, func(tx *writer) error {
			_, err := tx.exec("UPDATE river_job SET state = 'available' WHERE id = $1 AND state = 'running'", id)
			return err
		})
	}
	return next, err
}
