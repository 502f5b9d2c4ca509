package api

import (
	"context"
	"net/http"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

type approvalsInput struct {
	Agent   string `query:"agent" maxLength:"63" doc:"Only about this agent"`
	Kind    string `query:"kind" enum:"release,tool_call,waiver" doc:"Only of this kind"`
	Subject string `query:"subject" maxLength:"128" doc:"Only about this release, run or waiver"`
	State   string `query:"state" enum:"pending,approved,denied,expired,used,withdrawn" doc:"Only in this state"`
	PageInput
}

func (in *approvalsInput) filter() control.ApprovalFilter {
	return control.ApprovalFilter{Agent: in.Agent, Kind: in.Kind, Subject: in.Subject, State: resource.ApprovalState(in.State)}
}

func (s *server) approvals() {
	serve(s, operation{id: "list-approvals", method: http.MethodGet, path: "/v1/approvals", tag: "approvals",
		summary: "List approval requests, newest first"},
		func(ctx context.Context, p control.Principal, in *approvalsInput) (List[resource.Approval], error) {
			items, err := s.cfg.Control.Approvals(ctx, p, in.filter(), in.page())
			return paged(items, in.PageInput, func(a resource.Approval) string { return a.ID }), err
		})
	serve(s, operation{id: "get-approval", method: http.MethodGet, path: "/v1/approvals/{id}", tag: "approvals",
		summary: "Get an approval request", codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *idInput) (resource.Approval, error) {
			return s.cfg.Control.Approval(ctx, p, in.ID)
		})
	serve(s, operation{id: "show-approval", method: http.MethodGet, path: "/v1/approvals/{id}/view", tag: "approvals",
		summary: "Show a request with all that it is about, without answering it",
		description: "Its rules with who has answered and who can, and of a release the delta, the evidence, the difference " +
			"to what serves, the plan, the gates and the waivers: all that the request's digest covers.",
		codes: []fault.Code{fault.NotFound}},
		func(ctx context.Context, p control.Principal, in *idInput) (control.ApprovalView, error) {
			return s.cfg.Control.ShowApproval(ctx, p, in.ID)
		})
	serve(s, operation{id: "view-approval", method: http.MethodPost, path: "/v1/approvals/{id}/view", tag: "approvals",
		summary:     "Show a request with all that it is about",
		description: "Who may answer it gets a single-use token that answers exactly what was shown.",
		codes:       []fault.Code{fault.NotFound, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *idInput) (control.ApprovalView, error) {
			return s.cfg.Control.ViewApproval(ctx, p, in.ID)
		})
	serveBody(s, operation{id: "decide-approval", method: http.MethodPost, path: "/v1/approvals/{id}/decision", tag: "approvals",
		summary: "Approve or deny a request, with a reason",
		codes:   []fault.Code{fault.NotFound, fault.Conflict, fault.Blocked, fault.Verification, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *idInput, b *control.DecideRequest) (resource.Approval, error) {
			return s.cfg.Control.Decide(ctx, p, in.ID, *b)
		})
	serveBody(s, operation{id: "withdraw-approval", method: http.MethodPost, path: "/v1/approvals/{id}/withdraw", tag: "approvals",
		summary: "Take back a yes, or the request, before it is used",
		codes:   []fault.Code{fault.NotFound, fault.Conflict, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, in *idInput, b *resource.WithdrawRequest) (resource.Approval, error) {
			return s.cfg.Control.Withdraw(ctx, p, in.ID, *b)
		})
}
