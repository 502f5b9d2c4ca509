package api

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
)

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// observe gives each request an id, writes its log line and turns a panic into a
// problem. route names the pattern that serves it, so that no id or reference
// gets into the log.
func (s *server) observe(next http.Handler, route func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rq := &request{id: s.cfg.NewID("req")}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, rq))
		rec := &recorder{ResponseWriter: w}
		secure(w.Header(), rq.id)
		defer func() {
			v := recover()
			if v != nil && v != http.ErrAbortHandler {
				cause, _ := v.(error) // any other value could be a payload
				err := fault.Wrap(cause, fault.Internal, "a handler panicked")
				s.cfg.Logger.Error("panic", "requestId", rq.id, "error", err.Error(), "stack", string(debug.Stack()))
				if rec.status == 0 {
					writeProblem(rec, r, err)
				} else {
					v = http.ErrAbortHandler // the answer is broken: the client must see that
				}
			}
			s.logRequest(r, route(r), rec.status, time.Since(start))
			if v == http.ErrAbortHandler {
				panic(v)
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// logRequest writes the one line of a request. The cause of an internal error is
// in it, and nowhere else.
func (s *server) logRequest(r *http.Request, route string, status int, took time.Duration) {
	rq := requestFrom(r.Context())
	principal, err := rq.outcome()
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("route", route), slog.Int("status", status),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("requestId", rq.id),
	}
	if principal != "" {
		attrs = append(attrs, slog.String("principal", principal))
	}
	if err != nil {
		attrs = append(attrs, slog.String("code", string(fault.CodeOf(err))))
	}
	if status >= http.StatusInternalServerError && err != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("error", err.Error()))
	} else if route == "/healthz" || route == "/readyz" || route == "/metrics" {
		level = slog.LevelDebug
	}
	s.cfg.Logger.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
}

// secure sets the headers that every answer has.
func secure(h http.Header, requestID string) {
	h.Set("X-Request-Id", requestID)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// fallback answers what no route serves with a problem: 404, or 405 with Allow.
// The mux's own answer says which, and is otherwise dropped.
func fallback(w http.ResponseWriter, r *http.Request, muxAnswer http.Handler) {
	probe := &probe{header: http.Header{}}
	muxAnswer.ServeHTTP(probe, r)
	switch {
	case probe.status == http.StatusMethodNotAllowed:
		allow := probe.header.Get("Allow")
		w.Header().Set("Allow", allow)
		rq := requestFrom(r.Context())
		err := fault.New(fault.Invalid, "the method %s is not served on this path; use %s", safeMethod(r.Method), allow)
		rq.fail(err)
		p := problem(err, rq.id)
		p.Status, p.Title = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed)
		p.write(w)
	default:
		writeProblem(w, r, fault.New(fault.NotFound, "there is nothing on this path; /openapi.json lists what there is"))
	}
}

// safeMethod is the method when it is a known one: others are not repeated.
func safeMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "of the request"
}

// probe is a ResponseWriter that keeps the status and headers only.
type probe struct {
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (p *probe) Header() http.Header { return p.header }

// Write implements http.ResponseWriter.
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader implements http.ResponseWriter.
func (p *probe) WriteHeader(status int) { p.status = status }
