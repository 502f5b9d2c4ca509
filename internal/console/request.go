package console

import (
	"net/http"
	"net/url"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// request is a request of a signed-in principal.
type request struct {
	*http.Request
	who     control.Principal
	session session
	// live: the page's script asks for fresh fragments; nobody opened the page.
	live bool
}

// view is a page to show.
type view struct {
	template string
	title    string
	nav      string
	body     any
}

type (
	pageFunc     func(*request) (view, error)
	downloadFunc func(*request, *download) error
	// actionFunc does what a form asks and says where to go and what to say there.
	actionFunc func(*request) (to, said string, err error)
)

// signedIn authenticates the session's token again. It answers the request
// itself and returns nil when there is no session or the token no longer holds.
func (s *server) signedIn(w http.ResponseWriter, r *http.Request) *request {
	x, ok := s.sessions.of(r)
	if !ok {
		s.toLogin(w, r)
		return nil
	}
	p, err := s.control.Authenticate(r.Context(), x.secret)
	if fault.Is(err, fault.Unauthorized) {
		s.sessions.end(x.id)
		setCookie(w, r, "")
		s.toLogin(w, r)
		return nil
	}
	if err != nil {
		s.fail(w, r, nil, err)
		return nil
	}
	return &request{Request: r, who: p, session: x, live: r.Header.Get("X-Aureus-Live") != ""}
}

// toLogin sends a person to the login page and a script a plain 401.
func (s *server) toLogin(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Aureus-Live") != "" || r.URL.Path == "/console/events" {
		http.Error(w, "sign in again", http.StatusUnauthorized)
		return
	}
	to := "/login"
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// page serves a page to a signed-in principal.
func (s *server) page(fn pageFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rq := s.signedIn(w, r)
		if rq == nil {
			return
		}
		v, err := fn(rq)
		if err != nil {
			s.fail(w, r, rq, err)
			return
		}
		s.show(w, rq, http.StatusOK, v)
	}
}

// download serves a file to a signed-in principal.
func (s *server) download(fn downloadFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rq := s.signedIn(w, r)
		if rq == nil {
			return
		}
		// A server's write timeout is for pages; the ledger can take longer.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		d := &download{w: w}
		err := fn(rq, d)
		switch {
		case err == nil:
		case d.started:
			// Half a file is sent: breaking the connection is the only way left to
			// tell the browser that it is not whole.
			s.log.Error("console download", "path", r.URL.Path, "error", err)
			panic(http.ErrAbortHandler)
		default:
			w.Header().Del("Content-Disposition")
			s.fail(w, r, rq, err)
		}
	}
}

// action does what a form of a signed-in principal asks, then redirects.
func (s *server) action(fn actionFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rq := s.signedIn(w, r)
		if rq == nil {
			return
		}
		if err := checkForm(r, rq.session); err != nil {
			s.fail(w, r, rq, err)
			return
		}
		to, said, err := fn(rq)
		if err != nil {
			s.fail(w, r, rq, err)
			return
		}
		s.sessions.say(rq.session.id, said)
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

// has reports whether the principal has a role, so that a page can leave out a
// form that control would refuse.
func (rq *request) has(role resource.Role) bool { return rq.who.Has(role) }
