package control

import "github.com/aureus-agents/aureus/internal/fault"

// noAnswer reports whether err is that a model or MCP server did not answer.
func noAnswer(err error) bool {
	return fault.Is(err, fault.Upstream) || fault.Is(err, fault.Unavailable)
}
