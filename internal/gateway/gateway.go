package gateway

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// Pattern is the path that a Gateway serves.
const Pattern = "/mcp/{place}"

// sessionHeader names the session of a request.
const sessionHeader = "Mcp-Session-Id"

// Gateway serves MCP over streamable HTTP. It is safe for concurrent use.
type Gateway struct {
	cfg  Config
	sdk  *mcp.StreamableHTTPHandler
	bare *mcp.Server // answers what comes before a session: ping, server/discover

	mu       sync.Mutex
	sessions map[string]*session
	opening  int
	stopped  bool
	ending   sync.WaitGroup
}

type serverKey struct{}

// New makes a Gateway.
func New(cfg Config) *Gateway {
	g := &Gateway{cfg: cfg.withDefaults(), sessions: map[string]*session{}}
	g.bare = mcp.NewServer(g.implementation(), &mcp.ServerOptions{Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}},
		SupportedProtocolVersions: protocols})
	g.sdk = mcp.NewStreamableHTTPHandler(func(r *http.Request) *mcp.Server {
		if s, ok := r.Context().Value(serverKey{}).(*mcp.Server); ok {
			return s
		}
		return g.bare
	}, &mcp.StreamableHTTPOptions{DisableLocalhostProtection: true, // ProtectHost stands before the gateway
		MaxRequestBodyBytes: -1}) // bounded by body
	if g.cfg.Done != nil {
		go func() {
			<-g.cfg.Done
			g.Close()
		}()
	}
	return g
}

// protocols are the versions of MCP with sessions. A guard needs a session.
var protocols = []string{"2025-11-25", "2025-06-18", "2025-03-26"}

func (g *Gateway) implementation() *mcp.Implementation {
	return &mcp.Implementation{Name: "aureus", Title: "Aureus MCP gateway", Version: g.cfg.Version}
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pw := &patientWriter{ResponseWriter: w, rc: http.NewResponseController(w)}
	if err := g.serve(pw, r); err != nil {
		g.refuse(pw, r, err)
	}
}

func (g *Gateway) serve(w *patientWriter, r *http.Request) error {
	p, err := g.authenticate(r)
	if err != nil {
		return err
	}
	place := r.PathValue("place")
	id := r.Header.Get(sessionHeader)
	var body []byte
	if r.Method == http.MethodPost {
		if body, err = g.body(w, r); err != nil {
			return err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if id == "" {
		return g.begin(w, r, p, place, body)
	}
	s := g.find(id)
	if s == nil || !s.mine(p, place) {
		return fault.New(fault.NotFound, "there is no such session; it ended, or Aureus was started again: start a new one with initialize")
	}
	defer s.leave()
	if r.Method == http.MethodDelete {
		g.end(s, "its client ended it")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if !s.plain(w, r, body) {
		g.sdk.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), serverKey{}, s.server)))
	}
	return nil
}

// find gives a session that is in use until leave is called, nil for none.
func (g *Gateway) find(id string) *session {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.sessions[id]
	if s != nil {
		s.enter()
	}
	return s
}

// splitPlace is AGENT@ENVIRONMENT, or AGENT for production.
func splitPlace(place string) (agent, env string, err error) {
	agent, env, _ = strings.Cut(place, "@")
	if agent == "" || strings.Contains(env, "@") {
		return "", "", fault.New(fault.Invalid, "the path is /mcp/AGENT@ENVIRONMENT, for example /mcp/desk@production")
	}
	if env == "" {
		env = control.Production
	}
	return agent, env, nil
}

// Close ends every session. Calls that are being made are cancelled. It returns
// when the ends are stored or could not be.
func (g *Gateway) Close() {
	g.mu.Lock()
	g.stopped = true
	all := make([]*session, 0, len(g.sessions))
	for _, s := range g.sessions {
		all = append(all, s)
	}
	g.mu.Unlock()
	for _, s := range all {
		g.end(s, "Aureus stops")
	}
	g.ending.Wait()
}
