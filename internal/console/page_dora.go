package console

import (
	"strconv"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// delivery are the four keys of an agent in an environment, of the last 30 days, in
// a row; agent "" is all of them together. It is empty before the first deployment.
func (s *server) delivery(rq *request, agent, env string) ([]stat, error) {
	rows, err := s.control.DORA(rq.Context(), rq.who, control.FiguresQuery{Agent: agent, Environment: env})
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Agent == agent && r.Environment == env {
			return deliveryStats(r), nil
		}
	}
	return nil, nil
}

func deliveryStats(d resource.DORA) []stat {
	spread := func(s resource.Spread) string {
		if s.Count == 0 {
			return "–"
		}
		return millis(float64(s.MedianMs))
	}
	failures := "–"
	if d.Deployments > 0 {
		failures = percent(d.ChangeFailureRate)
	}
	restored := worse(int64(d.Unrestored), true)
	return []stat{
		{"Deployments", count(d.Deployments), "releases whose version got live traffic", ""},
		{"A day", strconv.FormatFloat(d.PerDay, 'f', 2, 64), "deployments a day", ""},
		{"Lead time", spread(d.LeadTime), "median, from commit or push to the first promotion", ""},
		{"Change failures", failures, "deployments that were rolled back", worse(int64(d.Failed), d.ChangeFailureRate > 0.15)},
		{"To restore", spread(d.RestoreDecided), "median, from the decision to all traffic on a good version", restored},
		{"From first failure", spread(d.RestoreFirst), "median, from the first failing run to all traffic on a good version", restored},
	}
}
