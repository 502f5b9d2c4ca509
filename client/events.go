package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// maxLine is the longest line of an event stream that is read.
const maxLine = 1 << 20

// Events is an open stream of lifecycle events. One goroutine reads it.
type Events struct {
	ctx   context.Context // of Watch: Next fails with its error
	body  io.Closer
	lines *bufio.Scanner
}

// Watch opens a stream of events about an agent, "" is all of them. When it
// returns the subscription stands: nothing committed afterwards is missed unless
// the reader is too slow.
func (c *Client) Watch(ctx context.Context, agent string) (*Events, error) {
	res, err := c.send(ctx, call{method: http.MethodGet, path: []string{"events"}, query: url.Values(params{}.add("agent", agent)), accept: "text/event-stream"})
	if err != nil {
		return nil, err
	}
	s := bufio.NewScanner(res.Body)
	s.Buffer(make([]byte, 0, 4096), maxLine)
	return &Events{ctx: ctx, body: res.Body, lines: s}, nil
}

// Next waits for an event. io.EOF when the server ended the stream.
func (e *Events) Next() (resource.Event, error) {
	var data strings.Builder
	for e.lines.Scan() {
		line := e.lines.Text()
		value, isData := strings.CutPrefix(line, "data:")
		switch {
		case isData:
			data.WriteString(strings.TrimPrefix(value, " "))
		case line == "" && data.Len() > 0:
			var ev resource.Event
			if err := json.Unmarshal([]byte(data.String()), &ev); err != nil {
				return ev, &Error{Code: Internal, Detail: "the server sent an event that cannot be read: " + err.Error(), Cause: err}
			}
			return ev, nil
		}
	}
	switch err := e.lines.Err(); {
	case e.ctx.Err() != nil:
		return resource.Event{}, e.ctx.Err()
	case err == nil || errors.Is(err, io.EOF):
		return resource.Event{}, io.EOF
	default:
		return resource.Event{}, broken(e.ctx, err)
	}
}

// Close ends the stream.
func (e *Events) Close() error { return e.body.Close() }
