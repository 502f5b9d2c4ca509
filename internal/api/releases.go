package api

import (
	"context"
	"net/http"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// idInput names a thing by its id.
type idInput struct {
	ID string `path:"id" maxLength:"128" doc:"Its id"`
}

type recordInput struct {
	ID    string `path:"id" maxLength:"128" doc:"Its id"`
	After int64  `query:"after" minimum:"0" doc:"next of the page before"`
}

type releasesInput struct {
	Agent       string   `query:"agent" maxLength:"63" doc:"Only of this agent"`
	Environment string   `query:"environment" maxLength:"63" doc:"Only into this environment"`
	Digest      string   `query:"digest" maxLength:"80" doc:"Only of the version with this digest"`
	State       []string `query:"state" doc:"Only in these states" enum:"pending,checking,awaiting_approval,frozen,deploying,smoke,shadow,preview,canary,soaking,promoted,paused,rejected,cancelled,rolling_back,rolled_back"`
	PageInput
}

func (in *releasesInput) filter() control.ReleaseFilter {
	f := control.ReleaseFilter{Agent: in.Agent, Environment: in.Environment, Digest: in.Digest}
	for _, st := range in.State {
		f.States = append(f.States, resource.ReleaseState(st))
	}
	return f
}

func (s *server) releases() {
	serveBody(s, operation{id: "start-release", method: http.MethodPost, path: "/v1/releases", tag: "releases",
		summary: "Start a release of a version into an environment", status: http.StatusCreated,
		description: "Its steps run in the background; follow them with the release or with the events.",
		codes:       []fault.Code{fault.NotFound, fault.Blocked, fault.Conflict, fault.Verification, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, _ *nothing, b *control.ReleaseRequest) (resource.Release, error) {
			return s.cfg.Control.StartRelease(ctx, p, *b)
		})
	serve(s, operation{id: "list-releases", method: http.MethodGet, path: "/v1/releases", tag: "releases",
		summary: "List releases, newest first"},
		func(ctx context.Context, p control.Principal, in *releasesInput) (List[resource.Release], error) {
			items, err := s.cfg.Control.Releases(ctx, p, in.filter(), in.page())
			return paged(items, in.PageInput, func(r resource.Release) string { return r.ID }), err
		})
	serve(s, operation{id: "get-release", method: http.MethodGet, path: "/v1/releases/{id}", tag: "releases",
		summary: "Get a release with its gates and history", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *idInput) (resource.Release, error) {
			return s.cfg.Control.Release(ctx, p, in.ID)
		})
	serveBody(s, operation{id: "move-release", method: http.MethodPost, path: "/v1/releases/{id}/events", tag: "releases",
		summary: "Pause, resume, cancel, promote or roll back a release",
		codes:   []fault.Code{fault.NotFound, fault.Conflict, fault.Blocked, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *idInput, b *resource.MoveRequest) (resource.Release, error) {
			return s.cfg.Control.MoveRelease(ctx, p, in.ID, b.Event, b.Reason)
		})
	serve(s, operation{id: "get-verdict", method: http.MethodGet, path: "/v1/releases/{id}/verdict", tag: "releases",
		summary: "Recompute a canary's verdict from its outcomes", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *idInput) (control.CanaryVerdict, error) {
			return s.cfg.Control.Verdict(ctx, p, in.ID)
		})
	serve(s, operation{id: "get-canary-record", method: http.MethodGet, path: "/v1/releases/{id}/canary", tag: "releases",
		summary:     "Read the outcomes and draws that a canary's verdict follows from",
		description: "A page in order of seq; next is the after of the following one, which is not there on the last page.",
		codes:       []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *recordInput) (resource.CanaryRecord, error) {
			return s.cfg.Control.CanaryRecord(ctx, p, in.ID, in.After)
		})
	serve(s, operation{id: "list-shadow-results", method: http.MethodGet, path: "/v1/releases/{id}/shadow", tag: "releases",
		summary: "List the live runs that a release's shadow compared, in their order", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *idInput) (List[resource.ShadowResult], error) {
			items, err := s.cfg.Control.ShadowResults(ctx, p, in.ID)
			return all(items), err
		})
}
