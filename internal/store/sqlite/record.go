package sqlite

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// kind says how one kind of record is kept: as JSON in the column doc, with the
// columns that are searched beside it.
type kind[T any] struct {
	what    string // in messages
	table   string
	keys    []string // columns that name a record
	columns []string // every column but doc
	values  func(T) []any
}

// encode is the JSON of a record.
func encode(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "a record cannot be written as JSON")
	}
	return string(text), nil
}

// decode reads the JSON of a stored record.
func decode[T any](text []byte, v *T) error {
	if err := json.Unmarshal(text, v); err != nil {
		return corrupt(err)
	}
	return nil
}

// insert adds a record; fault.Conflict when one with the same key is there.
func insert[T any](w *writer, k kind[T], v T) error {
	doc, err := encode(v)
	if err != nil {
		return err
	}
	columns := append(append([]string{}, k.columns...), "doc")
	n, err := w.exec("INSERT INTO "+k.table+" ("+strings.Join(columns, ", ")+") VALUES ("+params(1, len(columns))+
		") ON CONFLICT DO NOTHING", append(k.values(v), doc)...)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "this %s exists already", k.what)
	}
	return err
}

// replace compares the stored revision with revision-1 and sets the record;
// fault.Conflict when it moved, fault.NotFound when there is none.
func replace[T any](w *writer, k kind[T], v T, revision int64, key ...any) error {
	doc, err := encode(v)
	if err != nil {
		return err
	}
	sets := make([]string, len(k.columns))
	for i, c := range k.columns {
		sets[i] = c + " = $" + strconv.Itoa(i+1)
	}
	next := len(k.columns) + 1
	query := "UPDATE " + k.table + " SET " + strings.Join(sets, ", ") + ", doc = $" + strconv.Itoa(next) +
		" WHERE revision = $" + strconv.Itoa(next+1) + " AND " + where(k.keys, next+2)
	n, err := w.exec(query, append(append(k.values(v), doc, revision-1), key...)...)
	if err != nil || n == 1 {
		return err
	}
	var stored int64
	err = w.one("SELECT revision FROM "+k.table+" WHERE "+where(k.keys, 1), key, &stored)
	if errors.Is(err, sql.ErrNoRows) {
		return missing(k.what, key...)
	}
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "somebody else changed this %s first (it is at revision %d); read it again", k.what, stored)
}

// get reads the record that has the key.
func get[T any](r reader, k kind[T], key ...any) (v T, err error) {
	return first(r, k, "WHERE "+where(k.keys, 1), key...)
}

// first reads the first record of a query's tail.
func first[T any](r reader, k kind[T], tail string, args ...any) (v T, err error) {
	var doc []byte
	err = r.one("SELECT doc FROM "+k.table+" "+tail, args, &doc)
	if errors.Is(err, sql.ErrNoRows) {
		return v, missing(k.what, args...)
	}
	if err == nil {
		err = decode(doc, &v)
	}
	return v, err
}

// list reads the records of a query's tail.
func list[T any](r reader, k kind[T], tail string, args ...any) ([]T, error) {
	out := []T{}
	err := r.each("SELECT doc FROM "+k.table+" "+tail, args, func(rows *sql.Rows) error {
		var doc sql.RawBytes
		var v T
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		if err := decode(doc, &v); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	})
	return out, err
}

// missing is the fault of a record that is not there.
func missing(what string, key ...any) error {
	words := make([]string, 0, len(key))
	for _, k := range key {
		if text, ok := k.(string); ok && text != "" {
			words = append(words, strconv.Quote(text))
		} else if n, ok := k.(int); ok {
			words = append(words, strconv.Itoa(n))
		}
	}
	return fault.New(fault.NotFound, "there is no %s %s", what, strings.Join(words, " "))
}

// filter builds a WHERE of the conditions whose value is set.
type filter struct {
	terms []string
	args  []any
}

// eq adds column = value unless value is empty.
func (f *filter) eq(column, value string) {
	if value != "" {
		f.add(column+" = ?", value)
	}
}

// add adds a condition with one ? for each argument.
func (f *filter) add(term string, args ...any) {
	for _, a := range args {
		f.args = append(f.args, a)
		term = strings.Replace(term, "?", "$"+strconv.Itoa(len(f.args)), 1)
	}
	f.terms = append(f.terms, term)
}

// in adds column IN (values) unless there are none.
func in[S ~string](f *filter, column string, values []S) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	f.add(column+" IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
}

// newest ends the query: one page, the newest first. Newest is by order of
// insertion, so it does not depend on what ids look like.
func (f *filter) newest(table string, p control.Page) string {
	if p.After != "" {
		f.add("seq < (SELECT seq FROM "+table+" WHERE id = ?)", p.After)
	}
	return f.where() + " ORDER BY seq DESC LIMIT " + strconv.Itoa(limit(p))
}

func (f *filter) where() string {
	if len(f.terms) == 0 {
		return ""
	}
	return "WHERE " + strings.Join(f.terms, " AND ")
}

// limit is the page's size with its default and bound.
func limit(p control.Page) int {
	if p.Limit <= 0 {
		return 100
	}
	return min(p.Limit, 1000)
}

func params(from, n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = "$" + strconv.Itoa(from+i)
	}
	return strings.Join(out, ", ")
}

func where(columns []string, from int) string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c + " = $" + strconv.Itoa(from+i)
	}
	return strings.Join(out, " AND ")
}
