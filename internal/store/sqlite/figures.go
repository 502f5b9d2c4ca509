package sqlite

import (
	"cmp"
	"database/sql"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// figureKey names one row of figures. At is the start of a chart's bucket.
type figureKey struct {
	Agent, Environment, Digest string
	At                         int64
}

// figureSum is what is known of a key before rates are made of it.
type figureSum struct {
	resource.Figures
	retried, escalated int64
	latency            []bucketCount
	repairMs, repairs  int64
}

// Figures implements control.FiguresReader.
func (r reader) Figures(q control.FiguresQuery) ([]resource.Figures, error) {
	sums, err := r.sum(q, "agent, environment, digest, 0", "agent, environment, digest, 0", nil)
	if err != nil {
		return nil, err
	}
	out := make([]resource.Figures, 0, len(sums))
	for _, s := range sums {
		out = append(out, s.finish(q.From, q.To))
	}
	return out, nil
}

// Series implements control.FiguresReader. Buckets without runs are left out. A
// bucket is a whole number of slots wide: ten seconds, twenty, ...
func (r reader) Series(q control.FiguresQuery, bucketMs int64) ([]resource.FiguresPoint, error) {
	if bucketMs <= 0 {
		return nil, fault.New(fault.Invalid, "a series needs a bucket width above zero")
	}
	width := (bucketMs + slotMs - 1) / slotMs // in slots
	sums, err := r.sum(q, "'', '', '', slot / $1 * $1 * 10000", "'', '', '', updated_at / (10000 * $1) * $1 * 10000", []any{width})
	if err != nil {
		return nil, err
	}
	out := make([]resource.FiguresPoint, 0, len(sums))
	for _, s := range sums {
		at := s.From
		s.Agent, s.Environment, s.Digest = q.Agent, q.Environment, q.Digest
		out = append(out, resource.FiguresPoint{At: at, Figures: s.finish(at, at+resource.Millis(width*slotMs))})
	}
	return out, nil
}

// sum groups the rollups, latencies and rollbacks of q. group and releaseGroup
// are the four columns of a figureKey; args are their parameters.
func (r reader) sum(q control.FiguresQuery, group, releaseGroup string, args []any) ([]*figureSum, error) {
	sums := map[figureKey]*figureSum{}
	f := rollupFilter(q, args)
	err := r.each("SELECT "+group+`, max(version), sum(runs), sum(success), sum(failed), sum(retried), sum(escalated),
		sum(cost), sum(tokens), sum(crv_failures), sum(denials), sum(escalations) FROM rollups `+f.where()+" GROUP BY 1, 2, 3, 4",
		f.args, func(rows *sql.Rows) error {
			var k figureKey
			s := &figureSum{}
			if err := rows.Scan(&k.Agent, &k.Environment, &k.Digest, &k.At, &s.Version, &s.Runs, &s.Success, &s.Failed, &s.retried,
				&s.escalated, &s.Cost, &s.Tokens, &s.CRVFailures, &s.Denials, &s.Escalations); err != nil {
				return err
			}
			s.Agent, s.Environment, s.Digest, s.From = k.Agent, k.Environment, k.Digest, resource.Millis(k.At)
			sums[k] = s
			return nil
		})
	if err == nil {
		err = r.addLatency(sums, group, f)
	}
	if err == nil {
		err = r.addRollbacks(sums, q, releaseGroup, args)
	}
	return sorted(sums), err
}

func (r reader) addLatency(sums map[figureKey]*figureSum, group string, f filter) error {
	return r.each("SELECT "+group+", bucket, sum(n) FROM rollup_latency "+f.where()+" GROUP BY 1, 2, 3, 4, 5 ORDER BY 5",
		f.args, func(rows *sql.Rows) error {
			var k figureKey
			var c bucketCount
			if err := rows.Scan(&k.Agent, &k.Environment, &k.Digest, &k.At, &c.bucket, &c.n); err != nil {
				return err
			}
			if s := sums[k]; s != nil {
				s.latency = append(s.latency, c)
			}
			return nil
		})
}

func (r reader) addRollbacks(sums map[figureKey]*figureSum, q control.FiguresQuery, group string, args []any) error {
	f := filter{args: slices.Clone(args)}
	f.eq("agent", q.Agent)
	f.eq("environment", q.Environment)
	f.eq("digest", q.Digest)
	f.add("state = ?", string(resource.ReleaseRolledBack))
	f.add("json_extract(doc, '$.drill') IS NULL") // no rollback that anybody needed
	f.add("updated_at >= ?", int64(q.From))
	if q.To > 0 {
		f.add("updated_at < ?", int64(q.To))
	}
	return r.each("SELECT "+group+`, count(*), sum(CASE WHEN decided_at > 0 THEN 1 ELSE 0 END),
		sum(CASE WHEN decided_at > 0 THEN updated_at - decided_at ELSE 0 END) FROM releases `+f.where()+" GROUP BY 1, 2, 3, 4",
		f.args, func(rows *sql.Rows) error {
			var k figureKey
			var n, repairs, ms int64
			if err := rows.Scan(&k.Agent, &k.Environment, &k.Digest, &k.At, &n, &repairs, &ms); err != nil {
				return err
			}
			if s := sums[k]; s != nil {
				s.Rollbacks, s.repairs, s.repairMs = n, repairs, ms
			}
			return nil
		})
}

// rollupFilter selects the slots that the window of q touches.
func rollupFilter(q control.FiguresQuery, args []any) filter {
	f := filter{args: slices.Clone(args)}
	f.eq("agent", q.Agent)
	f.eq("environment", q.Environment)
	f.eq("digest", q.Digest)
	f.add("slot >= ?", int64(q.From)/slotMs)
	if q.To > 0 {
		f.add("slot < ?", (int64(q.To)+slotMs-1)/slotMs)
	}
	return f
}

func sorted(sums map[figureKey]*figureSum) []*figureSum {
	out := make([]*figureSum, 0, len(sums))
	for _, s := range sums {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *figureSum) int {
		return cmp.Or(cmp.Compare(a.From, b.From), strings.Compare(a.Agent, b.Agent),
			strings.Compare(a.Environment, b.Environment), cmp.Compare(a.Version, b.Version), strings.Compare(a.Digest, b.Digest))
	})
	return out
}

// finish makes rates of the sums.
func (s *figureSum) finish(from, to resource.Millis) resource.Figures {
	f := s.Figures
	f.From, f.To = from, to
	if f.Runs > 0 {
		n := float64(f.Runs)
		f.SuccessRate, f.ErrorRate = float64(f.Success)/n, float64(f.Failed)/n
		f.RetryRate, f.EscalationRate = float64(s.retried)/n, float64(s.escalated)/n
	}
	if f.Success > 0 {
		f.CostPerSuccess = f.Cost / resource.MicroUSD(f.Success)
	}
	if s.repairs > 0 {
		f.MTTRMs = s.repairMs / s.repairs
	}
	f.P50Ms, f.P95Ms, f.P99Ms = percentile(s.latency, .50), percentile(s.latency, .95), percentile(s.latency, .99)
	return f
}
