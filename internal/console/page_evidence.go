package console

import (
	"fmt"
	"net/http"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// evidenceView is the body of the evidence page of a version.
type evidenceView struct {
	resource.Version
	Evidence []control.VerifiedEvidence
	Failed   int    // whose signature does not hold
	Focus    string // digest to stand out
	FocusID  string // the first with that digest
}

// evidencePage lists and verifies the evidence about a version.
func (s *server) evidencePage(rq *request) (view, error) {
	ref := rq.PathValue("ref")
	ver, err := s.control.Version(rq.Context(), rq.who, ref)
	if err != nil {
		return view{}, err
	}
	v := evidenceView{Version: ver, Focus: rq.URL.Query().Get("digest")}
	if v.Evidence, err = s.control.Evidence(rq.Context(), rq.who, ref); err != nil {
		return view{}, err
	}
	for _, e := range v.Evidence {
		if !e.Verified {
			v.Failed++
		}
		if e.Digest == v.Focus && v.FocusID == "" {
			v.FocusID = e.ID
		}
	}
	return view{template: "evidence", title: "Evidence of " + ver.Name, nav: "fleet", body: v}, nil
}

// evidenceBundle is one piece of evidence as the bundle that was signed.
func (s *server) evidenceBundle(rq *request, d *download) error {
	ref, id := rq.PathValue("ref"), rq.PathValue("id")
	all, err := s.control.Evidence(rq.Context(), rq.who, ref)
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.ID == id && len(e.Bundle) > 0 {
			_, err := d.as(fmt.Sprintf("%s-%s.sigstore.json", e.Kind, fileName(e.ID)), "application/json").Write(e.Bundle)
			return err
		}
	}
	return fault.New(fault.NotFound, "There is no bundle %s about %s. Its evidence page has them all.", id, ref)
}

// keyPEM is the public key that verifies every bundle. Anybody may have it.
func (s *server) keyPEM(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-pem-file")
	w.Header().Set("Content-Disposition", `attachment; filename="aureus-key.pem"`)
	_, _ = w.Write([]byte(s.control.PublicKeys().PEM)) // the browser has left: nobody to tell
}
