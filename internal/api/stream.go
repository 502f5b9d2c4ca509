package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// writeTimeout is how long one write of a stream may wait for the client.
const writeTimeout = 15 * time.Second

// streamWriter writes a stream: headers come with the first byte, so that an
// error before it can still be answered as a problem.
type streamWriter struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	started bool
	ct      string
}

// Write implements io.Writer.
func (s *streamWriter) Write(b []byte) (int, error) {
	if !s.started {
		s.started = true
		s.w.Header().Set("Content-Type", s.ct)
		s.w.WriteHeader(http.StatusOK)
	}
	_ = s.rc.SetWriteDeadline(time.Now().Add(writeTimeout)) // a writer without deadlines has none to pass
	return s.w.Write(b)
}

// Flush sends what was written.
func (s *streamWriter) Flush() error { return s.rc.Flush() }

// serveStream registers an operation that writes a stream. open fails before
// anything is written; the function it returns writes.
func serveStream[I any](s *server, op operation, item reflect.Type,
	open func(ctx context.Context, p control.Principal, in *I) (func(ctx context.Context, w *streamWriter) error, error)) {
	op = op.withDefaults()
	d := s.describe(op)
	d.Responses[strconv.Itoa(http.StatusOK)] = &huma.Response{
		Description: "A stream of " + op.produces,
		Content:     map[string]*huma.MediaType{op.produces: {Schema: s.schema(item)}},
	}
	huma.Register(s.api, d, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		write, err := open(ctx, principal(ctx), in)
		if err != nil {
			return nil, s.fail(ctx, err)
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) { s.stream(hc, op, write) }}, nil
	})
}

func (s *server) stream(hc huma.Context, op operation, write func(ctx context.Context, w *streamWriter) error) {
	r, w := humago.Unwrap(hc)
	sw := &streamWriter{w: w, rc: http.NewResponseController(w), ct: op.produces}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", op.produces)
		return
	}
	_ = sw.rc.SetWriteDeadline(time.Time{}) // each write sets its own
	err := write(hc.Context(), sw)
	_ = sw.rc.SetWriteDeadline(time.Now().Add(writeTimeout)) // of the stream's end
	switch {
	case err == nil || r.Context().Err() != nil: // done, or the client went away
	case !sw.started:
		writeProblem(w, r, err)
	default:
		requestFrom(r.Context()).fail(fault.Wrap(err, fault.CodeOf(err), "the stream broke off"))
		panic(http.ErrAbortHandler) // the client must see that the stream is not whole
	}
}
