package console

import (
	"net/http"

	"github.com/aureus-agents/aureus/internal/fault"
)

// policy allows what the console itself serves and nothing else: no inline
// script or style, no frame, no other origin.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm bounds the body of a form.
const maxForm = 64 << 10

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
		next.ServeHTTP(w, r)
	})
}

// checkForm reads a form and refuses one without the session's form token.
func checkForm(r *http.Request, x session) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.TooLarge, "The form could not be read: it is over %d KiB or damaged. Shorten it and send it again.", maxForm>>10)
	}
	if !x.owns(r.PostForm.Get("form")) {
		return fault.New(fault.Forbidden, "The form is not from this session, so nothing was changed. Reload the page and send it again.")
	}
	return nil
}
