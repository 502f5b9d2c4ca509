package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// call takes one tools/call through the use case.
func (s *session) call(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.context, cancel)()
	c := agentrun.Asked{Name: req.Params.Name, Args: arguments(req.Params.Arguments)}
	c.User, _ = req.Params.Meta[InputKey].(string)
	if token := req.Params.GetProgressToken(); token != nil {
		c.Progress = func(done, total float64) {
			// The client may be gone; progress is nothing that has to arrive.
			_ = req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: token, Progress: done, Total: total})
		}
	}
	a, err := s.calls.Call(ctx, c, control.Waiting{For: max(s.g.cfg.Wait, 0), Asked: s.asker(req.Session)})
	if err != nil {
		s.g.logFailure(err)
		return nil, rpcError(err)
	}
	s.later()
	res := &mcp.CallToolResult{}
	if err := json.Unmarshal(s.answerJSON(a), res); err != nil {
		return nil, rpcError(fault.Wrap(err, fault.Upstream, "the tool's server answered with what is no result of a tool"))
	}
	return res, nil
}

// arguments are the arguments of a call as the client sent them. Many clients
// send null for none.
func arguments(raw json.RawMessage) string {
	if string(raw) == "null" {
		return ""
	}
	return string(raw)
}

// answerJSON is an answer as the client gets it: what the tool's server sent, or
// an error that the client's model reads.
func (s *session) answerJSON(a agentrun.Answer) json.RawMessage {
	switch {
	case a.Pending:
		return said(a.Text+" "+s.where(a.Approval)+" Then make the same call again.", true)
	case a.Result == nil:
		return said(a.Text, true)
	case a.Result.Raw != nil:
		return a.Result.Raw
	}
	return said(a.Result.Text, a.Result.IsError)
}

// said is a result with one text.
func said(text string, isError bool) json.RawMessage {
	data, err := json.Marshal(map[string]any{"content": []map[string]any{{"type": "text", "text": text}}, "isError": isError})
	if err != nil { // strings always encode
		panic(err)
	}
	return data
}

// where says where a request is answered.
func (s *session) where(approval string) string {
	if approval == "" {
		return ""
	}
	how := fmt.Sprintf("with: aureus approve %s --reason TEXT.", approval)
	if s.g.cfg.Console != "" {
		how = fmt.Sprintf("at %s, or %s", s.g.approvalURL(approval), how)
	}
	return fmt.Sprintf("It needs the approval %s, which an approver gives %s", approval, how)
}

func (g *Gateway) approvalURL(approval string) string {
	return strings.TrimRight(g.cfg.Console, "/") + "/approvals/" + approval
}

// asker tells the client's user where a call is approved, when the client can.
// The answer approves nothing: a user who declines only stops the waiting.
func (s *session) asker(peer *mcp.ServerSession) func(context.Context, string, resource.Decision) bool {
	init := peer.InitializeParams()
	if init == nil || init.Capabilities == nil || init.Capabilities.Elicitation == nil {
		return nil
	}
	return func(ctx context.Context, approval string, d resource.Decision) bool {
		p := &mcp.ElicitParams{Message: "A tool call waits for a human: " + d.Reason + " " + s.where(approval)}
		if init.Capabilities.Elicitation.URL != nil && s.g.cfg.Console != "" {
			p.Mode, p.URL, p.ElicitationID = "url", s.g.approvalURL(approval), approval
		} else {
			p.Mode, p.RequestedSchema = "form", map[string]any{"type": "object", "properties": map[string]any{}}
		}
		res, err := peer.Elicit(ctx, p)
		return err != nil || res.Action == "accept"
	}
}

// rpcError is an error on the wire: its code and its sentence, never its cause.
func rpcError(err error) *jsonrpc.Error {
	code := fault.CodeOf(err)
	text := "the server failed; its log says why"
	if f := (*fault.Error)(nil); code != fault.Internal && errors.As(err, &f) {
		text = f.Message
	}
	return &jsonrpc.Error{Code: int64(fault.Map(code).JSONRPC), Message: text}
}
