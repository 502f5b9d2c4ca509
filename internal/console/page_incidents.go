package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// incidentsView is the body of the list of incidents.
type incidentsView struct {
	State     string
	States    []string
	Incidents []resource.Incident
	Older     string
}

// incidentView is the body of an incident's page.
type incidentView struct {
	resource.Incident
	Steps   []step
	Runs    []resource.Run // the first of the failed runs
	More    int            // failed runs not shown
	MayAct  bool
	NextDo  string // what is to do next
	Name    string
	GoodRef string
}

// maxFailedRuns bounds the failed runs that an incident's page reads.
const maxFailedRuns = 8

var incidentStates = []string{"open", "mitigated", "resolved"}

// incidentsPage lists incidents.
func (s *server) incidentsPage(rq *request) (view, error) {
	v := incidentsView{States: incidentStates}
	if st := rq.URL.Query().Get("state"); slices.Contains(incidentStates, st) {
		v.State = st
	}
	var err error
	if v.Incidents, err = s.control.Incidents(rq.Context(), rq.who, control.IncidentFilter{State: v.State}, after(rq)); err != nil {
		return view{}, err
	}
	if len(v.Incidents) == pageSize {
		v.Older = older(rq, v.Incidents[len(v.Incidents)-1].ID)
	}
	return view{template: "incidents", title: "Incidents", nav: "incidents", body: v}, nil
}

// incidentPage is one incident.
func (s *server) incidentPage(rq *request) (view, error) {
	i, err := s.control.Incident(rq.Context(), rq.who, rq.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	v := incidentView{Incident: i, MayAct: rq.has(resource.RoleOperator), Name: i.Agent + "@v" + count(i.Version)}
	v.Steps, v.NextDo = incidentSteps(i)
	for _, id := range i.FailedRuns[:min(len(i.FailedRuns), maxFailedRuns)] {
		r, err := s.control.Run(rq.Context(), rq.who, id)
		if fault.Is(err, fault.NotFound) {
			continue // retention may delete a run before its incident
		}
		if err != nil {
			return view{}, err
		}
		v.Runs = append(v.Runs, r)
	}
	v.More = len(i.FailedRuns) - len(v.Runs)
	return view{template: "incident", title: "Incident: " + v.Name, nav: "incidents", body: v}, nil
}

// incidentSteps draws an incident's way and says what comes next.
func incidentSteps(i resource.Incident) ([]step, string) {
	steps := []step{{Name: "opened", At: i.OpenedAt}, {Name: "good version verified", At: i.MitigatedAt}, {Name: "root cause recorded"}, {Name: "guardrail proven"}, {Name: "resolved", At: i.ResolvedAt}}
	if i.RCA != nil {
		steps[2].At = i.RCA.At
	}
	if i.Guardrail != nil {
		steps[3].At = i.Guardrail.At
	}
	todo := []string{"", "The version that serves again is being verified.", "Record the root cause.", "Prove a guardrail that would have caught the version.", "The last step is being recorded."}
	next := ""
	for n := range steps {
		switch {
		case steps[n].At != 0:
			steps[n].Mark = "done"
		case next == "":
			steps[n].Mark, next = "current", todo[n]
		default:
			steps[n].Mark = "ahead"
		}
	}
	return steps, next
}

// recordRCA records a root cause analysis.
func (s *server) recordRCA(rq *request) (to, said string, err error) {
	id := rq.PathValue("id")
	field := func(name string) string { return strings.TrimSpace(rq.PostForm.Get(name)) }
	r := resource.RCA{Cause: field("cause"), Detection: field("detection"), Prevention: field("prevention")}
	if r.Cause == "" || r.Detection == "" || r.Prevention == "" {
		return "", "", fault.New(fault.Invalid, "All three parts are needed: what was wrong, how it was seen, and what will stop it. Go back and fill them in.")
	}
	if _, err := s.control.RecordRCA(rq.Context(), rq.who, id, r); err != nil {
		return "", "", err
	}
	return "/incidents/" + url.PathEscape(id), "The root cause is recorded.", nil
}

// proveGuardrail proves what would have caught the version.
func (s *server) proveGuardrail(rq *request) (to, said string, err error) {
	id := rq.PathValue("id")
	g := control.GuardrailRequest{Version: strings.TrimSpace(rq.PostForm.Get("version")), Name: strings.TrimSpace(rq.PostForm.Get("scenario"))}
	if g.Version == "" || g.Name == "" {
		return "", "", fault.New(fault.Invalid, "Name both the version that holds the guardrail and its scenario. Go back and fill them in.")
	}
	if _, err := s.control.ProveGuardrail(rq.Context(), rq.who, id, g); err != nil {
		return "", "", err
	}
	return "/incidents/" + url.PathEscape(id), "Proven: the bad version fails the scenario and the new one passes it. The incident is resolved.", nil
}
