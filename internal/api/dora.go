package api

import (
	"context"
	"net/http"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

type doraInput struct {
	Agent       string `query:"agent" maxLength:"63" doc:"Only of this agent; every one, and all together, otherwise"`
	Environment string `query:"environment" maxLength:"63" doc:"Only in this environment; every one otherwise"`
	From        int64  `query:"from" minimum:"0" doc:"Start, Unix milliseconds; 0 is 30 days before the end"`
	To          int64  `query:"to" minimum:"0" doc:"End, Unix milliseconds; 0 is now"`
}

func (s *server) dora() {
	serve(s, operation{id: "get-dora", method: http.MethodGet, path: "/v1/figures/dora", tag: "monitor",
		summary:     "Get the four keys of agents and environments",
		description: "Deployment frequency, lead time, change failure rate and time to restore, from stored releases and incidents. Drills are not in them."},
		func(ctx context.Context, p control.Principal, in *doraInput) (List[resource.DORA], error) {
			if in.To != 0 && in.To <= in.From {
				return List[resource.DORA]{}, fault.New(fault.Invalid, "the window is empty").
					With(fault.Detail{Path: "query.to", Message: "must be after from"})
			}
			rows, err := s.cfg.Control.DORA(ctx, p, control.FiguresQuery{Agent: in.Agent, Environment: in.Environment,
				From: resource.Millis(in.From), To: resource.Millis(in.To)})
			return all(rows), err
		})
}
