package control

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Control is the control plane. It is safe for concurrent use.
type Control struct {
	cfg Config
	hub hub

	tokens   knownTokens
	explored explored
	// evaluating is how far the checks of releases are.
	evaluating evaluating

	mu       sync.Mutex
	loaded   map[string]*loadedVersion  // by digest and environment
	resuming map[string]bool            // runs that a job is going on with
	missing  map[string]resource.Millis // the last minute of a release whose canary runs a job looks after
	started  resource.Millis            // the time on the wall when Config.Elapsed was 0
	runs     sync.WaitGroup             // runs in flight
}

// New makes a Control; fault.Invalid names a missing part of cfg.
func New(cfg Config) (*Control, error) {
	switch {
	case cfg.Store == nil:
		return nil, fault.New(fault.Invalid, "control: Config.Store is missing")
	case cfg.Key == nil:
		return nil, fault.New(fault.Invalid, "control: Config.Key is missing")
	case cfg.Adapters == nil || cfg.Models == nil:
		return nil, fault.New(fault.Invalid, "control: Config.Adapters and Config.Models are needed")
	case cfg.Now == nil || cfg.NewID == nil:
		return nil, fault.New(fault.Invalid, "control: Config.Now and Config.NewID are needed")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Version == "" {
		cfg.Version = "dev"
	}
	if cfg.Meter == nil {
		cfg.Meter = noMeter{}
	}
	start := cfg.Now()
	if cfg.Elapsed == nil {
		cfg.Elapsed = func() time.Duration { return cfg.Now().Sub(start) }
	}
	started := resource.Millis(start.Add(-cfg.Elapsed()).UnixMilli())
	return &Control{cfg: cfg, loaded: map[string]*loadedVersion{}, resuming: map[string]bool{}, missing: map[string]resource.Millis{}, started: started}, nil
}

// Wait returns when no run is in flight any more, or when ctx ends.
func (c *Control) Wait(ctx context.Context) {
	done := make(chan struct{})
	go func() { c.runs.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

func (c *Control) view(ctx context.Context, fn func(Reader) error) error {
	return c.cfg.Store.View(ctx, fn)
}

// update runs fn in a transaction and, once it is durable, tells subscribers
// and metrics what happened.
func (c *Control) update(ctx context.Context, fn func(*tx) error) error {
	return c.cfg.Store.Update(ctx, c.inTx(fn))
}

// inTx gives fn its tx.
func (c *Control) inTx(fn func(*tx) error) func(Tx) error {
	return func(s Tx) error {
		t := &tx{Tx: s, c: c}
		if err := fn(t); err != nil {
			return err
		}
		s.AfterCommit(func() { c.committed(t) })
		return nil
	}
}

func (c *Control) committed(t *tx) {
	for _, e := range t.events {
		c.hub.publish(e)
		c.cfg.Logger.Info("lifecycle", "action", e.Action, "subject", e.SubjectID, "digest", e.Digest,
			"agent", e.Agent, "environment", e.Environment, "actor", e.Actor.Name)
	}
	for _, f := range t.after {
		f()
	}
}

// tx is a transaction that remembers what to tell once it is durable.
type tx struct {
	Tx
	c      *Control
	events []resource.Event
	after  []func()
}

// record appends an event to the ledger. Time and ID are filled in.
func (t *tx) record(e resource.Event) error {
	e.Time = t.c.now()
	e.ID = t.c.cfg.NewID("ev")
	if err := t.Append(e); err != nil {
		return err
	}
	t.events = append(t.events, e)
	return nil
}

func (t *tx) then(f func()) { t.after = append(t.after, f) }

type noMeter struct{}

func (noMeter) RunEnded(resource.Run)                            {}
func (noMeter) Decided(string, string, resource.Decision)        {}
func (noMeter) ReleaseMoved(resource.Release, string)            {}
func (noMeter) RolledBack(agent, env string, took time.Duration) {}
func (noMeter) DrillRecovered(string, string, time.Duration)     {}
