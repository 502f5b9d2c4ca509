package sqlite

import (
	"database/sql"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// maxAttempts is how often a job is tried before it is given up: about 16 hours
// of retries, which outlasts an endpoint that is down for the night.
const maxAttempts = 1000

// effect is the one kind of job that the engine knows; what it is for is in Job.
type effect struct {
	Job control.Job `json:"job"`
}

// Kind implements river.JobArgs.
func (effect) Kind() string { return "aureus_effect" }

// jobDriver is the engine's SQLite driver without notifications: they are rows
// that every enqueue would write, and this process polls the one connection.
type jobDriver struct{ *riversqlite.Driver }

// SupportsListener implements riverdriver.Driver.
func (jobDriver) SupportsListener() bool { return false }

// SupportsListenNotify implements riverdriver.Driver.
func (jobDriver) SupportsListenNotify() bool { return false }

func (db *DB) jobClient(c *river.Config) (*river.Client[*sql.Tx], error) {
	c.Logger = slog.New(slog.DiscardHandler) // RunJobs reports; the engine would log every payload's error again
	c.MaxAttempts = maxAttempts
	client, err := river.NewClient(jobDriver{riversqlite.New(db.writer)}, c)
	return client, classify(err)
}

// openJobs makes the client that enqueues, and takes up what a killed process
// left: its jobs are still marked as running, and its client as the leader. The
// lock file says that no other process works on them now.
func (db *DB) openJobs() (err error) {
	if db.jobs, err = db.jobClient(&river.Config{}); err != nil {
		return err
	}
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
