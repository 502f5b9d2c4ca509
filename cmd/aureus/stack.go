package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/gateway"
	"github.com/aureus-agents/aureus/internal/model"
	"github.com/aureus-agents/aureus/internal/sequencer"
	"github.com/aureus-agents/aureus/internal/store/sqlite"
	"github.com/aureus-agents/aureus/internal/telemetry"
	"github.com/aureus-agents/aureus/internal/tool"
)

// defaultData is the data folder of a server that is told no other.
const defaultData = "aureus-data"

// stackConfig is what a server needs. The zero value of a field is its default.
type stackConfig struct {
	Data   string // folder; "" is aureus-data
	Listen string // address; "" is 127.0.0.1:7420
	Hosts  []string
	Models model.Config
	// Channels is by what people are told and can answer.
	Channels channelConfig
	Logger   *slog.Logger
	// Workers is how many effects are done at once; 0 is 8.
	Workers int
	// ToolDir is where MCP servers find their files; "" is the current folder.
	ToolDir string
	// ApprovalWait is how long a call of an MCP client waits for an approval; 0 is
	// 30s, negative does not wait.
	ApprovalWait time.Duration
	// Drain is how long a stop waits for runs in flight; 0 is 20s.
	Drain time.Duration
	// CommandGraders lets versions bring programs that grade their runs.
	CommandGraders bool
}

func (c stackConfig) withDefaults() stackConfig {
	if c.Data == "" {
		c.Data = defaultData
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:7420"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Workers == 0 {
		c.Workers = 8
	}
	if c.Drain == 0 {
		c.Drain = 20 * time.Second
	}
	return c
}

// stack is a running server: API, console, worker and sequencer in one process.
type stack struct {
	cfg     stackConfig
	control *control.Control
	db      *sqlite.DB
	tools   *tool.Adapters
	gateway *gateway.Gateway
	slack   *telemetry.Slack // nil: none
	seq     *sequencer.Sequencer
	http    *http.Server
	// URL is where it listens.
	URL string
	// AdminToken is the secret of the first token, "" on every later start.
	AdminToken string

	cancel  context.CancelFunc // of the worker and the sequencer
	done    chan struct{}      // closed when a stop begins: streams end
	wg      sync.WaitGroup
	failure chan error
}

// startStack opens the data folder and serves. When it returns an error nothing
// is left running.
func startStack(ctx context.Context, cfg stackConfig) (s *stack, err error) {
	cfg = cfg.withDefaults()
	s = &stack{cfg: cfg, done: make(chan struct{}), failure: make(chan error, 4)}
	listener, err := listen(cfg.Listen)
	if err != nil {
		return nil, err
	}
	opened := s // a failing return sets s to nil
	defer func() {
		if err != nil {
			_ = listener.Close() // err says more
			opened.closeParts()
		}
	}()
	if s.db, err = sqlite.Open(filepath.Join(cfg.Data, "aureus.db")); err != nil {
		return nil, err
	}
	key, err := loadKey(ctx, s.db, filepath.Join(cfg.Data, "key.pem"))
	if err != nil {
		return nil, err
	}
	metrics := telemetry.New(telemetry.Config{Version: version, Ledger: s.ledgerSize, DORA: s.fourKeys})
	if s.control, err = s.wireControl(key, metrics); err != nil {
		return nil, err
	}
	if s.AdminToken, err = s.control.Bootstrap(ctx); err != nil {
		return nil, err
	}
	if _, err = s.control.Recover(ctx); err != nil {
		return nil, err
	}
	s.seq = sequencer.New(s.db, key, cfg.Logger)
	handler := s.handler(metrics, listener.Addr())
	s.URL = "http://" + listener.Addr().String()
	s.serve(listener, handler)
	return s, nil
}

func (s *stack) wireControl(key *attest.Key, metrics *telemetry.Metrics) (*control.Control, error) {
	models, err := model.New(s.cfg.Models)
	if err != nil {
		return nil, err
	}
	s.tools = tool.New(tool.Config{Logger: s.cfg.Logger, Dir: s.cfg.ToolDir, Private: []string{s.cfg.Data}})
	cc := control.Config{Store: s.db, Key: key, Adapters: s.tools, Models: models, Meter: metrics, Version: version,
		Now: time.Now, NewID: newID, Logger: s.cfg.Logger}
	if s.cfg.CommandGraders {
		cc.Graders = tool.NewGraders(tool.Config{Dir: s.cfg.ToolDir, Private: []string{s.cfg.Data}, Logger: s.cfg.Logger})
	}
	if cc.Notifiers, err = s.notifiers(); err != nil {
		return nil, err
	}
	return control.New(cc)
}

// alertPace is how often figures are held against alert rules, and the schedule of
// drills against the clock.
const alertPace = 10 * time.Second

func (s *stack) watchAlerts(ctx context.Context) {
	tick := time.NewTicker(alertPace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.control.CheckAlerts(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Logger.Error("alert rules were not checked", "error", err)
			}
			if err := s.control.CheckDrills(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Logger.Error("scheduled drills were not started", "error", err)
			}
		}
	}
}

// background runs f; when f fails, the server stops.
func (s *stack) background(f func() error) {
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		if err := f(); err != nil && !errors.Is(err, context.Canceled) {
			s.failure <- err
		}
	}()
}

// wait returns when ctx ends (nil) or a part fails.
func (s *stack) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failure:
		return err
	}
}

// flushTime is how long a stop takes at most to sequence what was recorded.
const flushTime = 5 * time.Second

// stop ends gracefully: no new requests, runs in flight finish or are left for
// the next start, effects in work finish, every event gets its place in the tree.
func (s *stack) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Drain)
	defer cancel()
	close(s.done)
	if err := s.http.Shutdown(ctx); err != nil {
		s.cfg.Logger.Warn("requests were cut off", "error", err)
		_ = s.http.Close() // the rest is cut off
	}
	s.gateway.Close()
	s.control.Wait(ctx)
	s.cancel()
	s.wg.Wait()
	// The drain may be used up; what was recorded is sequenced all the same.
	last, done := context.WithTimeout(context.Background(), flushTime)
	defer done()
	if err := s.seq.Flush(last); err != nil {
		s.cfg.Logger.Warn("events wait for the next start to be sequenced", "error", err)
	}
	s.closeParts()
}

func (s *stack) closeParts() {
	if s.tools != nil {
		s.tools.Close()
	}
	if s.db != nil {
		if err := s.db.Close(); err != nil {
			s.cfg.Logger.Warn("the database was not closed cleanly", "error", err)
		}
	}
}
