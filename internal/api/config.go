package api

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
)

// Limits of a request.
const (
	MaxBody       = 256 << 10 // bytes of a JSON body
	MaxPushBody   = 16 << 20  // bytes of a version to register
	MaxInvokeBody = 1 << 20   // bytes of an agent's input
	MaxImportBody = 64 << 20  // bytes of recorded runs to import
)

// Config is what the API needs.
type Config struct {
	// Control is required.
	Control Control
	// Logger gets one line a request; nil discards them.
	Logger *slog.Logger
	// Version is shown in the OpenAPI description; "" is "dev".
	Version string
	// Metrics serves /metrics; nil leaves it out.
	Metrics http.Handler
	// Ready says whether the server can do its work, for /readyz; nil is always.
	Ready func(ctx context.Context) error
	// Hosts says which Host and Origin headers are answered.
	Hosts HostRules
	// NewID makes request ids; nil makes random ones.
	NewID func(prefix string) string
	// Timeout of an ordinary request; 0 is 30s. Invocations, simulations,
	// evaluations and streams have none: they end with the client.
	Timeout time.Duration
	// PushTimeout is the timeout of registering a version, which asks MCP servers
	// for their tools; 0 is 2m.
	PushTimeout time.Duration
	// Heartbeat is how often an idle event stream sends a comment; 0 is 15s.
	Heartbeat time.Duration
	// Hooks says how signed answers to approval requests are checked.
	Hooks Hooks
	// Done is closed when the server stops: event streams end then, so that a
	// graceful stop does not wait for them. nil is never.
	Done <-chan struct{}
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	if c.NewID == nil {
		c.NewID = func(prefix string) string { return prefix + "_" + rand.Text() }
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.PushTimeout == 0 {
		c.PushTimeout = 2 * time.Minute
	}
	if c.Hooks.Now == nil {
		c.Hooks.Now = time.Now
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = 15 * time.Second
	}
	return c
}

func (c Config) validate() error {
	if c.Control == nil {
		return fault.New(fault.Internal, "api: Config.Control is required")
	}
	if c.Timeout < 0 || c.PushTimeout < 0 || c.Heartbeat < 0 {
		return fault.New(fault.Internal, "api: a timeout in Config is negative; leave it 0 for the default")
	}
	return nil
}
