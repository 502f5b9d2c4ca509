package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

// loginView is the body of the login page.
type loginView struct {
	Next    string
	Problem string
}

// loginPage asks for a token.
func (s *server) loginPage(w http.ResponseWriter, r *http.Request) {
	s.showLogin(w, http.StatusOK, loginView{Next: localPath(r.URL.Query().Get("next"))})
}

func (s *server) showLogin(w http.ResponseWriter, status int, v loginView) {
	s.write(w, status, "login", page{Title: "Sign in", Version: s.version, Body: v})
}

// login exchanges a token for a session.
func (s *server) login(w http.ResponseWriter, r *http.Request) {
	secret := strings.TrimSpace(r.PostForm.Get("token"))
	next := localPath(r.PostForm.Get("next"))
	p, err := s.control.Authenticate(r.Context(), secret)
	switch {
	case fault.Is(err, fault.Unauthorized):
		s.log.Info("console sign-in refused")
		s.showLogin(w, http.StatusUnauthorized, loginView{Next: next, Problem: "That token is unknown, expired or revoked. Check that all of it was pasted."})
		return
	case err != nil:
		s.fail(w, r, nil, err)
		return
	}
	if old, ok := s.sessions.of(r); ok {
		s.sessions.end(old.id)
	}
	x := s.sessions.start(secret)
	s.log.Info("console sign-in", "actor", p.Actor.Name, "token_id", p.Token)
	setCookie(w, r, x.id)
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// logout ends the session.
func (s *server) logout(w http.ResponseWriter, r *http.Request) {
	x, ok := s.sessions.of(r)
	if ok {
		if err := checkForm(r, x); err != nil {
			s.fail(w, r, nil, err)
			return
		}
		s.sessions.end(x.id)
	}
	setCookie(w, r, "")
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// localPath returns p when it names a page of this console, else "/": a link
// that somebody sends must not lead elsewhere after signing in.
func localPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(p, "/") ||
		strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") || u.Path == "/login" {
		return "/"
	}
	return p
}
