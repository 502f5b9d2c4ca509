package sqlite

import "github.com/aureus-agents/aureus/resource"

// slotMs is the width of a slot of the figures.
const slotMs = 10_000

// rollUp adds a live run that has ended to the figures.
func (w *writer) rollUp(r resource.Run) error {
	if r.Mode != resource.RunLive || !ended(r) {
		return nil
	}
	slot := int64(max(r.EndedAt, r.StartedAt)) / slotMs
	s := r.Stats
	escalated := s.Escalations > 0 || r.Outcome == resource.OutcomeEscalated
	_, err := w.exec(`INSERT INTO rollups (agent, environment, digest, slot, version, runs, success, failed, retried, escalated,
			cost, tokens, crv_failures, denials, escalations)
		VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (agent, environment, digest, slot) DO UPDATE SET
			version = excluded.version, runs = rollups.runs + 1, success = rollups.success + excluded.success,
			failed = rollups.failed + excluded.failed, retried = rollups.retried + excluded.retried,
			escalated = rollups.escalated + excluded.escalated, cost = rollups.cost + excluded.cost,
			tokens = rollups.tokens + excluded.tokens, crv_failures = rollups.crv_failures + excluded.crv_failures,
			denials = rollups.denials + excluded.denials, escalations = rollups.escalations + excluded.escalations`,
		r.Agent, r.Environment, r.Digest, slot, r.Version, number(r.Outcome == resource.OutcomeSuccess), number(r.Outcome.Failed()),
		number(s.Retries > 0), number(escalated), int64(s.Cost), s.PromptTokens+s.CompletionTokens, s.CRVFailures, s.Denials, s.Escalations)
	if err != nil {
		return err
	}
	_, err = w.exec(`INSERT INTO rollup_latency (agent, environment, digest, slot, bucket, n) VALUES ($1, $2, $3, $4, $5, 1)
		ON CONFLICT (agent, environment, digest, slot, bucket) DO UPDATE SET n = rollup_latency.n + 1`,
		r.Agent, r.Environment, r.Digest, slot, bucketOf(r.LatencyMs))
	return err
}
