package sqlite

import (
	"context"
	"database/sql"
	"sync"
)

// maxStatements bounds the cache; filters make a few dozen texts, never many.
const maxStatements = 400

// stmts keeps prepared statements of one pool. A text is prepared after the
// transaction that used it first, because inside it the pool's only writer
// connection is taken.
type stmts struct {
	db     *sql.DB
	mu     sync.RWMutex
	ready  map[string]*sql.Stmt
	wanted map[string]bool
}

func newStmts(db *sql.DB) *stmts {
	return &stmts{db: db, ready: map[string]*sql.Stmt{}, wanted: map[string]bool{}}
}

// get returns the prepared statement of query, or nil and remembers it.
func (s *stmts) get(query string) *sql.Stmt {
	s.mu.RLock()
	st, missed := s.ready[query], s.wanted[query]
	s.mu.RUnlock()
	if st != nil || missed {
		return st
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ready)+len(s.wanted) < maxStatements {
		s.wanted[query] = true
	}
	return nil
}

// prepare prepares what get missed. A text that does not prepare is left out: the
// transaction that used it has reported why.
func (s *stmts) prepare() {
	s.mu.RLock()
	n := len(s.wanted)
	s.mu.RUnlock()
	if n == 0 {
		return
	}
	s.mu.Lock()
	texts := s.wanted
	s.wanted = map[string]bool{}
	s.mu.Unlock()
	for text := range texts {
		st, err := s.db.PrepareContext(context.Background(), text)
		if err != nil {
			continue
		}
		s.mu.Lock()
		if old := s.ready[text]; old != nil {
			defer old.Close()
		}
		s.ready[text] = st
		s.mu.Unlock()
	}
}

// close closes every statement.
func (s *stmts) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.ready {
		st.Close()
	}
	clear(s.ready)
}
