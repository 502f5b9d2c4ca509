package control_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // reads the database beside the store
)

// bookkeeping begins the names of the tables of the job engine, the migrations and
// the sequencer, which work by themselves.
var bookkeeping = []string{"river_", "goose", "sqlite_", "tree_", "checkpoints"}

// reader reads the database file beside the control plane.
func (w *world) reader() *sql.DB {
	w.Helper()
	if w.beside == nil {
		var err error
		w.beside, err = sql.Open("sqlite", "file:"+filepath.Join(w.dir, "aureus.db")+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)")
		w.must(err)
		w.beside.SetMaxOpenConns(1)
	}
	return w.beside
}

// sqlCount reads a number from the database file.
func (w *world) sqlCount(query string) (n int) {
	w.Helper()
	w.must(w.reader().QueryRow(query).Scan(&n))
	return n
}

// settle waits until every job that is due is done.
func (w *world) settle() {
	w.Helper()
	w.eventually("all jobs", func() bool {
		return w.sqlCount(`SELECT count(*) FROM river_job WHERE state IN ('available','running','retryable')`) == 0
	})
}

// dump is every record of the database as text, for comparing before and after.
// Jobs count by their keys.
func (w *world) dump() string {
	w.Helper()
	tx, err := w.reader().Begin()
	w.must(err)
	defer func() { _ = tx.Rollback() }() // it only reads
	var out strings.Builder
	for _, table := range texts(w, tx, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
		if slices.ContainsFunc(bookkeeping, func(p string) bool { return strings.HasPrefix(table, p) }) {
			continue
		}
		columns := texts(w, tx, "SELECT name FROM pragma_table_info('"+table+"')")
		for i, c := range columns {
			columns[i] = "quote(" + c + ")"
		}
		for _, row := range texts(w, tx, "SELECT "+strings.Join(columns, "||','||")+" FROM "+table+" ORDER BY 1") {
			fmt.Fprintf(&out, "%s %s\n", table, row)
		}
	}
	return out.String()
}

func texts(w *world, tx *sql.Tx, query string) (out []string) {
	w.Helper()
	rows, err := tx.Query(query)
	w.must(err)
	defer rows.Close()
	for rows.Next() {
		var s string
		w.must(rows.Scan(&s))
		out = append(out, s)
	}
	w.must(rows.Err())
	return out
}

// unchanged runs f, which is refused, and fails the test if it changed anything.
func (w *world) unchanged(what string, f func()) {
	w.Helper()
	if w.workers {
		w.settle()
	}
	before := w.dump()
	if !strings.Contains(before, "\nreleases ") {
		w.Fatal("dump() has no release: nothing is compared")
	}
	f()
	if after := w.dump(); after != before {
		w.Errorf("%s was refused and changed something:\n%s", what, diffLines(before, after))
	}
}

func diffLines(a, b string) string {
	was, is := strings.Split(a, "\n"), strings.Split(b, "\n")
	var out []string
	for _, l := range was {
		if !slices.Contains(is, l) {
			out = append(out, "- "+l)
		}
	}
	for _, l := range is {
		if !slices.Contains(was, l) {
			out = append(out, "+ "+l)
		}
	}
	return strings.Join(out, "\n")
}
