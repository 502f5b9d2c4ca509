package console

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
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
	Report     resource.IncidentReport
	Steps      []step
	Stats      []stat
	MayAct     bool
	NextDo     string // what is to do next
	Name       string
	Severities []string
	Categories []string
	Kinds      []string // of guardrails
	Passing    int      // good runs that pass the proof
	Due        string
	Overdue    bool
}

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

// incidentPage is one incident, with what was put together about it.
func (s *server) incidentPage(rq *request) (view, error) {
	rep, err := s.control.IncidentReport(rq.Context(), rq.who, rq.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	i := rep.Incident
	v := incidentView{Incident: i, Report: rep, MayAct: rq.has(resource.RoleOperator), Name: i.Agent + "@v" + count(i.Version),
		Stats: impactStats(rep.Impact), Severities: resource.Severities(), Categories: resource.CauseCategories(),
		Kinds: []string{resource.GuardrailScenario, resource.GuardrailPolicy, resource.GuardrailCRV}}
	v.Steps, v.NextDo = incidentSteps(i)
	if rep.Proof != nil {
		for _, r := range rep.Proof.Pass {
			if !r.Stopped {
				v.Passing++
			}
		}
	}
	if r := i.RCA; r != nil && r.Due > 0 {
		v.Due = time.UnixMilli(int64(r.Due)).UTC().Format(time.DateOnly)
		v.Overdue = r.DoneAt == 0 && s.now().UnixMilli() > int64(r.Due)
	}
	return view{template: "incident", title: "Incident: " + v.Name, nav: "incidents", body: v}, nil
}

// impactStats are what a bad version did, in a row.
func impactStats(i resource.IncidentImpact) []stat {
	beside := "no control arm"
	if i.Control.Runs > 0 {
		beside = count(i.Control.Failures) + " of " + count(i.Control.Runs)
	}
	span := func(ms int64, known bool) string {
		if !known {
			return "–"
		}
		return millis(float64(ms))
	}
	return []stat{
		{"Failed runs", count(i.Failed) + " of " + count(i.Runs), "live runs of the version since its release began", worse(i.Failed, true)},
		{"Sessions", count(i.FailedSessions) + " of " + count(i.Sessions), "with a failed run", ""},
		{"Beside it", beside, "failed runs of the stable version in the same canary", ""},
		{"Its own", wholeNumber(i.ExcessFailed), "failed runs beyond what the stable version's rate gives", worse(i.Failed, i.ExcessFailed > 0)},
		{"Until decided", span(i.DetectMs, i.FirstFailedAt > 0), "from the first failing run to the decision to roll back", ""},
		{"Until good", span(i.RestoreMs, i.GoodAt > 0), "from the decision to all traffic on a good version", ""},
	}
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

// postmortem is an incident as a file.
func (s *server) postmortem(rq *request, d *download) error {
	id := rq.PathValue("id")
	text, err := s.control.Postmortem(rq.Context(), rq.who, id)
	if err != nil {
		return err
	}
	name := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, id)
	_, err = io.WriteString(d.as("postmortem-"+name+".md", "text/markdown; charset=utf-8"), text)
	return err
}
