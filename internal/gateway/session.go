package gateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// session is one MCP session: a client at work with the tools of one version.
type session struct {
	g       *Gateway
	id      string
	place   string
	token   string // id of the token that opened it; nobody else may use it
	calls   *control.Session
	server  *mcp.Server
	context context.Context // ends with the session
	cancel  context.CancelFunc
	once    sync.Once

	mu             sync.Mutex
	inUse          int // requests
	idle           *time.Timer
	flush          *time.Timer
	known, unasked bool // whether the client can be asked is known, and that it cannot

	running sync.Map // cancel functions of the plain calls under way, by request id
}

// endTime bounds storing a session's end.
const endTime = 10 * time.Second

// begin serves a request that has no session: initialize makes one.
func (g *Gateway) begin(w *patientWriter, r *http.Request, p control.Principal, place string, body []byte) error {
	agent, env, err := splitPlace(place)
	if err != nil {
		return err
	}
	var first struct {
		Method string `json:"method"`
		Params struct {
			Meta map[string]any `json:"_meta"`
		} `json:"params"`
	}
	if json.Unmarshal(body, &first) != nil || first.Method != "initialize" {
		g.sdk.ServeHTTP(w, r)
		return nil
	}
	req := control.InvokeRequest{Environment: env, Input: first.Params.Meta[InputKey]}
	if v, ok := first.Params.Meta[SessionKey]; ok {
		if req.Session, ok = v.(string); !ok {
			return fault.New(fault.Invalid, "_meta of initialize has the key %q, whose value is no string", SessionKey)
		}
	}
	s, err := g.open(r.Context(), p, agent, req)
	if err != nil {
		return err
	}
	s.place = place
	g.mu.Lock()
	g.sessions[s.id] = s
	g.mu.Unlock()
	defer s.leave()
	g.sdk.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), serverKey{}, s.server)))
	if peer := s.peer(); peer == nil || peer.InitializeParams() == nil {
		g.end(s, "its client did not finish initialize")
	}
	return nil
}

// open begins a session, in use.
func (g *Gateway) open(ctx context.Context, p control.Principal, agent string, req control.InvokeRequest) (*session, error) {
	g.mu.Lock()
	full, stopped := len(g.sessions)+g.opening >= g.cfg.MaxSessions, g.stopped
	if !full && !stopped {
		g.opening++
	}
	g.mu.Unlock()
	switch {
	case stopped:
		return nil, fault.New(fault.Unavailable, "Aureus is stopping; connect again when it runs")
	case full:
		return nil, fault.New(fault.Unavailable, "%d sessions are open, which is the limit; end one, or try again later", g.cfg.MaxSessions)
	}
	defer func() {
		g.mu.Lock()
		g.opening--
		g.mu.Unlock()
	}()
	calls, err := g.cfg.Control.OpenSession(ctx, p, agent, req)
	if err != nil {
		return nil, err
	}
	s := &session{g: g, id: rand.Text(), token: p.Token, calls: calls, inUse: 1}
	s.context, s.cancel = context.WithCancel(context.Background())
	if s.server, err = s.newServer(); err != nil {
		g.ending.Add(1)
		s.finish()
		return nil, err
	}
	s.idle = time.AfterFunc(g.cfg.Idle, func() { g.end(s, "its client did not use it") })
	s.idle.Stop()
	run := calls.Run()
	g.cfg.Logger.Info("session opened", "run", run.ID, "agent", run.Agent, "environment", run.Environment, "version", calls.Version(), "principal", p.Actor.Name)
	return s, nil
}

// mine reports whether a session is of this place and token.
func (s *session) mine(p control.Principal, place string) bool {
	if s.token == p.Token && s.place == place {
		return true
	}
	s.leave()
	return false
}

// peer is the SDK's side of the session, nil before it is connected.
func (s *session) peer() *mcp.ServerSession {
	for p := range s.server.Sessions() {
		return p
	}
	return nil
}

func (s *session) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inUse++
	s.idle.Stop()
}

func (s *session) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inUse--; s.inUse == 0 && s.context.Err() == nil {
		s.idle.Reset(s.g.cfg.Idle)
	}
}

// end takes a session away and stores its end.
func (g *Gateway) end(s *session, why string) {
	s.once.Do(func() {
		g.mu.Lock()
		delete(g.sessions, s.id)
		g.ending.Add(1)
		g.mu.Unlock()
		s.idle.Stop()
		g.cfg.Logger.Info("session closed", "run", s.calls.Run().ID, "why", why)
		go s.finish()
	})
}

// finish cancels what the session still does and stores its end.
func (s *session) finish() {
	defer s.g.ending.Done()
	s.cancel()
	if p := s.peer(); p != nil {
		_ = p.Close() // its streams end; there is nobody to tell
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	if _, err := s.calls.End(ctx); err != nil {
		s.g.cfg.Logger.Error("the end of a session was not stored; its run is ended at the next start", "run", s.calls.Run().ID, "error", err)
	}
}

// flushTime is how long what a call came back with may wait to be stored.
const flushTime = time.Second

// later stores results that no later decision takes along.
func (s *session) later() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flush == nil {
		s.flush = time.AfterFunc(flushTime, func() {
			s.mu.Lock()
			s.flush = nil
			s.mu.Unlock()
			if err := s.calls.Flush(context.Background()); err != nil {
				s.g.cfg.Logger.Warn("results of a session are not stored yet", "run", s.calls.Run().ID, "error", err)
			}
		})
	}
}
