package control

import (
	"context"
	"time"

	"github.com/aureus-agents/aureus/internal/dora"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// doraWindow is the window of the four keys when none is named.
const doraWindow = 30 * 24 * time.Hour

// DORA are the four keys of the agents in their environments, of the last 30 days
// unless a window is given: a row for each agent and environment, and, unless one
// agent is asked for, one for each environment over all agents. Viewer.
func (c *Control) DORA(ctx context.Context, p Principal, q FiguresQuery) (rows []resource.DORA, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	if q.To == 0 {
		q.To = c.now() + 1
	}
	if q.From == 0 {
		q.From = q.To - resource.Millis(doraWindow.Milliseconds())
	}
	if q.From < 0 || q.From >= q.To {
		return nil, fault.New(fault.Invalid, "the window ends before it begins, or begins before 1970; give 0 <= from < to, in Unix milliseconds")
	}
	var releases []dora.Release
	var incidents []dora.Incident
	err = c.view(ctx, func(r Reader) (err error) {
		if releases, err = releasesFor(r, q); err != nil {
			return err
		}
		incidents, err = incidentsFor(r, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	all := dora.Compute(q.From, q.To, releases, incidents)
	rows = []resource.DORA{}
	for _, row := range all {
		if q.Agent == "" || row.Agent == q.Agent {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// releasesFor reads the releases that changed since the window began, with what the
// lead time begins at.
func releasesFor(r Reader, q FiguresQuery) (out []dora.Release, err error) {
	page := Page{Limit: maxPage}
	for {
		list, err := r.Releases(ReleaseFilter{Agent: q.Agent, Environment: q.Environment, Since: q.From}, page)
		if err != nil {
			return nil, err
		}
		for _, rel := range list {
			page.After = rel.ID
			d := dora.Release{Release: rel}
			if promotedIn(rel, q) {
				if d, err = leadOf(r, rel); err != nil {
					return nil, err
				}
			}
			out = append(out, d)
		}
		if len(list) < maxPage {
			return out, nil
		}
	}
}

func promotedIn(rel resource.Release, q FiguresQuery) bool {
	at := promotedAt(rel)
	return at >= q.From && at < q.To
}

// promotedAt is when a release was promoted, 0 when it was not.
func promotedAt(rel resource.Release) resource.Millis {
	for _, h := range rel.History {
		if h.To == resource.ReleasePromoted {
			return h.At
		}
	}
	return 0
}

// leadOf says when the version of a promoted release began its life, and whether
// this is its first promotion in the environment.
func leadOf(r Reader, rel resource.Release) (dora.Release, error) {
	d := dora.Release{Release: rel, First: true}
	v, err := r.VersionByDigest(rel.Agent, rel.Digest)
	if err != nil {
		return d, err
	}
	if d.BeganAt, d.Committed = v.CreatedAt, false; v.Build.CommittedAt > 0 {
		d.BeganAt, d.Committed = v.Build.CommittedAt, true
	}
	others, err := r.Releases(ReleaseFilter{Agent: rel.Agent, Environment: rel.Environment, Digest: rel.Digest}, Page{Limit: maxPage})
	for _, o := range others {
		if at := promotedAt(o); o.ID != rel.ID && at > 0 && at < promotedAt(rel) {
			d.First = false
		}
	}
	return d, err
}

// incidentsFor reads the incidents that were opened in the window.
func incidentsFor(r Reader, q FiguresQuery) (out []dora.Incident, err error) {
	page := Page{Limit: maxPage}
	for {
		list, err := r.Incidents(IncidentFilter{Agent: q.Agent, Environment: q.Environment, Since: q.From}, page)
		if err != nil {
			return nil, err
		}
		for _, in := range list {
			page.After = in.ID
			rel, err := r.Release(in.Release)
			if err != nil {
				return nil, err
			}
			at, err := restoredAt(r, in, rel)
			if err != nil {
				return nil, err
			}
			out = append(out, dora.Incident{Incident: in, DecidedAt: rel.DecidedAt, RestoredAt: at})
		}
		if len(list) < maxPage {
			return out, nil
		}
	}
}
