package console

import (
	"net/url"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// formField is a field of a sent form, without blanks around it.
func formField(rq *request, name string) string { return strings.TrimSpace(rq.PostForm.Get(name)) }

func toIncident(rq *request) string { return "/incidents/" + url.PathEscape(rq.PathValue("id")) }

// recordRCA records a root cause analysis.
func (s *server) recordRCA(rq *request) (to, said string, err error) {
	r := resource.RCA{Cause: formField(rq, "cause"), Detection: formField(rq, "detection"), Prevention: formField(rq, "prevention"),
		Category: formField(rq, "category"), Owner: formField(rq, "owner")}
	if r.Cause == "" || r.Detection == "" || r.Prevention == "" {
		return "", "", fault.New(fault.Invalid, "All three parts are needed: what was wrong, how it was seen, and what will stop it. Go back and fill them in.")
	}
	for _, line := range strings.Split(formField(rq, "factors"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			r.Factors = append(r.Factors, line)
		}
	}
	if day := formField(rq, "due"); day != "" {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return "", "", fault.New(fault.Invalid, "%q is no day. Go back and write it like 2026-12-31.", day)
		}
		r.Due = resource.Millis(t.AddDate(0, 0, 1).UnixMilli() - 1)
	}
	_, err = s.control.RecordRCA(rq.Context(), rq.who, rq.PathValue("id"), r)
	return toIncident(rq), "The root cause is recorded.", err
}

// triageIncident sets severity and assignee, or adds a note.
func (s *server) triageIncident(rq *request) (to, said string, err error) {
	r := resource.TriageRequest{Note: formField(rq, "note")}
	if rq.PostForm.Has("severity") {
		severity, assignee := formField(rq, "severity"), formField(rq, "assignee")
		r.Severity, r.Assignee = &severity, &assignee
	}
	_, err = s.control.TriageIncident(rq.Context(), rq.who, rq.PathValue("id"), r)
	return toIncident(rq), "Saved.", err
}

// followUp reports that the prevention is done.
func (s *server) followUp(rq *request) (to, said string, err error) {
	_, err = s.control.FollowUp(rq.Context(), rq.who, rq.PathValue("id"), formField(rq, "done"))
	return toIncident(rq), "The prevention is reported done.", err
}

// proveGuardrail proves what would have caught the version.
func (s *server) proveGuardrail(rq *request) (to, said string, err error) {
	g := control.GuardrailRequest{Version: formField(rq, "version"), Kind: formField(rq, "kind"), Name: formField(rq, "name")}
	if g.Version == "" || g.Name == "" {
		return "", "", fault.New(fault.Invalid, "Name both the version that holds the guardrail and the guardrail in it. Go back and fill them in.")
	}
	_, err = s.control.ProveGuardrail(rq.Context(), rq.who, rq.PathValue("id"), g)
	return toIncident(rq), "Proven: it would have caught the bad version, and lets the good one pass.", err
}
