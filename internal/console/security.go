package console

import (
	"net/http"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
)

// policy allows what the console itself serves and nothing else: no inline
// script or style, no frame, no other origin.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm bounds the body of a form.
const maxForm = 64 << 10

// formTimeout is how long a form may take to arrive.
const formTimeout = 15 * time.Second

// secure sets the headers of every answer and refuses a state-changing request
// that a page of another origin sent.
func (s *server) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if err := s.origin.Check(r); err != nil {
			s.fail(w, r, nil, fault.Wrap(err, fault.Forbidden,
				"This request came from a page of another site, so it was not carried out. Open the console itself and try again."))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := readForm(w, r); err != nil {
			s.fail(w, r, nil, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// readForm reads the form of a POST in time. The deadline is taken away again: one
// that passes while the action is carried out would cancel it.
func readForm(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(formTimeout)) // a writer without deadlines has none to pass
	err := r.ParseForm()
	_ = rc.SetReadDeadline(time.Time{})
	if err != nil {
		return fault.Wrap(err, fault.TooLarge, "The form could not be read: it is over %d KiB, damaged, or came too slowly. Shorten it and send it again.", maxForm>>10)
	}
	return nil
}

// checkForm refuses a form without the session's form token.
func checkForm(r *http.Request, x session) error {
	if !x.owns(r.PostForm.Get("form")) {
		return fault.New(fault.Forbidden, "The form is not from this session, so nothing was changed. Reload the page and send it again.")
	}
	return nil
}
