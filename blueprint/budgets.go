package blueprint

import "time"

// Use bounds what several runs of an agent use together. Zero is no limit.
type Use struct {
	ToolCalls int     `json:"toolCalls,omitempty"` // approved tool calls
	Tokens    int64   `json:"tokens,omitempty"`    // prompt and completion
	CostUSD   float64 `json:"costUSD,omitempty"`
	Spend     float64 `json:"spend,omitempty"` // sum of the tools' Spends arguments
}

// Asking says how people are asked about tool calls. Zero takes the default
// named beside the field.
type Asking struct {
	// MaxOpen is how many requests of the agent in an environment may wait for
	// people at once; default 6. A call that would need one more is denied.
	MaxOpen int `json:"maxOpen,omitempty"`
	// PerHour is how many requests the agent may make in an environment within an
	// hour; default 20.
	PerHour int      `json:"perHour,omitempty"`
	Timeout Duration `json:"timeout,omitempty"` // how long a request can be answered; default 1h, at most 24h
}

// The defaults of Asking.
const (
	DefaultMaxOpen    = 6
	DefaultPerHour    = 20
	DefaultAskTimeout = time.Hour
	MaxAskTimeout     = 24 * time.Hour
)

// Resolved returns a with its defaults filled in.
func (a Asking) Resolved() Asking {
	a.MaxOpen = or(a.MaxOpen, DefaultMaxOpen)
	a.PerHour = or(a.PerHour, DefaultPerHour)
	a.Timeout = min(or(a.Timeout, Duration(DefaultAskTimeout)), Duration(MaxAskTimeout))
	return a
}
