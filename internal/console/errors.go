package console

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/aureus-agents/aureus/internal/fault"
)

// headings name a kind of failure for a person.
var headings = map[fault.Code]string{
	fault.Invalid:      "That was not understood",
	fault.Unauthorized: "Please sign in",
	fault.Forbidden:    "Not allowed",
	fault.NotFound:     "Not found",
	fault.Conflict:     "That does not fit the current state",
	fault.TooLarge:     "Too large",
	fault.RateLimited:  "Too many requests",
	fault.Blocked:      "Blocked",
	fault.Waiting:      "Waiting for approval",
	fault.Verification: "Verification failed",
	fault.Upstream:     "Another system failed",
	fault.Unavailable:  "Not available now",
	fault.StorageFull:  "The disk is full",
	fault.Corrupt:      "The database is damaged",
	fault.Internal:     "Something broke",
	fault.Failed:       "The check failed",
}

// messageOf is the sentence of an error; what is not a fault stays inside.
func messageOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return "The server could not answer. Try again; its log says why."
}

func detailsOf(err error) []fault.Detail {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Details
	}
	return nil
}

// cameFrom is the page of this console that a form was sent from, "/" when
// that is not known.
func cameFrom(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || u.RequestURI() == r.URL.RequestURI() && r.Method == http.MethodGet {
		return "/"
	}
	return localPath(u.RequestURI())
}
