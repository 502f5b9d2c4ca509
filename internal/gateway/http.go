package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

const (
	bodyTime  = 30 * time.Second // for a request's body to arrive
	writeTime = 60 * time.Second // for a client to take what is written at once
	maxSecret = 512
)

// authenticate finds the caller of a request by its bearer token.
func (g *Gateway) authenticate(r *http.Request) (control.Principal, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	secret = strings.TrimSpace(secret)
	if len(r.Header.Values("Authorization")) != 1 || !strings.EqualFold(scheme, "Bearer") || secret == "" || len(secret) > maxSecret {
		return control.Principal{}, fault.New(fault.Unauthorized, "this needs a token; send it as Authorization: Bearer TOKEN")
	}
	return g.cfg.Control.Authenticate(r.Context(), secret)
}

// body reads a request's body.
func (g *Gateway) body(w *patientWriter, r *http.Request) ([]byte, error) {
	_ = w.rc.SetReadDeadline(time.Now().Add(bodyTime)) // a writer without deadlines has none to pass
	defer func() { _ = w.rc.SetReadDeadline(time.Time{}) }()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, g.cfg.MaxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, fault.New(fault.TooLarge, "the request is over the limit of %d bytes", g.cfg.MaxBody)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fault.New(fault.Invalid, "the request did not arrive within %s", bodyTime)
	case err != nil:
		return nil, fault.Wrap(err, fault.Invalid, "the request could not be read")
	}
	return body, nil
}

// refuse answers a request with an error, as JSON-RPC so that MCP clients show it.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, err error) {
	code := fault.CodeOf(err)
	status := fault.Map(code).HTTP
	g.logFailure(err)
	if code == fault.Unauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="aureus"`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(rpcLine(json.RawMessage("null"), "error", rpcError(err))) // the client may be gone
}

// logFailure writes what a client is not told: the cause of an error.
func (g *Gateway) logFailure(err error) {
	code := fault.CodeOf(err)
	if fault.Map(code).HTTP >= http.StatusInternalServerError {
		g.cfg.Logger.Error("request failed", "code", string(code), "error", err)
		return
	}
	g.cfg.Logger.Debug("request refused", "code", string(code), "error", err)
}

// patientWriter gives each write its own time: a stream may be open for long, a
// client that does not read is cut off.
type patientWriter struct {
	http.ResponseWriter
	rc *http.ResponseController
}

// WriteHeader implements http.ResponseWriter.
func (w *patientWriter) WriteHeader(status int) {
	w.extend()
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *patientWriter) Write(b []byte) (int, error) {
	w.extend()
	return w.ResponseWriter.Write(b)
}

// Flush implements http.Flusher.
func (w *patientWriter) Flush() {
	w.extend()
	_ = w.rc.Flush() // the next write says that the client is gone
}

// Unwrap lets http.ResponseController reach the connection.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *patientWriter) extend() {
	_ = w.rc.SetWriteDeadline(time.Now().Add(writeTime)) // a writer without deadlines has none to pass
}
