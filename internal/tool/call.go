package tool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
)

// CallIDKey is the _meta key that carries a call's id to the server: an
// idempotency key, unique per call and stable over restarts.
const CallIDKey = "aureus/callId"

// defaultRetries of a call that reads.
const defaultRetries = 2

// defaultTimeout of one call.
const defaultTimeout = 30 * time.Second

// Call makes a tool call. Only a call whose intent is read is made again, when
// its server did not answer.
func (t *toolset) Call(ctx context.Context, call agentrun.Call) (agentrun.Result, error) {
	bt, ok := t.tools[call.Tool.Name]
	if !ok {
		return agentrun.Result{}, fault.New(fault.Invalid, "the version has no tool %q", call.Tool.Name)
	}
	c := t.conns[bt.Server]
	if c == nil {
		return agentrun.Result{}, fault.New(fault.Invalid, "the version has no server %q for the tool %q", bt.Server, bt.Name)
	}
	retries := 0
	if bt.Intent == blueprint.IntentRead {
		retries = defaultRetries
		if bt.Retries != nil {
			retries = *bt.Retries
		}
	}
	ctx, cancel := context.WithTimeout(ctx, bt.Timeout.D(defaultTimeout))
	defer cancel()
	for n := 0; ; n++ {
		res, err := c.call(ctx, bt, call)
		res.Retries = n
		if err == nil || n >= retries || !fault.Is(err, fault.Upstream) || ctx.Err() != nil {
			return res, err
		}
		t.a.cfg.Logger.Debug("tool call is retried", "tool", bt.Name, "server", bt.Server, "run", call.RunID, "retry", n+1)
		if t.a.cfg.Wait(ctx, backoff(n)) != nil {
			return res, err
		}
	}
}

// call makes one try.
func (c *conn) call(ctx context.Context, bt blueprint.Tool, call agentrun.Call) (agentrun.Result, error) {
	l, err := c.get(ctx)
	if err != nil {
		if fault.Is(err, fault.Verification) || fault.Is(err, fault.Unavailable) {
			return agentrun.Result{}, err
		}
		// The cause can quote what the server printed, which is not for the model.
		return agentrun.Result{}, fault.Wrap(err, fault.Upstream, "server %q could not be reached; the call was not made", c.server.Name)
	}
	defer c.put()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.closing, cancel)()
	args := call.Args
	if args == nil {
		args = map[string]any{}
	}
	if exposed(bt) {
		return c.read(ctx, l, bt, call)
	}
	params := &mcp.CallToolParams{Meta: mcp.Meta{CallIDKey: call.ID}, Name: upstream(bt), Arguments: args}
	if call.Progress != nil {
		params.SetProgressToken(call.ID)
		defer l.listen(call.ID, call.Progress)()
	}
	raw, err := l.callTool(ctx, params)
	l.answered(err)
	var refused *jsonrpc.Error
	switch {
	case err == nil:
		return c.result(bt, raw)
	case ctx.Err() == nil && errors.As(err, &refused) && (refused.Code < -32099 || refused.Code > -32000):
		// Codes between are the SDK's own words for a connection that failed.
		return agentrun.Result{IsError: true, Text: fmt.Sprintf("The server refused the call (%d): %s", refused.Code, refused.Message)}, nil
	}
	return agentrun.Result{}, l.lost(err, fmt.Sprintf("did not answer the call of %s", bt.Name))
}

// callTool makes a call and returns the result as the server sent it.
func (l *link) callTool(ctx context.Context, params *mcp.CallToolParams) (json.RawMessage, error) {
	if l.direct != nil {
		return l.direct.call(ctx, params)
	}
	res, err := l.session.CallTool(ctx, params)
	if err != nil {
		return nil, err
	}
	return json.Marshal(res)
}
