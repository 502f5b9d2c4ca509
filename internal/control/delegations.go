package control

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// maxDelegation is the longest time that somebody may answer in another's name.
const maxDelegation = 365 * 24 * time.Hour

// maxDelegations is how many delegations of one person can be in force at once.
const maxDelegations = 50

// Delegate lets another person answer in p's name until a time. p has to be a
// person who has what is delegated by the token that asks for it, whatever other
// tokens of that person have; what was delegated to p is not p's to pass on.
// Anybody with the role that is delegated.
func (c *Control) Delegate(ctx context.Context, p Principal, r resource.DelegationRequest) (d resource.Delegation, err error) {
	if r.Role == "" {
		r.Role = resource.RoleApprover
	}
	if err := need(p, r.Role); err != nil {
		return d, err
	}
	if err := c.checkDelegation(p, r); err != nil {
		return d, err
	}
	r.Groups = slices.Compact(slices.Sorted(slices.Values(r.Groups)))
	err = c.update(ctx, func(t *tx) error {
		people, err := c.people(t)
		if err != nil {
			return err
		}
		to, ok := personNamed(people, r.To)
		if !ok {
			return fault.New(fault.Invalid, "there is no person %q; a delegate needs a token of kind human: aureus token create --name %s --role viewer", r.To, r.To)
		}
		open, err := t.Delegations(DelegationFilter{From: p.Actor.Name, Open: true, At: c.latest()}, Page{Limit: maxDelegations})
		if err != nil {
			return err
		}
		if len(open) >= maxDelegations {
			return fault.New(fault.Conflict, "%s has %d delegations that have not ended, which is as many as may be; end one: aureus delegation end ID", p.Actor.Name, len(open))
		}
		d = resource.Delegation{ID: c.cfg.NewID("dlg"), From: p.Actor.Name, To: to.Actor.Name, Groups: r.Groups, TokenGroups: p.Groups,
			Role: r.Role, Reason: r.Reason, CreatedAt: c.now(), Until: r.Until, Revision: 1}
		if err := t.InsertDelegation(d); err != nil {
			return err
		}
		return t.recordDelegation(d, "delegation.created", p.Actor, d.Reason)
	})
	return d, err
}

func (c *Control) checkDelegation(p Principal, r resource.DelegationRequest) error {
	now := c.latest()
	switch {
	case p.Actor.Kind != "human":
		return fault.New(fault.Invalid, "only a person can delegate; %s is a token of kind %s", p.Actor.Name, p.Actor.Kind)
	case samePerson(p.Actor.Name)(r.To):
		return fault.New(fault.Invalid, "%s cannot delegate to the same person; name somebody else", p.Actor.Name)
	case !principalName.MatchString(r.To):
		return fault.New(fault.Invalid, "%q is no name of a person; a name is 1 to 128 letters, digits or ._@+-", r.To)
	case strings.TrimSpace(r.Reason) == "":
		return fault.New(fault.Invalid, "say why: the reason of a delegation is part of the record")
	case r.Until <= now:
		return fault.New(fault.Invalid, "a delegation ends in the future; give a later time")
	case r.Until > now+resource.Millis(maxDelegation.Milliseconds()):
		return fault.New(fault.Invalid, "a delegation lasts a year at most; give an earlier end")
	case !slices.Contains(resource.Roles(), r.Role):
		return fault.New(fault.Invalid, "role %q is not one of %v", r.Role, resource.Roles())
	}
	for _, g := range r.Groups {
		if !slices.Contains(p.Groups, g) {
			return fault.New(fault.Forbidden, "%s is not in %s by a token of its own, so it cannot be delegated", p.Actor.Name, g)
		}
	}
	return nil
}

// EndDelegation ends a delegation early. Who gave it, who got it, or an admin.
func (c *Control) EndDelegation(ctx context.Context, p Principal, id, reason string) (d resource.Delegation, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return d, err
	}
	err = c.update(ctx, func(t *tx) error {
		if d, err = t.Delegation(id); err != nil {
			return err
		}
		me := func(name string) bool { return p.Actor.Kind == "human" && samePerson(name)(p.Actor.Name) }
		switch {
		case !me(d.From) && !me(d.To) && !p.Has(resource.RoleAdmin):
			return fault.New(fault.Forbidden, "delegation %s is between %s and %s; one of them or an admin can end it", id, d.From, d.To)
		case !c.inForce(d):
			return fault.New(fault.Conflict, "delegation %s has ended already", id)
		}
		d.EndedAt, d.EndedBy, d.Revision = max(c.now(), 1), p.Actor.Name, d.Revision+1
		if err := t.PutDelegation(d); err != nil {
			return err
		}
		return t.recordDelegation(d, "delegation.ended", p.Actor, reason)
	})
	return d, err
}

// Delegations lists delegations, newest first. Viewer.
func (c *Control) Delegations(ctx context.Context, p Principal, f DelegationFilter, page Page) (ds []resource.Delegation, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	if f.Open {
		f.At = c.latest()
	}
	err = c.view(ctx, func(r Reader) (err error) { ds, err = r.Delegations(f, page); return err })
	return ds, err
}

func (t *tx) recordDelegation(d resource.Delegation, action string, by resource.Actor, reason string) error {
	attrs := map[string]string{"from": d.From, "to": d.To, "role": string(d.Role), "until": stamp(d.Until)}
	for _, g := range d.Groups {
		attrs["group."+g] = "yes"
	}
	return t.record(resource.Event{Actor: by, Action: action, SubjectKind: "delegation", SubjectID: d.ID, Reason: reason, Attrs: attrs})
}

// inForce reports whether a delegation lends anything now.
func (c *Control) inForce(d resource.Delegation) bool {
	return d.EndedAt == 0 && d.Until > max(c.latest(), d.CreatedAt)
}

// lent is what somebody can answer with by a delegation: what the delegator has
// by tokens of its own now, of that what the one token had that delegated it, and
// never anything by another delegation.
func lent(d resource.Delegation, to, from Principal) identity {
	groups := slices.DeleteFunc(slices.Clone(from.Groups), func(g string) bool { return !slices.Contains(d.TokenGroups, g) })
	return identity{actor: to.Actor, name: from.Actor.Name, delegation: d.ID, only: d.Groups, groups: groups,
		role: func(r resource.Role) bool { return r == d.Role && from.Has(r) }}
}

// delegated are the identities that delegations give to people now; to "" is to
// everybody.
func (c *Control) delegated(r Reader, people []Principal, to string) ([]identity, error) {
	var out []identity
	for page := (Page{Limit: maxPage}); ; {
		open, err := r.Delegations(DelegationFilter{To: to, Open: true, At: c.latest()}, page)
		if err != nil {
			return nil, err
		}
		for _, d := range open {
			from, known := personNamed(people, d.From)
			to, live := personNamed(people, d.To)
			if known && live && c.inForce(d) {
				out = append(out, lent(d, to, from))
			}
		}
		if len(open) < page.Limit {
			return out, nil
		}
		page.After = open[len(open)-1].ID
	}
}

// namesOf are the identities that delegations give to p now.
func (c *Control) namesOf(r Reader, p Principal) ([]identity, error) {
	people, err := c.people(r)
	if err != nil {
		return nil, err
	}
	mine, err := c.delegated(r, people, p.Actor.Name)
	if err != nil {
		return nil, err
	}
	for n := range mine {
		mine[n].actor = p.Actor // as the token writes it
	}
	return mine, nil
}

// stamp writes a time for people.
func stamp(at resource.Millis) string { return time.UnixMilli(int64(at)).UTC().Format(time.RFC3339) }
