package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// A batch takes what waits until it has this many updates or is this old; then
// it is committed with one fsync.
const (
	maxBatch    = 128
	maxBatchAge = 4 * time.Millisecond
)

// request is one Update. The committer hands it the open transaction through
// turn; its own goroutine runs fn, so that a panic or runtime.Goexit in fn never
// reaches the committer.
type request struct {
	turn chan *writer  // unbuffered: sent only to a caller that still waits
	gone chan struct{} // closed by a caller whose context ended before its turn
	ran  chan bool     // fn returned without an error
	done chan error    // the commit's answer
}

// Update implements control.Store.
func (db *DB) Update(ctx context.Context, fn func(control.Tx) error) error {
	return db.update(ctx, func(w *writer) error { return fn(w) })
}

func (db *DB) update(ctx context.Context, fn func(*writer) error) error {
	if err := ctx.Err(); err != nil {
		return endedEarly(err)
	}
	r := &request{turn: make(chan *writer), gone: make(chan struct{}), ran: make(chan bool, 1), done: make(chan error, 1)}
	select {
	case db.requests <- r:
	case <-ctx.Done():
		return endedEarly(ctx.Err())
	case <-db.closing:
		return errClosed()
	}
	select {
	case w := <-r.turn:
		if err := run(r, w, fn); err != nil {
			<-r.done
			return err
		}
		if err := <-r.done; err != nil {
			return err
		}
		for _, f := range w.after {
			f()
		}
		return nil
	case err := <-r.done: // the transaction could not be begun
		return err
	case <-ctx.Done():
		close(r.gone)
		return endedEarly(ctx.Err())
	}
}

// run runs fn and tells the committer how it went, whatever fn does.
func run(r *request, w *writer, fn func(*writer) error) (err error) {
	ok := false
	defer func() {
		if v := recover(); v != nil {
			err = fault.Wrap(fmt.Errorf("panic: %v\n%s", v, debug.Stack()), fault.Internal, "a change was given up because of a defect; nothing was changed")
		}
		w.over = true
		r.ran <- ok
	}()
	err = fn(w)
	ok = err == nil
	return err
}

func endedEarly(cause error) error {
	return fault.Wrap(cause, fault.Unavailable, "the request ended before its change could begin; nothing was changed")
}

func errClosed() error {
	return fault.New(fault.Unavailable, "the database is being closed; nothing was changed")
}

// commitLoop is the one goroutine that begins and commits transactions for Update.
func (db *DB) commitLoop() {
	defer close(db.committed)
	for {
		select {
		case r := <-db.requests:
			db.batch(r)
			db.wstmts.prepare()
		case <-db.closing:
			return
		}
	}
}

// batch runs first and what waits behind it in one transaction and answers all.
func (db *DB) batch(first *request) {
	tx, err := db.writer.BeginTx(background, nil)
	if err != nil {
		first.done <- classify(err)
		return
	}
	b := &group{db: db, session: session{tx: tx, stmts: db.wstmts, bound: map[string]*sql.Stmt{}}}
	deadline := time.Now().Add(maxBatchAge)
	for r := first; r != nil; {
		b.take(r)
		r = nil
		if b.ruin == nil && len(b.accepted) < maxBatch && time.Now().Before(deadline) {
			select {
			case r = <-db.requests:
			default:
			}
		}
	}
	b.finish()
}

// group is the updates that share one transaction.
type group struct {
	session  // of the savepoints; every update has its own
	db       *DB
	accepted []*request
	events   bool
}

// take runs one update inside its own savepoint.
func (b *group) take(r *request) {
	if err := b.mark("SAVEPOINT one"); err != nil {
		r.done <- err
		return
	}
	s := &session{tx: b.tx, stmts: b.stmts, bound: b.bound}
	w := &writer{reader: reader{s}, db: b.db}
	select {
	case r.turn <- w:
	case <-r.gone:
		_ = b.mark("RELEASE one") // nothing was written; a failure is kept in ruin
		return
	}
	ok := <-r.ran
	if s.ruin != nil {
		b.ruin = s.ruin
		r.done <- s.ruin
		return
	}
	if ok && b.mark("RELEASE one") == nil {
		b.accepted = append(b.accepted, r)
		b.events = b.events || w.events
		return
	}
	if !ok && b.mark("ROLLBACK TO one") == nil {
		_ = b.mark("RELEASE one")
	}
	r.done <- b.ruin
}

// mark runs a savepoint statement; a failure loses the whole transaction.
func (b *group) mark(query string) error {
	_, err := b.exec(query)
	if err != nil && b.ruin == nil {
		b.ruin = err
	}
	return err
}

// finish commits and answers everybody who was accepted.
func (b *group) finish() {
	err := b.ruin
	if err != nil {
		_ = b.tx.Rollback() // SQLite may have rolled back already; err says why
	} else {
		err = classify(b.tx.Commit())
	}
	for _, r := range b.accepted {
		r.done <- err
	}
	if err == nil && b.events {
		b.db.signal()
	}
}
