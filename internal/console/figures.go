package console

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// span is a window that figures are shown for.
type span struct {
	Key    string
	Label  string
	Length time.Duration
	Bucket time.Duration
}

// spans are the windows offered, shortest first.
var spans = []span{
	{"10m", "10 minutes", 10 * time.Minute, 20 * time.Second},
	{"1h", "1 hour", time.Hour, 2 * time.Minute},
	{"24h", "24 hours", 24 * time.Hour, 30 * time.Minute},
	{"7d", "7 days", 7 * 24 * time.Hour, 3 * time.Hour},
}

// wholeDay is the window when none is asked for.
const wholeDay = "24h"

// spanOf is the span of that key, or the day.
func spanOf(key string) span {
	i := slices.IndexFunc(spans, func(s span) bool { return s.Key == key })
	if i < 0 {
		return spanOf(wholeDay)
	}
	return spans[i]
}

// span is the window that a request asks for or, when it asks for none, the
// shortest one that holds all runs of the last day: a fleet that has just begun
// is not shown as one dot at the edge of a day.
func (s *server) span(rq *request, agent string) (span, error) {
	if key := rq.URL.Query().Get("window"); key != "" {
		return spanOf(key), nil
	}
	whole := spanOf(wholeDay)
	for _, sp := range spans {
		if sp.Length >= whole.Length {
			break
		}
		q := whole.query(s.now(), agent, "")
		q.To = sp.query(s.now(), agent, "").From
		earlier, err := s.control.Figures(rq.Context(), rq.who, q)
		if err != nil {
			return span{}, err
		}
		if len(earlier) == 0 {
			return sp, nil
		}
	}
	return whole, nil
}

// query is the figures query of a span that ends now. It begins at a bucket's
// start, so that the points of a series fall on whole buckets.
func (s span) query(now time.Time, agent, env string) control.FiguresQuery {
	from := now.Add(-s.Length).Truncate(s.Bucket)
	return control.FiguresQuery{Agent: agent, Environment: env, From: resource.Millis(from.UnixMilli()), To: resource.Millis(now.UnixMilli())}
}

// combine adds the figures of several versions. Rates are recomputed from
// counts; a percentile of several versions is the worst of theirs, because
// percentiles cannot be added.
func combine(rows []resource.Figures) resource.Figures {
	var t resource.Figures
	var retried, repaired float64
	for i, f := range rows {
		if i == 0 {
			t.Agent, t.Environment, t.From, t.To = f.Agent, f.Environment, f.From, f.To
		}
		t.Runs += f.Runs
		t.Success += f.Success
		t.Failed += f.Failed
		t.Cost += f.Cost
		t.CRVFailures += f.CRVFailures
		t.Denials += f.Denials
		t.Escalations += f.Escalations
		t.Tokens += f.Tokens
		t.Rollbacks += f.Rollbacks
		t.P50Ms, t.P95Ms, t.P99Ms = max(t.P50Ms, f.P50Ms), max(t.P95Ms, f.P95Ms), max(t.P99Ms, f.P99Ms)
		retried += f.RetryRate * float64(f.Runs)
		repaired += float64(f.MTTRMs) * float64(max(f.Rollbacks, 1))
	}
	if t.Runs > 0 {
		n := float64(t.Runs)
		t.SuccessRate, t.ErrorRate = float64(t.Success)/n, float64(t.Failed)/n
		t.RetryRate, t.EscalationRate = retried/n, float64(t.Escalations)/n
	}
	if t.Success > 0 {
		t.CostPerSuccess = t.Cost / resource.MicroUSD(t.Success)
	}
	if t.Rollbacks > 0 {
		t.MTTRMs = int64(repaired / float64(t.Rollbacks))
	}
	return t
}

// stat is one figure with its label.
type stat struct {
	Label string
	Value string
	Note  string // what it means, on hover
	Tone  string
}

// statsOf are the monitor's figures as they are shown, the same everywhere.
func statsOf(f resource.Figures) []stat {
	return []stat{
		{"Error rate", rate(f.ErrorRate, f.Runs), "runs that did not succeed", worse(f.Failed, f.ErrorRate > 0.05)},
		{"Retry rate", rate(f.RetryRate, f.Runs), "runs with at least one retry", ""},
		{"p50", latency(f.P50Ms, f.Runs), "half of the runs took no longer", ""},
		{"p95", latency(f.P95Ms, f.Runs), "95 of 100 runs took no longer", ""},
		{"p99", latency(f.P99Ms, f.Runs), "99 of 100 runs took no longer", ""},
		{"Cost", money(f.Cost), "of the models, in the window", ""},
		{"Cost / success", perSuccess(f), "cost of all runs over the successful ones", ""},
		{"CRV failures", count(f.CRVFailures), "values that a CRV gate blocked", worse(f.CRVFailures, false)},
		{"Denials", count(f.Denials), "tool calls that the guard refused", worse(f.Denials, false)},
		{"Escalations", escalations(f), "handed to a human, with their share of runs", worse(f.Escalations, false)},
		{"Rollbacks", count(f.Rollbacks), "in the window", worse(f.Rollbacks, true)},
		{"MTTR", repair(f), "mean time from the deciding outcome to a verified good version", ""},
	}
}

func rate(v float64, runs int64) string {
	if runs == 0 {
		return none
	}
	return percent(v)
}

func latency(v float64, runs int64) string {
	if runs == 0 {
		return none
	}
	return millis(v)
}

func perSuccess(f resource.Figures) string {
	if f.Success == 0 {
		return none
	}
	return money(f.CostPerSuccess)
}

func escalations(f resource.Figures) string {
	if f.Escalations == 0 {
		return "0"
	}
	return fmt.Sprintf("%s · %s", count(f.Escalations), percent(f.EscalationRate))
}

func repair(f resource.Figures) string {
	if f.MTTRMs == 0 {
		return none
	}
	return millis(float64(f.MTTRMs))
}

// worse is the tone of a count that should be zero.
func worse(n int64, bad bool) string {
	switch {
	case n == 0:
		return ""
	case bad:
		return "bad"
	}
	return "warn"
}

// buckets lays the points of a series on the buckets of a query: one figure for
// each, the points of several versions combined, none where nothing ran.
func buckets(q control.FiguresQuery, bucket time.Duration, points []resource.FiguresPoint) []resource.Figures {
	width := bucket.Milliseconds()
	if width <= 0 || q.To <= q.From {
		return nil
	}
	n := int(math.Ceil(float64(q.To-q.From) / float64(width)))
	rows := make([][]resource.Figures, n)
	for _, p := range points {
		i := int(int64(p.At-q.From) / width)
		if i >= 0 && i < n {
			rows[i] = append(rows[i], p.Figures)
		}
	}
	out := make([]resource.Figures, n)
	for i, r := range rows {
		out[i] = combine(r)
	}
	return out
}
