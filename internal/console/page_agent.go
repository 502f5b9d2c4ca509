package console

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// maxDeltas bounds the deltas that an agent's page computes.
const maxDeltas = 5

// agentView is the body of an agent's page.
type agentView struct {
	agentCard
	Span         span
	Spans        []span
	Environment  string
	Environments []resource.Environment
	Versions     []resource.Version
	Deltas       []deltaView
	Snapshots    []snapshotRow
	Recent       []releaseRow
	Runs         []resource.Run
	ByVersion    []resource.Figures
	Delivery     []stat // the four keys
	MayRollBack  bool
	MayLook      bool // for drift
}

// snapshotRow is a snapshot in a list.
type snapshotRow struct {
	resource.Snapshot
	Serves bool
}

// deltaView is a capability delta with the names of its versions.
type deltaView struct {
	From, To string
	Delta    resource.Delta
	Widens   int
	Breaking int
	Open     bool
}

// agentPage is one agent.
func (s *server) agentPage(rq *request) (view, error) {
	ctx, p, name := rq.Context(), rq.who, rq.PathValue("agent")
	a, err := s.control.Agent(ctx, p, name)
	if err != nil {
		return view{}, err
	}
	envs, err := s.environments(rq)
	if err != nil {
		return view{}, err
	}
	sp, err := s.span(rq, name)
	if err != nil {
		return view{}, err
	}
	v := agentView{Span: sp, Spans: spans, Environments: envs,
		Environment: chosenEnvironment(envs, rq.URL.Query().Get("environment")), MayRollBack: rq.has(resource.RoleOperator), MayLook: rq.has(resource.RoleOperator) || rq.has(resource.RoleDeveloper)}
	if v.ByVersion, err = s.control.Figures(ctx, p, v.Span.query(s.now(), name, "")); err != nil {
		return view{}, err
	}
	if v.Delivery, err = s.delivery(rq, name, v.Environment); err != nil {
		return view{}, err
	}
	var shown []resource.Figures
	for _, f := range v.ByVersion {
		if f.Environment == v.Environment {
			shown = append(shown, f)
		}
	}
	if v.agentCard, err = s.agentCard(rq, a, v.Span, v.Environment, shown); err != nil {
		return view{}, err
	}
	if err := s.agentHistory(rq, name, &v); err != nil {
		return view{}, err
	}
	return view{template: "agent", title: name, nav: "fleet", body: v}, nil
}

// agentHistory fills what an agent's page lists.
func (s *server) agentHistory(rq *request, name string, v *agentView) (err error) {
	ctx, p := rq.Context(), rq.who
	if v.Versions, err = s.control.Versions(ctx, p, name, control.Page{Limit: 50}); err != nil {
		return err
	}
	texts := s.instructionsOf(rq, name)
	for i := 0; i+1 < len(v.Versions) && i < maxDeltas; i++ {
		from, to := v.Versions[i+1], v.Versions[i]
		d, err := s.control.Diff(ctx, p, from.Name, to.Name)
		if err != nil {
			return err
		}
		if d, err = texts.fill(d); err != nil {
			return err
		}
		v.Deltas = append(v.Deltas, deltaOf(d, fmt.Sprintf("v%d", from.Number), fmt.Sprintf("v%d", to.Number)))
	}
	if len(v.Deltas) > 0 {
		v.Deltas[0].Open = true
	}
	for _, d := range v.Deployments {
		snaps, err := s.control.Snapshots(ctx, p, name, d.Environment)
		if err != nil {
			return err
		}
		for _, snap := range snaps[:min(len(snaps), 8)] {
			v.Snapshots = append(v.Snapshots, snapshotRow{Snapshot: snap, Serves: snap.ID == d.Snapshot})
		}
	}
	releases, err := s.control.Releases(ctx, p, control.ReleaseFilter{Agent: name}, control.Page{Limit: 10})
	if err != nil {
		return err
	}
	v.Recent = s.releaseRows(releases)
	v.Runs, err = s.control.Runs(ctx, p, control.RunFilter{Agent: name}, control.Page{Limit: 10})
	return err
}

func deltaOf(d resource.Delta, from, to string) deltaView {
	v := deltaView{From: from, To: to, Delta: d}
	for _, c := range d.Changes {
		if c.Widens {
			v.Widens++
		}
		if c.Breaking {
			v.Breaking++
		}
	}
	return v
}

// rollbackAgent takes an environment back to its last verified snapshot.
func (s *server) rollbackAgent(rq *request) (to, said string, err error) {
	agent, env := rq.PathValue("agent"), rq.PostForm.Get("environment")
	reason, err := reasonOf(rq)
	if err != nil {
		return "", "", err
	}
	r, err := s.control.Rollback(rq.Context(), rq.who, agent, env, reason)
	if err != nil {
		return "", "", err
	}
	return "/releases/" + url.PathEscape(r.ID), "Rolling " + env + " back. Traffic is on the last verified version; it is being verified again.", nil
}

// reasonOf is the reason that a form gives; every decision needs one.
func reasonOf(rq *request) (string, error) {
	reason := strings.TrimSpace(rq.PostForm.Get("reason"))
	if reason == "" {
		return "", fault.New(fault.Invalid, "A reason is needed: it is kept in the ledger with the decision. Go back and write one.")
	}
	return reason, nil
}
