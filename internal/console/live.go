package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/aureus-agents/aureus/resource"
)

// heartbeat is how often an idle event stream says that it is there, and how
// often its token is checked again.
const heartbeat = 15 * time.Second

// change is what the page's script is told: names only, never content. It reads
// the page again to see what changed.
type change struct {
	Action      string `json:"action"`
	SubjectKind string `json:"subjectKind"`
	SubjectID   string `json:"subjectId"`
}

// events streams lifecycle events until the browser leaves, the token ends or
// the server does.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	rq := s.signedIn(w, r)
	if rq == nil {
		return
	}
	feed, err := s.control.Subscribe(r.Context(), rq.who)
	if err != nil {
		s.fail(w, r, rq, err)
		return
	}
	out := http.NewResponseController(w)
	// A server's write timeout is for pages; where it cannot be lifted the
	// browser connects again.
	_ = out.SetWriteDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	if _, err := fmt.Fprint(w, "retry: 2000\n\n"); err != nil || out.Flush() != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-s.done:
			return
		case e, ok := <-feed:
			if !ok {
				return
			}
			err = writeChange(w, e)
		case <-beat.C:
			if _, gone := s.control.Authenticate(r.Context(), rq.session.secret); gone != nil {
				return
			}
			_, err = fmt.Fprint(w, ": here\n\n")
		}
		if err != nil || out.Flush() != nil {
			return
		}
	}
}

func writeChange(w http.ResponseWriter, e resource.Event) error {
	data, err := json.Marshal(change{Action: e.Action, SubjectKind: e.SubjectKind, SubjectID: e.SubjectID})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "event: change\ndata: %s\n\n", data)
	return err
}
