// Package gateway is the MCP server that agents hosted elsewhere call: any MCP
// client connects to /mcp/AGENT@ENVIRONMENT and sees the tools of the version that
// its session is on, as they were pinned. Every call goes to
// [control.Session.Call], which decides, records and makes it; the gateway only
// translates between MCP and the use cases.
//
// Start from [New]. [Bridge] carries MCP on stdin and stdout to a gateway.
package gateway

import (
	"context"
	"log/slog"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
)

// Control is the use cases that the gateway needs.
type Control interface {
	// Authenticate returns the principal of a bearer secret; fault.Unauthorized for
	// one that is unknown, expired or revoked.
	Authenticate(ctx context.Context, secret string) (control.Principal, error)
	// OpenSession begins a session; its run is stored when it returns.
	OpenSession(ctx context.Context, p control.Principal, agent string, r control.InvokeRequest) (*control.Session, error)
}

// The _meta keys that clients may send.
const (
	// InputKey carries what the user said: in initialize the agent's input, in
	// tools/call text of the user that came since. The guard traces values to it.
	InputKey = "aureus.dev/input"
	// SessionKey, in initialize, names a session that keeps its version for a day.
	SessionKey = "aureus.dev/session"
)

// Config is what a Gateway needs. Control is required.
type Config struct {
	Control Control
	Logger  *slog.Logger // nil: discard
	Version string       // of Aureus; "" is "dev"
	// Wait is how long a call waits for an approval; 0 is 30s, negative does not wait.
	Wait time.Duration
	// Idle ends a session that its client does not use; 0 is 30m.
	Idle time.Duration
	// MaxBody bounds a request's body in bytes; 0 is 4 MiB.
	MaxBody int64
	// MaxSessions bounds the sessions that are open at once; 0 is 1000.
	MaxSessions int
	// Console is the address of the console, where approvals are given; "" names
	// only the command.
	Console string
	// Done ends every session when it is closed; nil: never.
	Done <-chan struct{}
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	if c.Wait == 0 {
		c.Wait = 30 * time.Second
	}
	if c.Idle == 0 {
		c.Idle = 30 * time.Minute
	}
	if c.MaxBody == 0 {
		c.MaxBody = 4 << 20
	}
	if c.MaxSessions == 0 {
		c.MaxSessions = 1000
	}
	return c
}
