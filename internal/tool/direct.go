package tool

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/internal/fault"
)

// direct makes tool calls over streamable HTTP on the session that the SDK has
// opened. The SDK's own call costs several times as much, and the gateway makes
// one for each call of its clients.
type direct struct {
	link   *link
	client *http.Client
	frame  int // bound of one message
	header http.Header
	calls  atomic.Int64
}

// directProtocols have sessions, and ask for nothing in each request.
var directProtocols = []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"}

// newDirect is nil when the server speaks a protocol that the SDK has to speak.
func newDirect(l *link, t mcp.Transport, frame int64) *direct {
	http, ok := t.(*mcp.StreamableClientTransport)
	init := l.session.InitializeResult()
	if !ok || init == nil || !slices.Contains(directProtocols, init.ProtocolVersion) {
		return nil
	}
	d := &direct{link: l, client: http.HTTPClient, frame: int(frame), header: map[string][]string{
		"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "Mcp-Protocol-Version": {init.ProtocolVersion}}}
	if id := l.session.ID(); id != "" {
		d.header["Mcp-Session-Id"] = []string{id}
	}
	return d
}

// message is what the other side sends: a response, or a request or notification
// of its own.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *jsonrpc.Error  `json:"error"`
}

// call makes one tool call. An error that the server answers with is a
// *jsonrpc.Error.
func (d *direct) call(ctx context.Context, params *mcp.CallToolParams) (json.RawMessage, error) {
	id := "aureus-" + strconv.FormatInt(d.calls.Add(1), 10) // the SDK counts in numbers
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
	if err != nil {
		return nil, err
	}
	res, err := d.post(ctx, body)
	if err == nil {
		var m *message
		if m, err = d.answer(ctx, res, strconv.Quote(id)); err == nil && m.Error != nil {
			return nil, m.Error
		} else if err == nil {
			return m.Result, nil
		}
	}
	if ctx.Err() != nil {
		d.cancel(id)
		return nil, ctx.Err()
	}
	return nil, err
}

func (d *direct) post(ctx context.Context, body []byte) (*http.Response, error) {
	return d.send(ctx, http.MethodPost, bytes.NewReader(body), "")
}

func (d *direct) send(ctx context.Context, method string, body io.Reader, after string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, d.link.server.HTTP.URL, body)
	if err != nil {
		return nil, err
	}
	for k, v := range d.header {
		req.Header[k] = v
	}
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	res, err := d.client.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		defer res.Body.Close()
		var m message // a server may say in JSON-RPC why it refuses
		if json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&m) == nil && m.Error != nil && res.StatusCode == http.StatusBadRequest {
			return nil, m.Error
		}
		return nil, fault.New(fault.Upstream, "it answered with the HTTP status %d", res.StatusCode)
	}
	return res, nil
}

// resumes bounds how often a stream that ended early is taken up again.
const resumes = 5

// answer reads the response to the call id. A server that numbers its events may
// close a stream before; it is then taken up where it ended.
func (d *direct) answer(ctx context.Context, res *http.Response, id string) (*message, error) {
	for n := 0; ; n++ {
		m, after, wait, err := d.read(ctx, res, id)
		_ = res.Body.Close() // read, or broken
		if m != nil || err != nil {
			return m, err
		}
		if after == "" || n == resumes {
			return nil, mcp.ErrConnectionClosed
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, ctx.Err()
		}
		if res, err = d.send(ctx, http.MethodGet, nil, after); err != nil {
			return nil, err
		}
	}
}

// read reads an answer until the response to id, or its end.
func (d *direct) read(ctx context.Context, res *http.Response, id string) (m *message, after string, wait time.Duration, err error) {
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		data, err := io.ReadAll(res.Body)
		if err == nil {
			m, err = d.take(ctx, data, id)
		}
		if err == nil && m == nil {
			err = fmt.Errorf("the answer is to no call of ours")
		}
		return m, "", 0, err
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(make([]byte, 4<<10), d.frame)
	var data []byte
	for lines.Scan() {
		field, value, _ := bytes.Cut(lines.Bytes(), []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "data":
			if data != nil {
				data = append(data, '\n')
			}
			data = append(data, value...)
		case "id":
			after = string(value)
		case "retry":
			if ms, err := strconv.Atoi(string(value)); err == nil {
				wait = min(time.Duration(ms)*time.Millisecond, 10*time.Second)
			}
		case "":
			if len(data) > 0 {
				if m, err := d.take(ctx, data, id); m != nil || err != nil {
					return m, after, wait, err
				}
			}
			data = nil
		}
	}
	if err := lines.Err(); err != nil && after == "" {
		return nil, "", 0, err
	}
	return nil, after, wait, ctx.Err()
}

// take takes one message: it returns the response to id, and deals with what the
// server says beside it.
func (d *direct) take(ctx context.Context, data []byte, id string) (*message, error) {
	var m message
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, err
	}
	switch {
	case m.Method == "" && string(m.ID) == id:
		return &m, nil
	case m.Method == "notifications/progress":
		var p mcp.ProgressNotificationParams
		if json.Unmarshal(m.Params, &p) == nil {
			d.link.progressed(ctx, &mcp.ProgressNotificationClientRequest{Params: &p})
		}
	case m.Method == "notifications/tools/list_changed":
		d.link.changed.Store(true)
	case m.Method != "" && len(m.ID) > 0:
		return nil, d.refuse(ctx, m)
	}
	return nil, nil
}

// refuse answers a request of the server: Aureus samples no model for it, asks no
// user for it and shows it no folders.
func (d *direct) refuse(ctx context.Context, m message) error {
	answer := map[string]any{"jsonrpc": "2.0", "id": m.ID, "error": map[string]any{"code": jsonrpc.CodeMethodNotFound, "message": "not supported by this client"}}
	if m.Method == "ping" {
		answer = map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": map[string]any{}}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	res, err := d.post(ctx, body)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// cancelTime bounds telling a server that a call is cancelled.
const cancelTime = 5 * time.Second

// cancel tells the server that nobody waits for a call any more.
func (d *direct) cancel(id string) {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": map[string]any{"requestId": id}})
	if err != nil {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), cancelTime)
		defer cancel()
		if res, err := d.post(ctx, body); err == nil {
			_ = res.Body.Close() // nothing is answered
		}
	}()
}
