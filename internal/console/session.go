package console

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"sync"
	"time"
)

const (
	cookieName  = "aureus_console"
	sessionIdle = 12 * time.Hour // a session unused for so long ends
	maxSessions = 4096           // the longest unused ends when one more begins
)

// session is one signed-in browser. The token's secret stays in this process's
// memory: a restart signs everybody out.
type session struct {
	id     string
	secret string
	form   string // token that every form carries
	used   time.Time
	flash  string // shown once, on the next page
}

// sessions holds the signed-in browsers. It is safe for concurrent use.
type sessions struct {
	now  func() time.Time
	mu   sync.Mutex
	byID map[string]*session
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, byID: map[string]*session{}}
}

// start makes a session for a token's secret and returns a copy of it.
func (s *sessions) start(secret string) session {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	n := &session{id: rand.Text(), secret: secret, form: rand.Text(), used: s.now()}
	s.byID[n.id] = n
	return *n
}

// sweep drops what is idle for too long and, when full, the longest unused.
func (s *sessions) sweep() {
	var oldest *session
	for id, x := range s.byID {
		if s.now().Sub(x.used) > sessionIdle {
			delete(s.byID, id)
			continue
		}
		if oldest == nil || x.used.Before(oldest.used) {
			oldest = x
		}
	}
	if len(s.byID) >= maxSessions {
		delete(s.byID, oldest.id)
	}
}

// of returns a copy of the request's session and keeps it alive; false when
// there is none.
func (s *sessions) of(r *http.Request) (session, bool) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return session{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.byID[c.Value]
	if !ok || s.now().Sub(x.used) > sessionIdle {
		delete(s.byID, c.Value)
		return session{}, false
	}
	x.used = s.now()
	return *x, true
}

// say keeps a text for the next page of a session.
func (s *sessions) say(id, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x, ok := s.byID[id]; ok {
		x.flash = text
	}
}

// heard returns the text to show and forgets it.
func (s *sessions) heard(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.byID[id]
	if !ok {
		return ""
	}
	text := x.flash
	x.flash = ""
	return text
}

// end forgets a session.
func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id)
}

// owns reports whether token is the one that the session's forms carry.
func (x session) owns(token string) bool {
	return subtle.ConstantTimeCompare([]byte(x.form), []byte(token)) == 1
}

// setCookie gives the browser its session; an empty id takes it back.
func setCookie(w http.ResponseWriter, r *http.Request, id string) {
	c := &http.Cookie{
		Name: cookieName, Value: id, Path: "/",
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	}
	if id == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
