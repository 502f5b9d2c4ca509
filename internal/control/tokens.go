package control

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// NewToken is a token to make.
type NewToken struct {
	Name  string          `json:"name"`
	Kind  string          `json:"kind"` // human, agent or service; "" is human
	Roles []resource.Role `json:"roles"`
	// Groups are the teams that it answers for in approval rules.
	Groups []string      `json:"groups,omitempty"`
	TTL    time.Duration `json:"-"` // 0 is no expiry
}

var principalName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$`)

// Bootstrap makes an admin token when there is no token yet and returns its
// secret, "" when there was one.
func (c *Control) Bootstrap(ctx context.Context) (secret string, err error) {
	err = c.update(ctx, func(t *tx) error {
		have, err := t.Tokens()
		if err != nil || len(have) > 0 {
			return err
		}
		secret = newSecret()
		_, err = c.insertToken(t, resource.System, NewToken{Name: "admin", Kind: "human", Roles: []resource.Role{resource.RoleAdmin}}, secret)
		return err
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// CreateToken makes a token; its secret is returned once. Admin.
func (c *Control) CreateToken(ctx context.Context, p Principal, n NewToken) (resource.Token, string, error) {
	if err := need(p, resource.RoleAdmin); err != nil {
		return resource.Token{}, "", err
	}
	if n.Kind == "" {
		n.Kind = "human"
	}
	if err := checkNewToken(n); err != nil {
		return resource.Token{}, "", err
	}
	secret := newSecret()
	var made resource.Token
	err := c.update(ctx, func(t *tx) (err error) {
		made, err = c.insertToken(t, p.Actor, n, secret)
		return err
	})
	if err != nil {
		return resource.Token{}, "", err
	}
	return made, secret, nil
}

func checkNewToken(n NewToken) error {
	if !principalName.MatchString(n.Name) {
		return fault.New(fault.Invalid, "a token's name is 1 to 128 letters, digits or ._@+- and names the person or service; got %q", n.Name)
	}
	if n.Name == resource.System.Name {
		return fault.New(fault.Invalid, "the name %q is that of Aureus itself in the ledger; choose another", n.Name)
	}
	if !slices.Contains([]string{"human", "agent", "service"}, n.Kind) {
		return fault.New(fault.Invalid, "kind %q is not human, agent or service", n.Kind)
	}
	if len(n.Roles) == 0 {
		return fault.New(fault.Invalid, "a token needs at least one role of %v", resource.Roles())
	}
	for _, r := range n.Roles {
		if !slices.Contains(resource.Roles(), r) {
			return fault.New(fault.Invalid, "role %q is not one of %v", r, resource.Roles())
		}
	}
	for _, g := range n.Groups {
		if !principalName.MatchString(g) {
			return fault.New(fault.Invalid, "a group's name is 1 to 128 letters, digits or ._@+-; got %q", g)
		}
	}
	if n.TTL < 0 {
		return fault.New(fault.Invalid, "a token cannot expire in the past; give a positive time to live")
	}
	return nil
}

func (c *Control) insertToken(t *tx, by resource.Actor, n NewToken, secret string) (resource.Token, error) {
	slices.Sort(n.Roles)
	n.Groups = slices.Compact(slices.Sorted(slices.Values(n.Groups)))
	tok := resource.Token{ID: c.cfg.NewID("tok"), Name: n.Name, Kind: n.Kind, Roles: slices.Compact(n.Roles), Groups: n.Groups,
		CreatedAt: c.now(), CreatedBy: by.Name}
	if n.TTL > 0 {
		tok.ExpiresAt = tok.CreatedAt + resource.Millis(n.TTL.Milliseconds())
	}
	if err := t.InsertToken(tok, hashSecret(secret)); err != nil {
		return tok, err
	}
	attrs := map[string]string{"name": tok.Name}
	for _, r := range tok.Roles {
		attrs["role."+string(r)] = "yes"
	}
	for _, g := range tok.Groups {
		attrs["group."+g] = "yes"
	}
	return tok, t.record(resource.Event{Actor: by, Action: "token.created", SubjectKind: "token", SubjectID: tok.ID, Attrs: attrs})
}

// Tokens lists tokens. Admin.
func (c *Control) Tokens(ctx context.Context, p Principal) (ts []resource.Token, err error) {
	if err := need(p, resource.RoleAdmin); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { ts, err = r.Tokens(); return err })
	return ts, err
}

// RevokeToken revokes a token; fault.Conflict for the last one that can make
// others, because nobody could get in again. Admin.
func (c *Control) RevokeToken(ctx context.Context, p Principal, id string) error {
	if err := need(p, resource.RoleAdmin); err != nil {
		return err
	}
	return c.update(ctx, func(t *tx) error {
		if err := t.leavesAdmin(id); err != nil {
			return err
		}
		if err := t.Tx.RevokeToken(id, c.now()); err != nil {
			return err
		}
		t.then(c.tokens.forget)
		return t.record(resource.Event{Actor: p.Actor, Action: "token.revoked", SubjectKind: "token", SubjectID: id})
	})
}

// leavesAdmin is fault.Conflict when token id is the only admin token that lasts.
func (t *tx) leavesAdmin(id string) error {
	all, err := t.Tokens()
	if err != nil {
		return err
	}
	last, others := false, false
	for _, tok := range all {
		switch {
		case tok.RevokedAt != 0 || !slices.Contains(tok.Roles, resource.RoleAdmin):
		case tok.ID == id:
			last = true
		case tok.ExpiresAt == 0:
			others = true
		}
	}
	if last && !others {
		return fault.New(fault.Conflict, "token %s is the last admin token that does not expire; make another one before you revoke it", id)
	}
	return nil
}
