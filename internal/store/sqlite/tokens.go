package sqlite

import (
	"database/sql"
	"errors"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

var tokens = kind[resource.Token]{what: "token", table: "tokens", keys: []string{"id"}}

// InsertToken implements control.TokenWriter.
func (w *writer) InsertToken(t resource.Token, hash string) error {
	doc, err := encode(t)
	if err != nil {
		return err
	}
	n, err := w.exec("INSERT INTO tokens (id, hash, doc) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", t.ID, hash, doc)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "token %q exists already", t.ID)
	}
	return err
}

// RevokeToken implements control.TokenWriter. The first time stays.
func (w *writer) RevokeToken(id string, at resource.Millis) error {
	t, err := get(w.reader, tokens, id)
	if err != nil || t.RevokedAt != 0 {
		return err
	}
	t.RevokedAt = at
	doc, err := encode(t)
	if err != nil {
		return err
	}
	_, err = w.exec("UPDATE tokens SET doc = $1 WHERE id = $2", doc, id)
	return err
}

// PutMeta implements control.TokenWriter.
func (w *writer) PutMeta(key, value string) error {
	_, err := w.exec("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
	return err
}

// TokenByHash implements control.TokenReader.
func (r reader) TokenByHash(hash string) (resource.Token, error) {
	t, err := first(r, tokens, "WHERE hash = $1", hash)
	if fault.Is(err, fault.NotFound) {
		return t, fault.New(fault.NotFound, "nobody issued this token") // the hash stays out of messages
	}
	return t, err
}

// Tokens implements control.TokenReader.
func (r reader) Tokens() ([]resource.Token, error) { return list(r, tokens, "ORDER BY seq DESC") }

// Meta implements control.TokenReader.
func (r reader) Meta(key string) (string, error) {
	var value string
	err := r.one("SELECT value FROM meta WHERE key = $1", []any{key}, &value)
	if errors.Is(err, sql.ErrNoRows) {
		err = missing("setting", key)
	}
	return value, err
}
