package telemetry

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// Config is what the metrics need.
type Config struct {
	// Version and Revision of the binary, for aureus_build_info; "" is "unknown".
	Version, Revision string
	// Ledger reads the ledger's size and the number of events without an index,
	// at each scrape; nil leaves those metrics out. An error leaves them out of
	// that scrape.
	Ledger func(ctx context.Context) (size, pending int64, err error)
	// DORA reads the four keys of the last 30 days, at most once a minute; nil leaves
	// those metrics out.
	DORA func(ctx context.Context) ([]resource.DORA, error)
}

// Metrics counts what happens, on a registry of its own. It is safe for
// concurrent use, never fails and never blocks.
type Metrics struct {
	registry *prometheus.Registry

	runs        *prometheus.CounterVec
	runDuration *prometheus.HistogramVec
	cost        *prometheus.CounterVec
	tokens      *prometheus.CounterVec
	retries     *prometheus.CounterVec
	toolCalls   *prometheus.CounterVec
	crvFailures *prometheus.CounterVec
	escalations *prometheus.CounterVec

	decisions        *prometheus.CounterVec
	releaseEvents    *prometheus.CounterVec
	rollbacks        *prometheus.CounterVec
	rollbackDuration *prometheus.HistogramVec
	drillRecovery    *prometheus.HistogramVec
}

var _ control.Meter = (*Metrics)(nil)

// New makes the metrics.
func New(cfg Config) *Metrics {
	run := []string{"agent", "environment", "version", "mode"}
	place := []string{"agent", "environment"}
	m := &Metrics{
		registry:    prometheus.NewRegistry(),
		runs:        counter("runs_total", "Runs that ended, by outcome.", append(run[:4:4], "outcome")...),
		runDuration: histogram("run_duration_seconds", "Durations of runs.", []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300}, run...),
		cost:        counter("run_cost_usd_total", "Cost of the model calls of runs in US dollars.", run...),
		tokens:      counter("run_tokens_total", "Tokens of runs, by kind: prompt or completion.", append(run[:4:4], "kind")...),
		retries:     counter("run_retries_total", "Model and tool calls of runs that were tried again.", run...),
		toolCalls:   counter("run_tool_calls_total", "Tool calls that runs made.", run...),
		crvFailures: counter("crv_failures_total", "Values that CRV blocked.", run...),
		escalations: counter("escalations_total", "Calls and values handed to people.", run...),

		decisions:     counter("guard_decisions_total", "Decisions of the guard, by state and by the check that decided.", append(place[:2:2], "state", "check")...),
		releaseEvents: counter("release_events_total", "Transitions of releases, by event and by the state they led to.", append(place[:2:2], "event", "state")...),
		rollbacks:     counter("rollbacks_total", "Rollbacks.", place...),
		rollbackDuration: histogram("rollback_duration_seconds", "Time from the decision to roll back until the good version is verified again.",
			[]float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900}, place...),
		drillRecovery: histogram("drill_recovery_seconds", "Time from the first failed run of a drill that passed until the good version is verified again.",
			[]float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900}, place...),
	}
	m.registry.MustRegister(m.runs, m.runDuration, m.cost, m.tokens, m.retries, m.toolCalls, m.crvFailures, m.escalations,
		m.decisions, m.releaseEvents, m.rollbacks, m.rollbackDuration, m.drillRecovery, buildInfo(cfg),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if cfg.Ledger != nil {
		m.registry.MustRegister(&ledgerCollector{read: cfg.Ledger})
	}
	if cfg.DORA != nil {
		m.registry.MustRegister(&doraCollector{read: cfg.DORA, now: time.Now})
	}
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "aureus", Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "aureus", Name: name, Help: help, Buckets: buckets}, labels)
}

func buildInfo(cfg Config) prometheus.Collector {
	known := func(s string) string {
		if s == "" {
			return "unknown"
		}
		return s
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "aureus", Name: "build_info", Help: "The binary; always 1.",
		ConstLabels: prometheus.Labels{"version": known(cfg.Version), "revision": known(cfg.Revision), "goversion": runtime.Version()}})
	g.Set(1)
	return g
}

// Handler serves the metrics in Prometheus' text formats.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Gatherer is the registry, for tests and exporters.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// RunEnded implements control.Meter. A run that waits for a person has not ended
// and is not counted.
func (m *Metrics) RunEnded(r resource.Run) {
	if r.Outcome == resource.OutcomeRunning || r.Outcome == resource.OutcomeWaiting {
		return
	}
	v := version(r.Version)
	if r.Mode == resource.RunDrill && r.Canary {
		v = "drill" // every drill has a version of its own
	}
	l := []string{r.Agent, r.Environment, v, string(r.Mode)}
	with := func(extra string) []string { return append(l[:4:4], extra) }
	m.runs.WithLabelValues(with(string(r.Outcome))...).Inc()
	m.runDuration.WithLabelValues(l...).Observe(float64(max(r.LatencyMs, 0)) / 1000)
	add(m.cost.WithLabelValues(l...), float64(r.Stats.Cost)/1e6)
	add(m.tokens.WithLabelValues(with("prompt")...), float64(r.Stats.PromptTokens))
	add(m.tokens.WithLabelValues(with("completion")...), float64(r.Stats.CompletionTokens))
	add(m.retries.WithLabelValues(l...), float64(r.Stats.Retries))
	add(m.toolCalls.WithLabelValues(l...), float64(r.Stats.ToolCalls))
	add(m.crvFailures.WithLabelValues(l...), float64(r.Stats.CRVFailures))
	add(m.escalations.WithLabelValues(l...), float64(r.Stats.Escalations))
}

// Decided implements control.Meter.
func (m *Metrics) Decided(agent, env string, d resource.Decision) {
	m.decisions.WithLabelValues(agent, env, string(d.State), check(d.Check)).Inc()
}

// ReleaseMoved implements control.Meter.
func (m *Metrics) ReleaseMoved(r resource.Release, event string) {
	m.releaseEvents.WithLabelValues(r.Agent, r.Environment, event, string(r.State)).Inc()
}

// RolledBack implements control.Meter.
func (m *Metrics) RolledBack(agent, env string, took time.Duration) {
	m.rollbacks.WithLabelValues(agent, env).Inc()
	m.rollbackDuration.WithLabelValues(agent, env).Observe(max(took, 0).Seconds())
}

// DrillRecovered implements control.Meter.
func (m *Metrics) DrillRecovered(agent, env string, took time.Duration) {
	m.drillRecovery.WithLabelValues(agent, env).Observe(max(took, 0).Seconds())
}

// add adds v; a counter panics on a negative number, which a damaged or
// imported run could hold.
func add(c prometheus.Counter, v float64) {
	if v > 0 {
		c.Add(v)
	}
}

func version(n int) string { return "v" + strconv.Itoa(n) }

// check keeps the label to the guard's fixed words.
func check(name string) string {
	switch name {
	case "tool", "phase", "permission", "policy", "tier", "budget", "approval":
		return name
	case "":
		return "none"
	}
	return "other"
}
