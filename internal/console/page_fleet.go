package console

import (
	"slices"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// fleetView is the body of the overview.
type fleetView struct {
	Span         span
	Spans        []span
	Environment  string
	Environments []resource.Environment // promotion order, last first
	Totals       []stat
	Delivery     []stat // the four keys of Environment
	Agents       []agentCard
	Approvals    []resource.Approval
	Incidents    []resource.Incident
	Moving       []releaseRow
}

// agentCard is one agent on the overview.
type agentCard struct {
	control.AgentSummary
	Total   resource.Figures
	Trends  trends
	Stats   []stat
	Serving []serving
}

// serving is what serves an agent in one environment.
type serving struct {
	resource.Deployment
	StableName    string // v3, or the short digest of a version not listed
	CandidateName string
	StableShare   int
}

// fleetPage is the overview.
func (s *server) fleetPage(rq *request) (view, error) {
	ctx, p := rq.Context(), rq.who
	v := fleetView{Spans: spans}
	var err error
	if v.Span, err = s.span(rq, ""); err != nil {
		return view{}, err
	}
	if v.Environments, err = s.environments(rq); err != nil {
		return view{}, err
	}
	v.Environment = chosenEnvironment(v.Environments, rq.URL.Query().Get("environment"))
	agents, err := s.control.Agents(ctx, p)
	if err != nil {
		return view{}, err
	}
	q := v.Span.query(s.now(), "", v.Environment)
	rows, err := s.control.Figures(ctx, p, q)
	if err != nil {
		return view{}, err
	}
	if v.Approvals, err = s.control.Approvals(ctx, p, control.ApprovalFilter{State: resource.ApprovalPending}, control.Page{}); err != nil {
		return view{}, err
	}
	incidents, err := s.control.Incidents(ctx, p, control.IncidentFilter{}, control.Page{})
	if err != nil {
		return view{}, err
	}
	v.Incidents = unresolved(incidents)
	for _, a := range agents {
		card, err := s.agentCard(rq, a, v.Span, v.Environment, rows)
		if err != nil {
			return view{}, err
		}
		v.Agents = append(v.Agents, card)
		for _, r := range a.Releases {
			v.Moving = append(v.Moving, s.releaseRow(r))
		}
	}
	v.Totals = fleetTotals(v, combine(rows))
	if v.Delivery, err = s.delivery(rq, "", v.Environment); err != nil {
		return view{}, err
	}
	return view{template: "fleet", title: "Fleet", nav: "fleet", body: v}, nil
}

// agentCard collects an agent's figures and draws its lines.
func (s *server) agentCard(rq *request, a control.AgentSummary, sp span, env string, rows []resource.Figures) (agentCard, error) {
	q := sp.query(s.now(), a.Name, env)
	points, err := s.control.Series(rq.Context(), rq.who, q, sp.Bucket)
	if err != nil {
		return agentCard{}, err
	}
	versions, err := s.control.Versions(rq.Context(), rq.who, a.Name, control.Page{})
	if err != nil {
		return agentCard{}, err
	}
	var own []resource.Figures
	for _, f := range rows {
		if f.Agent == a.Name {
			own = append(own, f)
		}
	}
	c := agentCard{AgentSummary: a, Total: combine(own), Serving: servingOf(a.Deployments, versions)}
	c.Stats = statsOf(c.Total)
	c.Trends = trendsOf(c.Total, buckets(q, sp.Bucket, points), q.From, q.To)
	return c, nil
}

// environments are the environments, the last in promotion order first.
func (s *server) environments(rq *request) ([]resource.Environment, error) {
	envs, err := s.control.Environments(rq.Context(), rq.who)
	if err != nil {
		return nil, err
	}
	envs = slices.Clone(envs)
	slices.Reverse(envs)
	return envs, nil
}

// chosenEnvironment is the one asked for, or the last in promotion order.
func chosenEnvironment(envs []resource.Environment, name string) string {
	for _, e := range envs {
		if e.Name == name {
			return name
		}
	}
	if len(envs) == 0 {
		return ""
	}
	return envs[0].Name
}

// servingOf names the versions that deployments route to.
func servingOf(deployments []resource.Deployment, versions []resource.Version) []serving {
	names := map[string]string{}
	for _, v := range versions {
		names[v.Digest] = "v" + count(v.Number)
	}
	name := func(digest string) string {
		if n, ok := names[digest]; ok {
			return n
		}
		return shortDigest(digest)
	}
	out := make([]serving, 0, len(deployments))
	for _, d := range deployments {
		if d.Drill { // no session gets a drill's version
			d.Candidate, d.Weight = "", 0
		}
		weight := d.Weight
		if d.Candidate == "" {
			weight = 0
		}
		out = append(out, serving{Deployment: d, StableName: name(d.Stable), CandidateName: name(d.Candidate), StableShare: 100 - weight})
	}
	return out
}

// unresolved are the incidents that still ask for work.
func unresolved(all []resource.Incident) []resource.Incident {
	var open []resource.Incident
	for _, i := range all {
		if i.State != "resolved" {
			open = append(open, i)
		}
	}
	return open
}

// fleetTotals is the line above the agents.
func fleetTotals(v fleetView, t resource.Figures) []stat {
	out := []stat{
		{"Agents", count(len(v.Agents)), "registered", ""},
		{"Runs", count(t.Runs), "live runs in the window", ""},
		{"Success rate", rate(t.SuccessRate, t.Runs), "of all live runs in the window", ""},
		{"Model cost", money(t.Cost), "in the window", ""},
		{"Cost / success", perSuccess(t), "cost of all runs over the successful ones", ""},
		{"Moving releases", count(len(v.Moving)), "not ended", ""},
		{"Approvals", count(len(v.Approvals)), "waiting for a person", worse(int64(len(v.Approvals)), false)},
		{"Incidents", count(len(v.Incidents)), "not resolved", worse(int64(len(v.Incidents)), true)},
	}
	return out
}
