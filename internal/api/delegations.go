package api

import (
	"context"
	"net/http"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Delegations is who answers in whose name.
type Delegations interface {
	Delegate(ctx context.Context, p control.Principal, r resource.DelegationRequest) (resource.Delegation, error)
	Delegations(ctx context.Context, p control.Principal, f control.DelegationFilter, page control.Page) ([]resource.Delegation, error)
	EndDelegation(ctx context.Context, p control.Principal, id, reason string) (resource.Delegation, error)
}

type delegationsInput struct {
	From string `query:"from" maxLength:"128" doc:"Only in the name of this person"`
	To   string `query:"to" maxLength:"128" doc:"Only to this person"`
	Open bool   `query:"open" doc:"Only those that are in force"`
	PageInput
}

type endRequest struct {
	Reason string `json:"reason,omitempty"`
}

func (s *server) delegations() {
	serve(s, operation{id: "list-delegations", method: http.MethodGet, path: "/v1/delegations", tag: "approvals",
		summary: "List who answers in whose name, newest first"},
		func(ctx context.Context, p control.Principal, in *delegationsInput) (List[resource.Delegation], error) {
			items, err := s.cfg.Control.Delegations(ctx, p, control.DelegationFilter{From: in.From, To: in.To, Open: in.Open}, in.page())
			return paged(items, in.PageInput, func(d resource.Delegation) string { return d.ID }), err
		})
	serveBody(s, operation{id: "create-delegation", method: http.MethodPost, path: "/v1/delegations", tag: "approvals",
		summary: "Let another person answer in the caller's name until a time", status: http.StatusCreated,
		codes: []fault.Code{fault.StorageFull}},
		func(ctx context.Context, p control.Principal, _ *nothing, b *resource.DelegationRequest) (resource.Delegation, error) {
			return s.cfg.Control.Delegate(ctx, p, *b)
		})
	serveBody(s, operation{id: "end-delegation", method: http.MethodPost, path: "/v1/delegations/{id}/end", tag: "approvals",
		summary: "End a delegation before its time", codes: []fault.Code{fault.NotFound, fault.Conflict, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *idInput, b *endRequest) (resource.Delegation, error) {
			return s.cfg.Control.EndDelegation(ctx, p, in.ID, b.Reason)
		})
}
