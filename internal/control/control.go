// Package control is the use cases: one file each. It declares the small
// interfaces it needs (see [Store]), asks the pure core what to do, and writes
// state, ledger event and effects to do in one transaction.
//
// Start from [Control]. Every exported method takes the [Principal] that asks
// and checks its role first (fault.Forbidden). Times come from Config.Now, ids
// from Config.NewID.
package control

import (
	"context"
	"log/slog"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// Adapters reaches MCP servers. Discover starts or reaches each server, asks for
// its tools and pins those that the blueprint uses; Open gives the live tools of
// a version and refuses (fault.Verification) a tool whose schema or description
// is not the pinned one. Opened tools are shared and kept alive between runs.
type Adapters interface {
	Discover(ctx context.Context, a *blueprint.Agent) ([]resource.Adapter, error)
	Open(ctx context.Context, m *resource.Manifest, digest string) (agentrun.Tools, error)
}

// Models gives the client of a blueprint's model; fault.Invalid with what to set
// when its provider is not configured.
type Models interface {
	Model(m blueprint.Model) (agentrun.Model, error)
	// Version asks the endpoint which version it serves under the name; "" when it
	// does not say.
	Version(ctx context.Context, m blueprint.Model) string
}

// Meter is told what happened, for metrics. It never fails and never blocks.
type Meter interface {
	RunEnded(r resource.Run)
	Decided(agent, env string, d resource.Decision)
	ReleaseMoved(r resource.Release, event string)
	RolledBack(agent, env string, took time.Duration)
	// DrillRecovered is told the time to recovery of a drill that passed.
	DrillRecovered(agent, env string, took time.Duration)
}

// Notifier delivers a notice to one receiver.
type Notifier interface {
	Notify(ctx context.Context, n Notice) error
}

// Notice is a message for people: an alert, an approval request, a rollback.
type Notice struct {
	Kind        string `json:"kind"` // approval.requested, release.rolled_back, alert.fired, ...
	Agent       string `json:"agent"`
	Environment string `json:"environment,omitempty"`
	Subject     string `json:"subject"` // id
	Digest      string `json:"digest,omitempty"`
	Text        string `json:"text"`
	// Details are what people have to know besides, a line each: of a request for an
	// approval its rules, what changes, and what was found. Never a payload.
	Details []string `json:"details,omitempty"`
	// Answerable says that the request that Subject names can be answered by a channel:
	// Details leave nothing out that the answer is about.
	Answerable bool            `json:"answerable,omitempty"`
	At         resource.Millis `json:"at"`
}

// Config is what Control needs. Every field is required but Logger, Meter, Notifiers
// and Elapsed.
type Config struct {
	Store    Store
	Key      *attest.Key
	Adapters Adapters
	Models   Models
	Meter    Meter // nil: none
	// Notifiers are who is told, by a name: each by a job of its own, so that one that
	// is not there neither delays nor repeats the others' notices. None: nobody.
	Notifiers map[string]Notifier
	// Graders runs the programs of command graders; nil: they give no verdict.
	Graders simulate.Commands
	Version string // of Aureus, for attestations; "" is "dev"
	Now     func() time.Time
	// Elapsed is the time since some moment by a clock that nobody sets; nil: from
	// Now, whose times hold such a clock when they come from time.Now.
	Elapsed func() time.Duration
	NewID   func(prefix string) string // sortable by time, unique
	Logger  *slog.Logger               // nil: discard
}
