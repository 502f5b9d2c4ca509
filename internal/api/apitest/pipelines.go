package apitest

import (
	"context"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// Pipelines implements api.Pipelines.
func (c *Control) Pipelines(ctx context.Context, p control.Principal) ([]resource.Pipeline, error) {
	return answer(ctx, c, p, "Pipelines", []resource.Pipeline{Pipeline})
}

// Pipeline implements api.Pipelines.
func (c *Control) Pipeline(ctx context.Context, p control.Principal, name string) (resource.Pipeline, error) {
	return answer(ctx, c, p, "Pipeline", Pipeline, name)
}

// PutPipeline implements api.Pipelines.
func (c *Control) PutPipeline(ctx context.Context, p control.Principal, spec blueprint.Pipeline, revision int64) (resource.Pipeline, error) {
	return answer(ctx, c, p, "PutPipeline", Pipeline, spec, revision)
}

// DeletePipeline implements api.Pipelines.
func (c *Control) DeletePipeline(ctx context.Context, p control.Principal, name string) error {
	_, err := answer(ctx, c, p, "DeletePipeline", 0, name)
	return err
}

// AddEvidence implements api.Pipelines.
func (c *Control) AddEvidence(ctx context.Context, p control.Principal, ref string, r control.ExternalEvidenceRequest) (resource.Evidence, error) {
	return answer(ctx, c, p, "AddEvidence", Evidence, ref, r)
}

// Waivers implements api.Pipelines.
func (c *Control) Waivers(ctx context.Context, p control.Principal, f control.WaiverFilter, page control.Page) ([]resource.Waiver, error) {
	return answer(ctx, c, p, "Waivers", []resource.Waiver{Waiver}, f, page)
}

// RequestWaiver implements api.Pipelines.
func (c *Control) RequestWaiver(ctx context.Context, p control.Principal, r control.WaiverRequest) (resource.Waiver, error) {
	return answer(ctx, c, p, "RequestWaiver", Waiver, r)
}

// RevokeWaiver implements api.Pipelines.
func (c *Control) RevokeWaiver(ctx context.Context, p control.Principal, id, reason string) (resource.Waiver, error) {
	return answer(ctx, c, p, "RevokeWaiver", Waiver, id, reason)
}

// The samples of pipelines.
var (
	Pipeline = resource.Pipeline{Name: "team", Digest: digest, Revision: 2, UpdatedAt: 1, UpdatedBy: tester, Spec: blueprint.Pipeline{
		APIVersion: blueprint.APIVersion, Kind: blueprint.KindPipeline, Metadata: blueprint.PipelineMetadata{Name: "team", Owner: "o"},
		Spec: blueprint.PipelineSpec{Agents: []string{"desk"}, Environments: []blueprint.Stage{{Name: "production"}}}}}
	Waiver = resource.Waiver{ID: "wvr_1", Agent: "desk", Digest: digest, Environment: "production", Gate: "evaluation", Reason: "known",
		State: "requested", Approval: "apr_1", CreatedAt: 1, CreatedBy: tester, ExpiresAt: 2, Revision: 1}
)
