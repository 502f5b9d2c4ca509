package control

import (
	"context"

	"github.com/aureus-agents/aureus/resource"
)

// Approval is one approval request, without a token to answer it. Viewer;
// arguments only for those who see payloads.
func (c *Control) Approval(ctx context.Context, p Principal, id string) (a resource.Approval, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return a, err
	}
	err = c.view(ctx, func(r Reader) (err error) { a, err = r.Approval(id); return err })
	if !seesPayloads(p) {
		hideCall(&a)
	}
	return a, err
}
