package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

type pipelineInput struct {
	Name string `path:"name" maxLength:"63" doc:"Its name"`
}

type waiversInput struct {
	Agent  string `query:"agent" maxLength:"63" doc:"Only of this agent"`
	Digest string `query:"digest" maxLength:"80" doc:"Only of the version with this digest"`
	State  string `query:"state" enum:"requested,approved,denied,revoked" doc:"Only in this state"`
	PageInput
}

func (s *server) pipelines() {
	serve(s, operation{id: "list-pipelines", method: http.MethodGet, path: "/v1/pipelines", tag: "pipelines",
		summary: "List pipelines, the built-in one with them unless it was replaced"},
		func(ctx context.Context, p control.Principal, _ *nothing) (List[resource.Pipeline], error) {
			items, err := s.cfg.Control.Pipelines(ctx, p)
			return all(items), err
		})
	serve(s, operation{id: "get-pipeline", method: http.MethodGet, path: "/v1/pipelines/{name}", tag: "pipelines",
		summary: "Get a pipeline", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *pipelineInput) (resource.Pipeline, error) {
			return s.cfg.Control.Pipeline(ctx, p, in.Name)
		})
	serveBody(s, operation{id: "put-pipeline", method: http.MethodPut, path: "/v1/pipelines/{name}", tag: "pipelines",
		summary:     "Put a pipeline, or a new revision of one",
		description: "Releases under way keep the stage that they began with. The same content again changes nothing.",
		codes:       []fault.Code{fault.NotFound, fault.Conflict, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *pipelineInput, b *resource.PipelineRequest) (resource.Pipeline, error) {
			if b.Pipeline.Metadata.Name != in.Name {
				return resource.Pipeline{}, fault.New(fault.Invalid, "the pipeline is put under another name than its own; write the address with its metadata.name").
					With(fault.Detail{Path: "pipeline.metadata.name", Message: "is not the name in the address"})
			}
			return s.cfg.Control.PutPipeline(ctx, p, b.Pipeline, b.Revision)
		})
	op := operation{id: "delete-pipeline", method: http.MethodDelete, path: "/v1/pipelines/{name}", tag: "pipelines",
		summary: "Delete a pipeline that nothing needs", status: http.StatusNoContent,
		codes: []fault.Code{fault.NotFound, fault.Conflict, fault.StorageFull}}.withDefaults()
	huma.Register(s.api, s.describe(op), func(ctx context.Context, in *pipelineInput) (*struct{}, error) {
		_, err := call(ctx, s, op, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, s.cfg.Control.DeletePipeline(ctx, principal(ctx), in.Name)
		})
		return nil, err
	})
	s.waivers()
}

// waivers are what lets a version pass a gate: other people's verdicts, and
// exceptions.
func (s *server) waivers() {
	serveBody(s, operation{id: "add-evidence", method: http.MethodPost, path: "/v1/versions/{ref}/evidence", tag: "checks",
		summary: "Submit somebody else's verdict on a version", status: http.StatusCreated,
		description: "It is signed as evidence, and the external gate of its kind reads it.",
		codes:       []fault.Code{fault.NotFound, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *refInput, b *resource.ExternalEvidenceRequest) (resource.Evidence, error) {
			return s.cfg.Control.AddEvidence(ctx, p, in.Ref, *b)
		})
	serve(s, operation{id: "list-waivers", method: http.MethodGet, path: "/v1/waivers", tag: "pipelines",
		summary: "List waivers, newest first"},
		func(ctx context.Context, p control.Principal, in *waiversInput) (List[resource.Waiver], error) {
			items, err := s.cfg.Control.Waivers(ctx, p, control.WaiverFilter{Agent: in.Agent, Digest: in.Digest, State: in.State}, in.page())
			return paged(items, in.PageInput, func(w resource.Waiver) string { return w.ID }), err
		})
	serveBody(s, operation{id: "request-waiver", method: http.MethodPost, path: "/v1/waivers", tag: "pipelines",
		summary: "Ask that releases of a version may pass a gate for a while", status: http.StatusCreated,
		description: "It holds once somebody else has approved the request that it opens.",
		codes:       []fault.Code{fault.NotFound, fault.Blocked, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, _ *nothing, b *resource.WaiverRequest) (resource.Waiver, error) {
			return s.cfg.Control.RequestWaiver(ctx, p, *b)
		})
	serveBody(s, operation{id: "revoke-waiver", method: http.MethodPost, path: "/v1/waivers/{id}/revoke", tag: "pipelines",
		summary: "End a waiver", codes: []fault.Code{fault.NotFound, fault.Conflict, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *idInput, b *resource.RevokeRequest) (resource.Waiver, error) {
			return s.cfg.Control.RevokeWaiver(ctx, p, in.ID, b.Reason)
		})
}
