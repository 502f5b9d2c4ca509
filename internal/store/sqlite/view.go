package sqlite

import (
	"context"
	"database/sql"

	"github.com/aureus-agents/aureus/internal/control"
)

// View implements control.Store. The snapshot is taken by the first read.
func (db *DB) View(ctx context.Context, fn func(control.Reader) error) error {
	return db.view(ctx, func(r reader) error { return fn(r) })
}

func (db *DB) view(ctx context.Context, fn func(reader) error) error {
	if err := ctx.Err(); err != nil {
		return endedEarly(err)
	}
	select {
	case db.readSlots <- struct{}{}:
		defer func() { <-db.readSlots }()
	case <-ctx.Done():
		return endedEarly(ctx.Err())
	case <-db.closing:
		return errClosed()
	}
	defer db.rstmts.prepare()
	tx, err := db.readers.BeginTx(background, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return classify(err)
	}
	defer tx.Rollback() // nothing was written
	s := &session{tx: tx, stmts: db.rstmts, bound: map[string]*sql.Stmt{}}
	defer func() { s.over = true }()
	return fn(reader{s})
}
