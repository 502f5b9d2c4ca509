package control

import "github.com/aureus-agents/aureus/internal/fault"

var errStub = fault.New(fault.Internal, "control: this use case is being written")

// Control is the control plane. It is safe for concurrent use.
type Control struct{ cfg Config }

// New makes a Control.
func New(cfg Config) (*Control, error) { return &Control{cfg: cfg}, nil }

// HandleJob does the effects of releases, runs and alerts; the worker calls it.
func (c *Control) HandleJob() JobHandler { return nil }
