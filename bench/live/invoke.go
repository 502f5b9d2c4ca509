package live

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/bench/measure"
	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/resource"
)

const (
	invokeRounds = 5
	invokeCalls  = 150
)

// invoke measures a call of an agent through the whole server beside what the
// agent does, done directly.
func invoke(ctx context.Context, bin, dir string, m *model) (figures []measure.Figure, err error) {
	if dir, err = os.MkdirTemp(dir, "invoke"); err != nil {
		return nil, err
	}
	fill := exec.CommandContext(ctx, bin, append(shopCommand[1:], "--init")...)
	fill.Dir = dir
	if out, err := fill.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make the shop: %w\n%s", err, out)
	}
	s, err := serve(ctx, bin, dir, m.url)
	if err != nil {
		return nil, err
	}
	defer func() {
		if serr := s.stop(); err == nil {
			err = serr
		}
	}()
	p, err := tokens(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, a := range []string{"talker", "looker"} {
		bp := talker(1)
		if a == "looker" {
			bp = looker()
		}
		if err := p.deploy(ctx, bp); err != nil {
			return nil, fmt.Errorf("deploy %s: %w", a, err)
		}
	}
	shop, err := connect(ctx, bin, dir)
	if err != nil {
		return nil, err
	}
	defer shop.Close()
	hc := &http.Client{}
	got, err := measure.Interleave(invokeRounds,
		perCall("direct", func() error { return m.direct(hc) }),
		perCall("invoke", func() error { return p.invoke(ctx, "talker", 0) }),
		perCall("direct with a tool call", func() error { return directWithTool(ctx, m, hc, shop) }),
		perCall("invoke with a tool call", func() error { return p.invoke(ctx, "looker", 1) }),
	)
	if err != nil {
		return nil, err
	}
	const note = "one caller; routed, recorded and durable"
	return []measure.Figure{
		measure.Figure{Section: "invoke", Name: "agent without tools", Value: got[1], Unit: "ms", Note: note}.Beside("ms: the model server directly", got[0]),
		{Section: "invoke", Name: "added to a model call", Value: got[1] - got[0], Unit: "ms"},
		measure.Figure{Section: "invoke", Name: "agent with one tool call", Value: got[3], Unit: "ms", Note: note + ", guarded"}.Beside(
			"ms: two model calls and the MCP server directly", got[2]),
		{Section: "invoke", Name: "added to two model calls and a tool call", Value: got[3] - got[2], Unit: "ms"},
	}, nil
}

// perCall is the median of single calls in ms.
func perCall(name string, do func() error) measure.Contender {
	return measure.Contender{Name: name, Do: func() (float64, error) {
		took, err := measure.Each(invokeCalls, func(int) error { return do() })
		return measure.Median(measure.In(took, time.Millisecond)), err
	}}
}

func (p people) invoke(ctx context.Context, agent string, toolCalls int) error {
	run, err := p.author.Invoke(ctx, agent, resource.InvokeRequest{Input: "Where is my order?"})
	if err == nil && (run.Outcome != resource.OutcomeSuccess || run.Stats.ToolCalls != toolCalls) {
		err = fmt.Errorf("run %s of %s ended %s with %d tool calls: %s", run.ID, agent, run.Outcome, run.Stats.ToolCalls, run.Message)
	}
	return err
}

// connect starts the shop's MCP server without Aureus between.
func connect(ctx context.Context, bin, dir string) (*mcp.ClientSession, error) {
	cmd := exec.CommandContext(ctx, bin, "example", "shop", "--db", filepath.Join(dir, "shop", "shop.db"))
	return mcp.NewClient(&mcp.Implementation{Name: "bench", Version: "1"}, nil).Connect(ctx, &mcp.CommandTransport{Command: cmd}, nil)
}

func directWithTool(ctx context.Context, m *model, hc *http.Client, shop *mcp.ClientSession) error {
	if err := m.direct(hc); err != nil {
		return err
	}
	res, err := shop.CallTool(ctx, &mcp.CallToolParams{Name: "lookup_order", Arguments: map[string]any{"order_id": refunddesk.OrderID(0)}})
	if err != nil {
		return err
	}
	if res.IsError {
		return fmt.Errorf("the shop's tool failed")
	}
	return m.direct(hc)
}
