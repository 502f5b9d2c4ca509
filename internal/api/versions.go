package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// refInput names a version.
type refInput struct {
	Ref string `path:"ref" maxLength:"256" doc:"agent (its latest), agent@v3, agent@sha256:... or sha256:..."`
}

type versionsInput struct {
	Agent string `path:"agent" maxLength:"63" doc:"Name of the agent"`
	PageInput
}

type diffInput struct {
	From string `query:"from" maxLength:"256" doc:"Reference of the version before; leave it out for a first version"`
	To   string `query:"to" required:"true" maxLength:"256" doc:"Reference of the version after"`
}

func (s *server) versions() {
	serveBody(s, operation{id: "push-version", method: http.MethodPost, path: "/v1/agents/{agent}/versions", tag: "agents",
		summary:     "Register a version",
		description: "Validates the blueprint, asks its MCP servers for their tools, pins them, and signs the version. The same content is registered once.",
		timeout:     s.cfg.PushTimeout, maxBody: MaxPushBody,
		codes: []fault.Code{fault.Blocked, fault.Conflict, fault.Upstream, fault.Verification, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *agentInput, b *control.PushRequest) (control.PushResult, error) {
			if err := ofPath(in, b); err != nil {
				return control.PushResult{}, err
			}
			return s.cfg.Control.Push(ctx, p, *b)
		})
	serve(s, operation{id: "list-versions", method: http.MethodGet, path: "/v1/agents/{agent}/versions", tag: "agents",
		summary: "List an agent's versions, newest first, without manifests", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *versionsInput) (List[resource.Version], error) {
			items, err := s.cfg.Control.Versions(ctx, p, in.Agent, in.page())
			return paged(items, in.PageInput, func(v resource.Version) string { return strconv.Itoa(v.Number) }), err
		})
	serve(s, operation{id: "get-version", method: http.MethodGet, path: "/v1/versions/{ref}", tag: "agents",
		summary: "Get a version with its manifest", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *refInput) (resource.Version, error) {
			return s.cfg.Control.Version(ctx, p, in.Ref)
		})
	serve(s, operation{id: "diff-versions", method: http.MethodGet, path: "/v1/diff", tag: "agents",
		summary: "Compare two versions: the capability delta", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *diffInput) (resource.Delta, error) {
			return s.cfg.Control.Diff(ctx, p, in.From, in.To)
		})
	serve(s, operation{id: "list-evidence", method: http.MethodGet, path: "/v1/versions/{ref}/evidence", tag: "agents",
		summary: "List and verify the evidence about a version", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *refInput) (List[control.VerifiedEvidence], error) {
			items, err := s.cfg.Control.Evidence(ctx, p, in.Ref)
			return all(items), err
		})
	serve(s, operation{id: "get-keys", method: http.MethodGet, path: "/v1/keys", tag: "access", public: true,
		summary: "Get the server's public keys"},
		func(context.Context, control.Principal, *nothing) (control.PublicKeys, error) {
			return s.cfg.Control.PublicKeys(), nil
		})
}

// ofPath refuses a push without a blueprint, or with one of another agent than the
// path names.
func ofPath(in *agentInput, b *control.PushRequest) error {
	if b.Blueprint == nil {
		return fault.New(fault.Invalid, "the body has no blueprint").
			With(fault.Detail{Path: "blueprint", Message: "this field is required"})
	}
	if b.Blueprint.Metadata.Name != in.Agent {
		return fault.New(fault.Invalid, "the blueprint is of another agent than the path names").
			With(fault.Detail{Path: "blueprint.metadata.name", Message: "must be the agent of the path"})
	}
	return nil
}
