package sqlite

import (
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// maxAttempts is how often a job is tried before it is given up.
const maxAttempts = 25

// effect is the one kind of job that the engine knows; what it is for is in Job.
type effect struct {
	Job control.Job `json:"job"`
}

// Kind implements river.JobArgs.
func (effect) Kind() string { return "aureus_effect" }

// openJobs makes the client that enqueues, and takes up what a killed process
// left: its jobs are still marked as running, and its client as the leader. The
// lock file says that no other process works on them now.
func (db *DB) openJobs() error {
	client, err := river.NewClient(riversqlite.New(db.writer), &river.Config{
		Logger: slog.New(slog.DiscardHandler), MaxAttempts: maxAttempts,
	})
	if err != nil {
		return classify(err)
	}
	db.jobs = client
	for _, query := range []string{
		"UPDATE river_job SET state = 'available' WHERE state = 'running'",
		"DELETE FROM river_leader",
	} {
		if _, err := db.writer.ExecContext(background, query); err != nil {
			return classify(err)
		}
	}
	return nil
}

// Enqueue implements control.Tx.
func (w *writer) Enqueue(j control.Job) error {
	if j.Kind == "" || j.Key == "" {
		return fault.New(fault.Invalid, "a job needs a kind and a key")
	}
	n, err := w.exec("INSERT INTO job_keys (key) VALUES ($1) ON CONFLICT DO NOTHING", j.Key)
	if err != nil || n == 0 {
		return err
	}
	opts := &river.InsertOpts{}
	if j.RunAt > 0 {
		opts.ScheduledAt = time.UnixMilli(int64(j.RunAt))
	}
	_, err = w.db.jobs.InsertTx(background, w.tx, effect{Job: j}, opts)
	return w.fail(err)
}
