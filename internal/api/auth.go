package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// maxSecret is the longest bearer secret that is looked up.
const maxSecret = 512

type principalKey struct{}

// principal is who asks; the zero Principal, which may do nothing, when no
// authentication was needed.
func principal(ctx context.Context) control.Principal {
	p, _ := ctx.Value(principalKey{}).(control.Principal)
	return p
}

// authenticate lets a request through to an operation that is not public only
// with a known bearer token.
func (s *server) authenticate(ctx huma.Context, next func(huma.Context)) {
	if len(ctx.Operation().Security) == 0 {
		next(ctx)
		return
	}
	r, w := humago.Unwrap(ctx)
	secret, err := bearer(r.Header)
	var p control.Principal
	if err == nil {
		p, err = s.cfg.Control.Authenticate(r.Context(), secret)
	}
	if err != nil {
		if fault.Is(err, fault.Unauthorized) {
			challenge := `Bearer realm="aureus"`
			if secret != "" {
				challenge += `, error="invalid_token"`
			}
			w.Header().Set("WWW-Authenticate", challenge)
		}
		writeProblem(w, r, err)
		return
	}
	requestFrom(r.Context()).setPrincipal(p.Actor.Name)
	next(huma.WithValue(ctx, principalKey{}, p))
}

// bearer is the secret of the Authorization header (RFC 6750).
func bearer(h http.Header) (string, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return "", fault.New(fault.Unauthorized, "this needs a token; send it as Authorization: Bearer TOKEN")
	}
	scheme, secret, ok := strings.Cut(values[0], " ")
	secret = strings.TrimSpace(secret)
	if len(values) > 1 || !ok || !strings.EqualFold(scheme, "Bearer") || secret == "" || len(secret) > maxSecret {
		return "", fault.New(fault.Unauthorized, "the Authorization header is not one bearer token; send it as Authorization: Bearer TOKEN")
	}
	return secret, nil
}
