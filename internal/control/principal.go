package control

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Principal is an authenticated caller.
type Principal struct {
	Actor resource.Actor
	Roles []resource.Role
	// Groups are what approval rules name; no role includes any.
	Groups []string
	Token  string // token id
}

// Has reports whether p has role r; admin has every role, and every role can
// do what a viewer can.
func (p Principal) Has(r resource.Role) bool {
	if r == resource.RoleViewer {
		return len(p.Roles) > 0
	}
	return slices.Contains(p.Roles, r) || slices.Contains(p.Roles, resource.RoleAdmin)
}

// need is fault.Forbidden unless p has one of roles.
func need(p Principal, roles ...resource.Role) error {
	for _, r := range roles {
		if p.Has(r) {
			return nil
		}
	}
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return fault.New(fault.Forbidden, "this needs the role %s; ask an admin for a token that has it", strings.Join(names, " or "))
}

// seesPayloads reports whether p may read inputs, outputs and arguments.
func seesPayloads(p Principal) bool {
	return p.Has(resource.RoleDeveloper) || p.Has(resource.RoleOperator) || p.Has(resource.RoleApprover)
}

// tokenPrefix makes a leaked secret recognisable to scanners.
const tokenPrefix = "aureus_"

func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
}

func hashSecret(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// Authenticate returns the principal of a bearer secret; fault.Unauthorized for
// an unknown, expired or revoked one.
func (c *Control) Authenticate(ctx context.Context, secret string) (Principal, error) {
	t, err := c.token(ctx, hashSecret(secret))
	switch {
	case fault.Is(err, fault.NotFound):
		return Principal{}, fault.New(fault.Unauthorized, "this token is not known here; check that it belongs to this server")
	case err != nil:
		return Principal{}, err
	case t.RevokedAt != 0:
		return Principal{}, fault.New(fault.Unauthorized, "this token was revoked; ask an admin for a new one")
	case t.ExpiresAt != 0 && t.ExpiresAt <= c.latest():
		return Principal{}, fault.New(fault.Unauthorized, "this token has expired; ask an admin for a new one")
	}
	return Principal{Actor: resource.Actor{Name: t.Name, Kind: t.Kind}, Roles: t.Roles, Groups: t.Groups, Token: t.ID}, nil
}

// knownTokens are tokens that were looked up, by their hashes. They change only
// by being revoked, and one process has the database.
type knownTokens struct {
	mu      sync.Mutex
	revoked int // how often one was
	byHash  map[string]resource.Token
}

// token looks a token up.
func (c *Control) token(ctx context.Context, hash string) (t resource.Token, err error) {
	k := &c.tokens
	k.mu.Lock()
	t, ok := k.byHash[hash]
	before := k.revoked
	k.mu.Unlock()
	if ok {
		return t, nil
	}
	if err = c.view(ctx, func(r Reader) (err error) { t, err = r.TokenByHash(hash); return err }); err != nil {
		return t, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.revoked == before { // else it may be the one
		if k.byHash == nil {
			k.byHash = map[string]resource.Token{}
		}
		k.byHash[hash] = t
	}
	return t, nil
}

// forget makes every token be looked up again.
func (k *knownTokens) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.revoked++
	k.byHash = nil
}
