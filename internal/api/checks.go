package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func (s *server) checks() {
	codes := []fault.Code{fault.NotFound, fault.Blocked, fault.Upstream, fault.StorageFull}
	serveBody(s, operation{id: "simulate-version", method: http.MethodPost, path: "/v1/versions/{ref}/simulations", tag: "checks",
		summary: "Simulate a version's scenarios", status: http.StatusCreated, timeout: none, codes: codes,
		description: "Side effects are captured and never reach the world. The report is signed as evidence."},
		func(ctx context.Context, p control.Principal, in *refInput, b *resource.CheckOptions) (resource.CheckResult, error) {
			return checked(s.cfg.Control.Simulate(ctx, p, checkRequest(in, b)))
		})
	serveBody(s, operation{id: "evaluate-version", method: http.MethodPost, path: "/v1/versions/{ref}/evaluations", tag: "checks",
		summary: "Evaluate a version, also against a baseline", status: http.StatusCreated, timeout: none, codes: codes,
		description: "Every scenario is repeated and graded. The report is signed as evidence."},
		func(ctx context.Context, p control.Principal, in *refInput, b *resource.CheckOptions) (resource.CheckResult, error) {
			return checked(s.cfg.Control.Evaluate(ctx, p, checkRequest(in, b)))
		})
	serve(s, operation{id: "get-evaluation-progress", method: http.MethodGet, path: "/v1/releases/{id}/evaluation", tag: "releases",
		summary: "How far the evaluation of a release's checks is", codes: []fault.Code{fault.NotFound},
		description: "Runs done, failed and to do, the cost so far, and the time that the rest takes when it goes on like this."},
		func(ctx context.Context, p control.Principal, in *idInput) (resource.EvaluationProgress, error) {
			return s.cfg.Control.EvaluationProgress(ctx, p, in.ID)
		})
}

func checkRequest(in *refInput, b *resource.CheckOptions) control.CheckRequest {
	return control.CheckRequest{Version: in.Ref, Seed: b.Seed, Repeats: b.Repeats, Baseline: b.Baseline, Margin: b.Margin, StopEarly: b.StopEarly, Cache: b.Cache}
}

// checked writes the report as JSON inside the answer.
func checked(r control.CheckResult, err error) (resource.CheckResult, error) {
	return resource.CheckResult{Report: json.RawMessage(r.Report), Passed: r.Passed, Evidence: r.Evidence}, err
}
