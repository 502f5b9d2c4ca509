package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
)

// maxLine bounds one message on stdin or in a stream: a result at the limit of
// what a tool may answer, escaped, as text and as structured content.
const maxLine = 17 << 20

// Bridge carries MCP between a client on stdin and stdout, one message a line,
// and the gateway at endpoint, until stdin or ctx ends. It then ends the session.
// What it passes on it does not change.
func Bridge(ctx context.Context, endpoint, token string, stdin io.Reader, stdout io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := &bridge{endpoint: endpoint, token: token, out: stdout, client: &http.Client{}}
	lines, ended := messages(ctx, stdin)
	b.takeAll(ctx, lines)
	b.wg.Wait()
	stopped := ctx.Err() != nil
	cancel()
	b.streams.Wait()
	b.leave()
	if stopped {
		return nil
	}
	err := <-ended
	if errors.Is(err, bufio.ErrTooLong) {
		return fault.New(fault.TooLarge, "a message on stdin is over the limit of %d bytes", maxLine)
	}
	return err
}

// messages are the lines of stdin until it ends; then ended has what was wrong with
// it. A read of stdin cannot be interrupted: when ctx ends first the reader stays
// behind, in a process that is about to end.
func messages(ctx context.Context, stdin io.Reader) (<-chan []byte, <-chan error) {
	lines, ended := make(chan []byte), make(chan error, 1)
	go func() {
		defer close(lines)
		s := bufio.NewScanner(stdin)
		s.Buffer(make([]byte, 64<<10), maxLine)
		for s.Scan() {
			line := bytes.Clone(bytes.TrimSpace(s.Bytes()))
			if len(line) == 0 {
				continue
			}
			select {
			case lines <- line:
			case <-ctx.Done():
				return
			}
		}
		ended <- s.Err()
	}()
	return lines, ended
}

// takeAll takes the client's messages until there are no more or ctx ends.
func (b *bridge) takeAll(ctx context.Context, lines <-chan []byte) {
	for {
		select {
		case line, more := <-lines:
			if !more {
				return
			}
			b.take(ctx, line)
		case <-ctx.Done():
			return
		}
	}
}

// bridge is one client's connection.
type bridge struct {
	endpoint, token string
	client          *http.Client
	wg              sync.WaitGroup // requests that are not answered yet
	streams         sync.WaitGroup

	mu       sync.Mutex
	session  string
	protocol string

	outMu sync.Mutex
	out   io.Writer
}

// envelope is what the bridge reads of a message.
type envelope struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result struct {
		ProtocolVersion string `json:"protocolVersion"`
	} `json:"result"`
}

// take sends a message of the client. Requests are answered when they are ready;
// everything else arrives in order.
func (b *bridge) take(ctx context.Context, line []byte) {
	var m envelope
	if !json.Valid(line) {
		b.fail(json.RawMessage("null"), -32700, "a line on stdin is not JSON; write one message a line")
		return
	}
	_ = json.Unmarshal(line, &m) // the gateway says what is wrong with it
	request := m.Method != "" && len(m.ID) > 0
	if !request || m.Method == "initialize" {
		b.post(ctx, m, line)
		return
	}
	b.wg.Go(func() { b.post(ctx, m, line) })
}

// post sends a message and hands on what comes back.
func (b *bridge) post(ctx context.Context, m envelope, line []byte) {
	res, err := b.send(ctx, http.MethodPost, bytes.NewReader(line))
	switch {
	case err != nil && ctx.Err() != nil:
		b.failed(m, "aureus mcp was stopped before the answer came")
		return
	case err != nil:
		b.failed(m, fmt.Sprintf("Aureus at %s cannot be reached; check AUREUS_SERVER, and that it runs", b.endpoint))
		return
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusMultipleChoices {
		b.refused(m, res)
		return
	}
	if id := res.Header.Get(sessionHeader); m.Method == "initialize" && id != "" {
		b.mu.Lock()
		b.session = id
		b.mu.Unlock()
	}
	if err := b.receive(res, m.Method == "initialize"); err != nil && ctx.Err() == nil {
		b.failed(m, "the connection to Aureus broke before the answer came")
	}
	if m.Method == "notifications/initialized" {
		b.streams.Go(func() { b.listen(ctx) })
	}
}

// listen takes what the gateway sends on its own, until ctx ends.
func (b *bridge) listen(ctx context.Context) {
	res, err := b.send(ctx, http.MethodGet, nil)
	if err != nil {
		return // the client's next request says so
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		_ = b.receive(res, false) // as above
	}
}

func (b *bridge) send(ctx context.Context, method string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, b.endpoint, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+b.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if method == http.MethodGet {
		req.Header.Set("Accept", "text/event-stream")
	}
	b.mu.Lock()
	if b.session != "" {
		req.Header.Set(sessionHeader, b.session)
	}
	if b.protocol != "" {
		req.Header.Set("MCP-Protocol-Version", b.protocol)
	}
	b.mu.Unlock()
	return b.client.Do(req)
}

// receive hands on the messages of an answer.
func (b *bridge) receive(res *http.Response, initialize bool) error {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if kind != "text/event-stream" {
		data, err := io.ReadAll(io.LimitReader(res.Body, maxLine))
		if err != nil || len(data) == 0 {
			return err
		}
		return b.write(data, initialize)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data:"))
		if data = bytes.TrimSpace(data); !ok || len(data) == 0 {
			continue
		}
		if err := b.write(data, initialize); err != nil {
			return err
		}
	}
	return lines.Err()
}

// write hands one message to the client.
func (b *bridge) write(data []byte, initialize bool) error {
	if initialize {
		var m envelope
		_ = json.Unmarshal(data, &m) // else it is for the client to judge
		b.mu.Lock()
		b.protocol = m.Result.ProtocolVersion
		b.mu.Unlock()
	}
	var line bytes.Buffer
	if err := json.Compact(&line, data); err != nil {
		return err
	}
	line.WriteByte('\n')
	b.outMu.Lock()
	defer b.outMu.Unlock()
	_, err := b.out.Write(line.Bytes())
	return err
}

// refused hands on why the gateway did not take a message.
func (b *bridge) refused(m envelope, res *http.Response) {
	var body struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	text := "Aureus answered " + res.Status
	if json.NewDecoder(io.LimitReader(res.Body, maxLine)).Decode(&body) == nil && body.Error.Message != "" {
		text = body.Error.Message
	}
	b.failed(m, text)
}

// failed answers a request with an error.
func (b *bridge) failed(m envelope, text string) {
	if m.Method != "" && len(m.ID) > 0 {
		b.fail(m.ID, -32603, text)
	}
}

func (b *bridge) fail(id json.RawMessage, code int, text string) {
	data, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "error": map[string]any{"code": code, "message": text}})
	if err == nil {
		_ = b.write(data, false) // a client that is gone reads nothing
	}
}

// leaveTime bounds ending the session.
const leaveTime = 5 * time.Second

// leave ends the session.
func (b *bridge) leave() {
	if b.session == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	if res, err := b.send(ctx, http.MethodDelete, nil); err == nil {
		_ = res.Body.Close() // the gateway ends the session by itself later, if not now
	}
}
