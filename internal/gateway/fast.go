package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/control"
)

// plainCall is a tools/call that needs nothing of the protocol but its answer: no
// progress, nobody to ask. It is served without the SDK, whose streams and
// queues cost more than the call.
type plainCall struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
		RequestID json.RawMessage `json:"requestId"` // of notifications/cancelled
		Meta      struct {
			Progress json.RawMessage `json:"progressToken"`
			Protocol json.RawMessage `json:"io.modelcontextprotocol/protocolVersion"`
			Input    any             `json:"aureus.dev/input"`
		} `json:"_meta"`
	} `json:"params"`
}

// plain serves a request when it is a plain call, and reports whether it was. It
// also hears of the plain calls that are cancelled.
func (s *session) plain(w http.ResponseWriter, r *http.Request, body []byte) bool {
	call, cancelled := bytes.Contains(body, []byte(`"tools/call"`)), bytes.Contains(body, []byte(`"notifications/cancelled"`))
	if r.Method != http.MethodPost || !call && !cancelled {
		return false
	}
	var c plainCall
	if json.Unmarshal(body, &c) != nil {
		return false
	}
	if c.Method == "notifications/cancelled" {
		if cancel, ok := s.running.Load(string(c.Params.RequestID)); ok {
			cancel.(context.CancelFunc)()
		}
		return false // of other calls the SDK knows
	}
	if !s.isPlain(r, c) {
		return false
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context())) // a lost connection cancels nothing
	defer cancel()
	defer context.AfterFunc(s.context, cancel)()
	if _, twice := s.running.LoadOrStore(string(c.ID), cancel); twice {
		return false
	}
	defer s.running.Delete(string(c.ID))
	asked := agentrun.Asked{Name: c.Params.Name, Args: arguments(c.Params.Arguments)}
	asked.User, _ = c.Params.Meta.Input.(string)
	a, err := s.calls.Call(ctx, asked, control.Waiting{For: max(s.g.cfg.Wait, 0)})
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		s.g.logFailure(err)
		_, _ = w.Write(rpcLine(c.ID, "error", rpcError(err))) // the client may be gone
		return true
	}
	s.later()
	_, _ = w.Write(rpcLine(c.ID, "result", s.answerJSON(a))) // the client may be gone
	return true
}

// isPlain reports whether a request is a plain call of a session that is begun.
func (s *session) isPlain(r *http.Request, c plainCall) bool {
	version := r.Header.Get("MCP-Protocol-Version")
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return c.Method == "tools/call" && len(c.ID) > 0 && (c.ID[0] == '"' || c.ID[0] >= '0' && c.ID[0] <= '9') &&
		c.Params.Meta.Progress == nil && c.Params.Meta.Protocol == nil &&
		(version == "" || slices.Contains(protocols, version)) &&
		strings.Contains(accept, "application/json") && strings.Contains(accept, "text/event-stream") &&
		strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") && s.quiet()
}

// quiet reports whether the client is connected and cannot be asked anything.
func (s *session) quiet() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known {
		return s.unasked
	}
	p := s.peer()
	if p == nil || p.InitializeParams() == nil {
		return false
	}
	caps := p.InitializeParams().Capabilities
	s.known, s.unasked = true, caps == nil || caps.Elicitation == nil
	return s.unasked
}

// rpcLine is a JSON-RPC response; body is what encodes as its result or error.
func rpcLine(id json.RawMessage, field string, body any) []byte {
	var b bytes.Buffer
	b.WriteString(`{"jsonrpc":"2.0","id":`)
	b.Write(id)
	b.WriteString(`,"` + field + `":`)
	if raw, ok := body.(json.RawMessage); ok {
		b.Write(raw)
	} else if text, err := json.Marshal(body); err == nil {
		b.Write(text)
	} else {
		b.WriteString("null")
	}
	b.WriteByte('}')
	return b.Bytes()
}
