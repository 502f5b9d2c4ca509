package sqlite

import (
	"database/sql"
	"errors"
	"strings"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

var delegations = kind[resource.Delegation]{
	what: "delegation", table: "delegations", keys: []string{"id"},
	columns: []string{"id", "from_name", "to_name", "until", "ended", "revision"},
	values: func(d resource.Delegation) []any {
		return []any{d.ID, strings.ToLower(d.From), strings.ToLower(d.To), int64(d.Until), int64(d.EndedAt), d.Revision}
	},
}

// InsertDelegation implements control.DelegationWriter.
func (w *writer) InsertDelegation(d resource.Delegation) error { return insert(w, delegations, d) }

// PutDelegation implements control.DelegationWriter.
func (w *writer) PutDelegation(d resource.Delegation) error {
	return replace(w, delegations, d, d.Revision, d.ID)
}

// Delegation implements control.DelegationReader.
func (r reader) Delegation(id string) (resource.Delegation, error) { return get(r, delegations, id) }

// Delegations implements control.DelegationReader.
func (r reader) Delegations(q control.DelegationFilter, p control.Page) ([]resource.Delegation, error) {
	var f filter
	f.eq("from_name", strings.ToLower(q.From))
	f.eq("to_name", strings.ToLower(q.To))
	if q.Open {
		f.add("ended = ?", 0)
		f.add("until > ?", int64(q.At))
	}
	tail := f.newest("delegations", p)
	return list(r, delegations, tail, f.args...)
}

// PutChannelUser implements control.ChannelWriter.
func (w *writer) PutChannelUser(u resource.ChannelUser) error {
	_, err := w.exec(`INSERT INTO channel_users (channel, user, person) VALUES ($1, $2, $3)
		ON CONFLICT (channel, user) DO UPDATE SET person = excluded.person`, u.Channel, u.User, u.Person)
	return err
}

// DeleteChannelUser implements control.ChannelWriter.
func (w *writer) DeleteChannelUser(channel, user string) error {
	n, err := w.exec("DELETE FROM channel_users WHERE channel = $1 AND user = $2", channel, user)
	if err == nil && n == 0 {
		return missing("user of a channel", channel, user)
	}
	return err
}

// SeeAnswer implements control.ChannelWriter.
func (w *writer) SeeAnswer(hash string, now, until resource.Millis) error {
	if _, err := w.exec("DELETE FROM answers_seen WHERE until < $1", int64(now)); err != nil {
		return err
	}
	n, err := w.exec("INSERT INTO answers_seen (hash, until) VALUES ($1, $2) ON CONFLICT DO NOTHING", hash, int64(until))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "this signed answer came before; it is taken once")
	}
	return err
}

// ChannelUser implements control.ChannelReader.
func (r reader) ChannelUser(channel, user string) (resource.ChannelUser, error) {
	u := resource.ChannelUser{Channel: channel, User: user}
	err := r.one("SELECT person FROM channel_users WHERE channel = $1 AND user = $2", []any{channel, user}, &u.Person)
	if errors.Is(err, sql.ErrNoRows) {
		return u, missing("user of a channel", channel, user)
	}
	return u, err
}

// ChannelUsers implements control.ChannelReader.
func (r reader) ChannelUsers() ([]resource.ChannelUser, error) {
	out := []resource.ChannelUser{}
	err := r.each("SELECT channel, user, person FROM channel_users ORDER BY channel, user", nil, func(rows *sql.Rows) error {
		var u resource.ChannelUser
		if err := rows.Scan(&u.Channel, &u.User, &u.Person); err != nil {
			return err
		}
		out = append(out, u)
		return nil
	})
	return out, err
}
