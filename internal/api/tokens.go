package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// maxTTL is the longest time that a token which expires may live.
const maxTTL = 10 * 365 * 24 * time.Hour

func (s *server) tokens() {
	serveBody(s, operation{id: "create-token", method: http.MethodPost, path: "/v1/tokens", tag: "access",
		summary: "Make an access token; its secret is shown this once", status: http.StatusCreated,
		codes: []fault.Code{fault.Conflict, fault.StorageFull}},
		func(ctx context.Context, p control.Principal, _ *nothing, b *resource.TokenRequest) (resource.TokenCreated, error) {
			if b.TTLSeconds < 0 || b.TTLSeconds > int64(maxTTL/time.Second) {
				return resource.TokenCreated{}, fault.New(fault.Invalid, "the token's time to live is out of range").
					With(fault.Detail{Path: "ttlSeconds", Message: "must be from 0 (no expiry) to ten years"})
			}
			n := control.NewToken{Name: b.Name, Kind: b.Kind, Roles: b.Roles, Groups: b.Groups, TTL: time.Duration(b.TTLSeconds) * time.Second}
			t, secret, err := s.cfg.Control.CreateToken(ctx, p, n)
			return resource.TokenCreated{Token: t, Secret: secret}, err
		})
	serve(s, operation{id: "list-tokens", method: http.MethodGet, path: "/v1/tokens", tag: "access",
		summary: "List tokens, without secrets"},
		func(ctx context.Context, p control.Principal, _ *nothing) (List[resource.Token], error) {
			items, err := s.cfg.Control.Tokens(ctx, p)
			return all(items), err
		})
	op := operation{id: "revoke-token", method: http.MethodDelete, path: "/v1/tokens/{id}", tag: "access",
		summary: "Revoke a token", status: http.StatusNoContent,
		codes: []fault.Code{fault.NotFound, fault.Conflict, fault.StorageFull}}.withDefaults()
	huma.Register(s.api, s.describe(op), func(ctx context.Context, in *idInput) (*struct{}, error) {
		_, err := call(ctx, s, op, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, s.cfg.Control.RevokeToken(ctx, principal(ctx), in.ID)
		})
		return nil, err
	})
}
