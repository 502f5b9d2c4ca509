package console

import (
	"net/url"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// pageSize is how many rows a list shows.
const pageSize = 50

// releasesView is the body of the list of releases.
type releasesView struct {
	Filter   listFilter
	Releases []releaseRow
	Older    string // address of the next page, "" when there is none
}

// releaseRow is a release in a list.
type releaseRow struct {
	resource.Release
	Steps  []step
	Weight int // percent of traffic on the candidate now
}

// listFilter is what a list's form filters by.
type listFilter struct {
	Agent, Environment, State string
	Agents                    []string
	Environments              []string
	States                    []string
}

var releaseStates = []string{"pending", "checking", "awaiting_approval", "frozen", "deploying", "smoke", "shadow", "preview", "canary", "soaking", "paused", "promoted", "rejected", "cancelled", "rolling_back", "rolled_back"}

// releasesPage lists releases.
func (s *server) releasesPage(rq *request) (view, error) {
	f, err := s.listFilter(rq, releaseStates)
	if err != nil {
		return view{}, err
	}
	q := control.ReleaseFilter{Agent: f.Agent, Environment: f.Environment}
	if f.State != "" {
		q.States = []resource.ReleaseState{resource.ReleaseState(f.State)}
	}
	list, err := s.control.Releases(rq.Context(), rq.who, q, after(rq))
	if err != nil {
		return view{}, err
	}
	v := releasesView{Filter: f, Releases: s.releaseRows(list)}
	if len(list) == pageSize {
		v.Older = older(rq, list[len(list)-1].ID)
	}
	return view{template: "releases", title: "Releases", nav: "releases", body: v}, nil
}

func (s *server) releaseRows(list []resource.Release) []releaseRow {
	rows := make([]releaseRow, len(list))
	for i, r := range list {
		rows[i] = s.releaseRow(r)
	}
	return rows
}

func (s *server) releaseRow(r resource.Release) releaseRow {
	row := releaseRow{Release: r, Steps: stepsOf(r)}
	if stateOf(r) == resource.ReleaseCanary {
		row.Weight = weightOf(r)
	}
	return row
}

// listFilter reads a list's filter; a state that does not exist is none.
func (s *server) listFilter(rq *request, states []string) (listFilter, error) {
	get := rq.URL.Query().Get
	f := listFilter{Agent: get("agent"), Environment: get("environment"), States: states}
	for _, x := range states {
		if x == get("state") {
			f.State = x
		}
	}
	agents, err := s.control.Agents(rq.Context(), rq.who)
	if err != nil {
		return f, err
	}
	for _, a := range agents {
		f.Agents = append(f.Agents, a.Name)
	}
	envs, err := s.environments(rq)
	for _, e := range envs {
		f.Environments = append(f.Environments, e.Name)
	}
	return f, err
}

// after is the page of a list that the address asks for.
func after(rq *request) control.Page {
	return control.Page{Limit: pageSize, After: rq.URL.Query().Get("after")}
}

// older is the address of a list's next page.
func older(rq *request, last string) string {
	q := rq.URL.Query()
	q.Set("after", last)
	return (&url.URL{Path: rq.URL.Path, RawQuery: q.Encode()}).String()
}
