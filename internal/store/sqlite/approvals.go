package sqlite

import (
	"database/sql"
	"errors"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

var approvals = kind[resource.Approval]{
	what: "approval request", table: "approvals", keys: []string{"id"},
	columns: []string{"id", "agent", "kind", "subject", "state", "revision", "environment", "created_at"},
	values: func(a resource.Approval) []any {
		return []any{a.ID, a.Agent, a.Kind, a.Subject, string(a.State), a.Revision, a.Environment, int64(a.CreatedAt)}
	},
}

// InsertApproval implements control.ApprovalWriter.
func (w *writer) InsertApproval(a resource.Approval) error { return insert(w, approvals, a) }

// PutApproval implements control.ApprovalWriter.
func (w *writer) PutApproval(a resource.Approval) error {
	return replace(w, approvals, a, a.Revision, a.ID)
}

// Approval implements control.ApprovalReader.
func (r reader) Approval(id string) (resource.Approval, error) { return get(r, approvals, id) }

// Approvals implements control.ApprovalReader.
func (r reader) Approvals(q control.ApprovalFilter, p control.Page) ([]resource.Approval, error) {
	var f filter
	f.eq("agent", q.Agent)
	f.eq("environment", q.Environment)
	f.eq("kind", q.Kind)
	f.eq("subject", q.Subject)
	f.eq("state", string(q.State))
	tail := f.newest("approvals", p)
	return list(r, approvals, tail, f.args...)
}

// InsertApprovalToken implements control.ApprovalWriter.
func (w *writer) InsertApprovalToken(t resource.ApprovalToken) error {
	n, err := w.exec(`INSERT INTO approval_tokens (hash, approval, principal, digest, expires_at, used_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		t.Hash, t.Approval, t.Principal, t.Digest, int64(t.ExpiresAt), int64(t.UsedAt))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "this approval token exists already")
	}
	return err
}

// UseApprovalToken implements control.ApprovalWriter.
func (w *writer) UseApprovalToken(hash string, now resource.Millis) (resource.ApprovalToken, error) {
	t := resource.ApprovalToken{Hash: hash}
	err := w.one("SELECT approval, principal, digest, expires_at, used_at FROM approval_tokens WHERE hash = $1",
		[]any{hash}, &t.Approval, &t.Principal, &t.Digest, &t.ExpiresAt, &t.UsedAt)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return resource.ApprovalToken{}, fault.New(fault.NotFound, "nobody issued this approval token")
	case err != nil:
		return resource.ApprovalToken{}, err
	case t.UsedAt != 0:
		return resource.ApprovalToken{}, fault.New(fault.Conflict, "this approval token was used before; ask for a new one")
	}
	// now may be 0 in a test's clock; a used token is never 0.
	t.UsedAt = max(now, 1)
	_, err = w.exec("UPDATE approval_tokens SET used_at = $1 WHERE hash = $2", int64(t.UsedAt), hash)
	return t, err
}
