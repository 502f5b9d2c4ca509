package console

import (
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// driftView is the body of the page that compares tools with their pins.
type driftView struct {
	resource.AgentDrift
	Serves []string // the environments that were looked at
}

// driftPage asks the servers of what serves for their tools. It is a page that a
// person opens, never a live refresh: each look calls the servers.
func (s *server) driftPage(rq *request) (view, error) {
	v := view{template: "drift", title: "Drift of " + rq.PathValue("agent"), nav: "fleet"}
	if rq.live {
		return v, nil
	}
	d, err := s.control.Drift(rq.Context(), rq.who, rq.PathValue("agent"))
	if err != nil {
		return view{}, err
	}
	body := driftView{AgentDrift: d}
	if body.Serves, err = s.servedIn(rq, d.Agent); err != nil {
		return view{}, err
	}
	v.body = body
	return v, nil
}

// lent are the waivers that let gates pass, or may, and the delegations that are in
// force: what changes who and what stands between a version and traffic.
func (s *server) lent(rq *request) (ws []waiverRow, ds []resource.Delegation, err error) {
	list, err := s.control.Waivers(rq.Context(), rq.who, control.WaiverFilter{}, control.Page{Limit: pageSize})
	if err != nil {
		return nil, nil, err
	}
	for _, w := range list {
		if row := s.waiverRow(w); row.Open {
			ws = append(ws, row)
		}
	}
	ds, err = s.control.Delegations(rq.Context(), rq.who, control.DelegationFilter{Open: true}, control.Page{Limit: pageSize})
	return ws, ds, err
}
