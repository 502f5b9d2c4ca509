package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/aureus-agents/aureus/internal/fault"
)

// session is an open transaction as the files of the records see it. Errors it
// returns are faults already, but for sql.ErrNoRows of one.
type session struct {
	tx    *sql.Tx
	stmts *stmts
	bound map[string]*sql.Stmt // statements bound to tx
	ruin  error                // the transaction is lost; every statement fails with it
	over  bool                 // fn has returned
}

// background is the context of statements: they are short, and a context that
// can end would cost a goroutine each.
var background = context.Background()

func (s *session) check() error {
	if s.over {
		return fault.New(fault.Internal, "a transaction was used after its function returned")
	}
	return s.ruin
}

// fail classifies err and remembers it when the transaction cannot go on.
func (s *session) fail(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	f := classify(err)
	if ruinous(err) {
		s.ruin = f
	}
	return f
}

func (s *session) stmt(query string) *sql.Stmt {
	if st := s.bound[query]; st != nil {
		return st
	}
	st := s.stmts.get(query)
	if st == nil {
		return nil
	}
	st = s.tx.Stmt(st)
	s.bound[query] = st
	return st
}

// exec runs a statement and returns how many rows it changed.
func (s *session) exec(query string, args ...any) (int64, error) {
	if err := s.check(); err != nil {
		return 0, err
	}
	var res sql.Result
	var err error
	if st := s.stmt(query); st != nil {
		res, err = st.ExecContext(background, args...)
	} else {
		res, err = s.tx.ExecContext(background, query, args...)
	}
	if err != nil {
		return 0, s.fail(err)
	}
	n, err := res.RowsAffected()
	return n, s.fail(err)
}

func (s *session) query(query string, args []any) (*sql.Rows, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	var rows *sql.Rows
	var err error
	if st := s.stmt(query); st != nil {
		rows, err = st.QueryContext(background, args...)
	} else {
		rows, err = s.tx.QueryContext(background, query, args...)
	}
	return rows, s.fail(err)
}

// one scans the only row of a query; sql.ErrNoRows when there is none.
func (s *session) one(query string, args []any, dest ...any) error {
	rows, err := s.query(query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return s.fail(err)
		}
		return sql.ErrNoRows
	}
	if err := rows.Scan(dest...); err != nil {
		return s.fail(err)
	}
	return s.fail(rows.Close())
}

// each calls fn for every row.
func (s *session) each(query string, args []any, fn func(rows *sql.Rows) error) error {
	rows, err := s.query(query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return s.fail(err)
		}
	}
	return s.fail(rows.Err())
}

// reader implements control.Reader on a session.
type reader struct{ *session }

// writer implements control.Tx on a session.
type writer struct {
	reader
	db     *DB
	events bool     // Append was called
	after  []func() // of AfterCommit
}

// AfterCommit implements control.Tx.
func (w *writer) AfterCommit(f func()) { w.after = append(w.after, f) }
