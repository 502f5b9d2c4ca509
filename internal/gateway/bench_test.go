package gateway_test

import (
	"sync"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/internal/gateway"
)

// BenchmarkCall is a call through the gateway by 16 callers, everything of it in
// one process: client, gateway, store and upstream.
func BenchmarkCall(b *testing.B) {
	w, u := newWorld(b, gateway.Config{}), newUpstream(b)
	w.deploy(u.desk())
	var sessions []*mcp.ClientSession
	for range 16 {
		sessions = append(sessions, w.connect(nil))
	}
	var wg sync.WaitGroup
	b.ResetTimer()
	for i, s := range sessions {
		wg.Go(func() {
			for n := i; n < b.N; n += len(sessions) {
				if _, err := s.CallTool(b.Context(), &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"text": "hello"}}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
