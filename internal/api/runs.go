package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

type runsInput struct {
	Agent       string   `query:"agent" maxLength:"63" doc:"Only of this agent"`
	Environment string   `query:"environment" maxLength:"63" doc:"Only in this environment"`
	Digest      string   `query:"digest" maxLength:"80" doc:"Only of the version with this digest"`
	Release     string   `query:"release" maxLength:"128" doc:"Only during this release's canary"`
	Session     string   `query:"session" maxLength:"256" doc:"Only of this session"`
	Mode        string   `query:"mode" enum:"live,simulation,evaluation,smoke,recorded,shadow" doc:"Only of this mode"`
	Outcome     []string `query:"outcome" enum:"running,waiting,success,failure,blocked,denied,escalated,error" doc:"Only with these outcomes"`
	Failed      bool     `query:"failed" doc:"Only those that failed"`
	PageInput
}

func (in *runsInput) filter() control.RunFilter {
	f := control.RunFilter{Agent: in.Agent, Environment: in.Environment, Digest: in.Digest, Release: in.Release,
		Session: in.Session, Mode: resource.RunMode(in.Mode), FailedOnly: in.Failed}
	for _, o := range in.Outcome {
		f.Outcomes = append(f.Outcomes, resource.Outcome(o))
	}
	return f
}

func (s *server) runs() {
	serve(s, operation{id: "list-runs", method: http.MethodGet, path: "/v1/runs", tag: "runs",
		summary: "List runs, newest first, without steps and payloads"},
		func(ctx context.Context, p control.Principal, in *runsInput) (List[resource.Run], error) {
			items, err := s.cfg.Control.Runs(ctx, p, in.filter(), in.page())
			return paged(items, in.PageInput, func(r resource.Run) string { return r.ID }), err
		})
	serve(s, operation{id: "get-run", method: http.MethodGet, path: "/v1/runs/{id}", tag: "runs",
		summary: "Get a run with every model and tool call", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *idInput) (resource.Run, error) {
			return s.cfg.Control.Run(ctx, p, in.ID)
		})
	serve(s, operation{id: "get-run-scenario", method: http.MethodGet, path: "/v1/runs/{id}/scenario", tag: "runs",
		summary: "Make a regression scenario of a run", codes: []fault.Code{fault.NotFound, fault.Conflict}},
		func(ctx context.Context, p control.Principal, in *idInput) (blueprint.Scenario, error) {
			return s.cfg.Control.ScenarioFromRun(ctx, p, in.ID)
		})
	s.importRuns()
}

// importRuns takes JSON lines, which are too many for one JSON value.
func (s *server) importRuns() {
	op := operation{id: "import-runs", method: http.MethodPost, path: "/v1/runs/import", tag: "runs",
		summary: "Import recorded runs, one JSON object a line", description: "All of them are stored, or none.",
		status: http.StatusCreated, timeout: none, maxBody: MaxImportBody,
		codes: []fault.Code{fault.TooLarge, fault.Conflict, fault.StorageFull}}.withDefaults()
	huma.Register(s.api, s.describe(op), func(ctx context.Context, _ *nothing) (*answer[resource.ImportResult], error) {
		return call(ctx, s, op, func(ctx context.Context) (out resource.ImportResult, err error) {
			r, w := exchange(ctx)
			runs, err := decodeRuns(w, r)
			if err != nil {
				return out, err
			}
			out.Imported, err = s.cfg.Control.ImportRuns(ctx, principal(ctx), runs)
			return out, err
		})
	})
	s.describeBody(op, "application/x-ndjson", s.schema(reflect.TypeFor[resource.Run]()))
}
