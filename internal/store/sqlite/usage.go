package sqlite

import (
	"database/sql"
	"errors"
	"math"

	"github.com/aureus-agents/aureus/resource"
)

// keepCalls is how long counted calls are kept; rate limits look back a minute.
const keepCalls = 10 * 60 * 1000

// CountCall implements control.UsageWriter.
func (w *writer) CountCall(agent, env string, at resource.Millis) error {
	if _, err := w.exec("DELETE FROM calls WHERE agent = $1 AND environment = $2 AND at < $3", agent, env, int64(at)-keepCalls); err != nil {
		return err
	}
	_, err := w.exec(`INSERT INTO calls (agent, environment, at, n) VALUES ($1, $2, $3, 1)
		ON CONFLICT (agent, environment, at) DO UPDATE SET n = calls.n + 1`, agent, env, int64(at))
	return err
}

// RecentCalls implements control.UsageReader.
func (r reader) RecentCalls(agent, env string, since resource.Millis) (int, error) {
	var n sql.NullInt64
	err := r.one("SELECT sum(n) FROM calls WHERE agent = $1 AND environment = $2 AND at >= $3", []any{agent, env, int64(since)}, &n)
	return int(n.Int64), err
}

// AddUsage implements control.UsageWriter.
func (w *writer) AddUsage(agent, env, key string, u resource.Use) error {
	_, err := w.exec(`INSERT INTO usage (agent, environment, key, tool_calls, tokens, cost, spent) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (agent, environment, key) DO UPDATE SET tool_calls = usage.tool_calls + excluded.tool_calls,
			tokens = usage.tokens + excluded.tokens, cost = usage.cost + excluded.cost, spent = usage.spent + excluded.spent`,
		agent, env, key, int64(u.ToolCalls), u.Tokens, int64(u.Cost), int64(math.Ceil(u.Spent*1e6-1e-3)))
	return err
}

// Usage implements control.UsageReader.
func (r reader) Usage(agent, env, key string) (resource.Use, error) {
	var calls, tokens, cost, spent int64
	err := r.one("SELECT tool_calls, tokens, cost, spent FROM usage WHERE agent = $1 AND environment = $2 AND key = $3",
		[]any{agent, env, key}, &calls, &tokens, &cost, &spent)
	if errors.Is(err, sql.ErrNoRows) {
		return resource.Use{}, nil
	}
	return resource.Use{ToolCalls: int(calls), Tokens: tokens, Cost: resource.MicroUSD(cost), Spent: float64(spent) / 1e6}, err
}

// LastUsage implements control.UsageReader.
func (r reader) LastUsage(agent, env, prefix string) (string, error) {
	var key sql.NullString
	err := r.one("SELECT max(key) FROM usage WHERE agent = $1 AND environment = $2 AND key >= $3 AND key < $4",
		[]any{agent, env, prefix, prefix + "\U0010FFFF"}, &key)
	return key.String, err
}

// Asked implements control.ApprovalReader.
func (r reader) Asked(agent, env, kind string, since resource.Millis) (open, recent int, err error) {
	var o, n int64
	if err := r.one("SELECT count(*) FROM approvals WHERE agent = $1 AND environment = $2 AND kind = $3 AND state = 'pending'",
		[]any{agent, env, kind}, &o); err != nil {
		return 0, 0, err
	}
	err = r.one("SELECT count(*) FROM approvals WHERE agent = $1 AND environment = $2 AND kind = $3 AND created_at >= $4",
		[]any{agent, env, kind, int64(since)}, &n)
	return int(o), int(n), err
}
