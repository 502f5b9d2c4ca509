package api

import (
	"context"
	"net/http"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// maxBuckets is how many points a series has at most.
const maxBuckets = 2000

// FiguresInput is the query of figures.
type FiguresInput struct {
	Agent       string `query:"agent" maxLength:"63" doc:"Only of this agent; every one otherwise"`
	Environment string `query:"environment" maxLength:"63" doc:"Only in this environment; every one otherwise"`
	Digest      string `query:"digest" maxLength:"80" doc:"Only of the version with this digest; every one otherwise"`
	From        int64  `query:"from" minimum:"0" doc:"Start, Unix milliseconds; 0 is the beginning"`
	To          int64  `query:"to" minimum:"0" doc:"End, Unix milliseconds; 0 is now"`
}

func (in FiguresInput) query() (control.FiguresQuery, error) {
	if in.To != 0 && in.To <= in.From {
		return control.FiguresQuery{}, fault.New(fault.Invalid, "the window is empty").
			With(fault.Detail{Path: "query.to", Message: "must be after from"})
	}
	return control.FiguresQuery{Agent: in.Agent, Environment: in.Environment, Digest: in.Digest,
		From: resource.Millis(in.From), To: resource.Millis(in.To)}, nil
}

type seriesInput struct {
	FiguresInput
	Bucket int64 `query:"bucket" minimum:"60000" default:"60000" doc:"Length of a bucket in milliseconds; a whole number of minutes"`
}

func (s *server) figures() {
	serve(s, operation{id: "get-figures", method: http.MethodGet, path: "/v1/figures", tag: "monitor",
		summary: "Get the monitor's figures, one row a version in an environment"},
		func(ctx context.Context, p control.Principal, in *FiguresInput) (List[resource.Figures], error) {
			q, err := in.query()
			if err != nil {
				return List[resource.Figures]{}, err
			}
			items, err := s.cfg.Control.Figures(ctx, p, q)
			return all(items), err
		})
	serve(s, operation{id: "get-series", method: http.MethodGet, path: "/v1/figures/series", tag: "monitor",
		summary: "Get the figures over time"},
		func(ctx context.Context, p control.Principal, in *seriesInput) (List[resource.FiguresPoint], error) {
			q, err := in.query()
			switch {
			case err != nil:
				return List[resource.FiguresPoint]{}, err
			case in.Bucket%60000 != 0:
				return List[resource.FiguresPoint]{}, fault.New(fault.Invalid, "the bucket is not a whole number of minutes").
					With(fault.Detail{Path: "query.bucket", Message: "must be a multiple of 60000"})
			case in.To != 0 && (in.To-in.From)/in.Bucket > maxBuckets:
				return List[resource.FiguresPoint]{}, fault.New(fault.Invalid,
					"the window has more than %d buckets; ask for a shorter window or longer buckets", maxBuckets)
			}
			items, err := s.cfg.Control.Series(ctx, p, q, time.Duration(in.Bucket)*time.Millisecond)
			return all(items), err
		})
}
