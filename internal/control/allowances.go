package control

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// allowanceOf is what a given yes allows beyond its call: something only when
// everybody who said yes gave the same scope.
func allowanceOf(a resource.Approval) (*resource.Allowance, error) {
	g := guard.Given{Approval: a.ID, Tool: a.Tool, Args: a.Args}
	if a.Call != nil {
		g.Fears = a.Call.Fears
	}
	var scope *resource.Scope
	for _, d := range a.Decisions {
		if d.WithdrawnAt != 0 {
			continue
		}
		if d.Scope == nil || scope != nil && !sameScope(*d.Scope, *scope) {
			return nil, nil
		}
		scope, g.People, g.At = d.Scope, g.People+1, d.At
	}
	if scope == nil {
		return nil, nil
	}
	given, err := guard.NewAllowance(g, *scope)
	if err != nil {
		return nil, err
	}
	return &given, nil
}

func sameScope(a, b resource.Scope) bool {
	return slices.Equal(a.Free, b.Free) && maps.Equal(a.Max, b.Max) && a.Uses == b.Uses && a.ForMs == b.ForMs
}

// checkScope refuses a scope that cannot become an allowance.
func checkScope(a resource.Approval, r DecideRequest) error {
	switch {
	case r.Scope == nil:
		return nil
	case a.Kind != approvalOfCall || !r.Approve:
		return fault.New(fault.Invalid, "a scope goes with a yes to a tool call; leave it out")
	case len(a.Runs) != 1:
		return fault.New(fault.Invalid, "%d runs wait for this request, and a scope is for one run; approve without it", len(a.Runs))
	}
	for _, d := range a.Decisions {
		if d.WithdrawnAt == 0 && (d.Scope == nil || !sameScope(*d.Scope, *r.Scope)) {
			return fault.New(fault.Conflict, "%s gave another scope; give the same one, or none", d.Actor.Name)
		}
	}
	_, err := guard.NewAllowance(guard.Given{Tool: a.Tool, Args: a.Args}, *r.Scope)
	return err
}

// checkFree refuses a scope that frees an argument which the tool does not have: a
// misspelt name would free nothing, and nobody would see it. A tool whose pinned
// schema names no arguments may have any.
func (t *tx) checkFree(a resource.Approval, s *resource.Scope) error {
	if s == nil || a.Call == nil {
		return nil
	}
	absent := slices.DeleteFunc(slices.Clone(s.Free), func(name string) bool { _, given := a.Args[name]; return given })
	if len(absent) == 0 {
		return nil
	}
	v, err := t.VersionByDigest(a.Agent, a.Call.Version)
	if err != nil {
		return err
	}
	known := argumentsOf(v.Manifest, a.Tool)
	for _, name := range absent {
		if len(known) > 0 && !slices.Contains(known, name) {
			return fault.New(fault.Invalid, "the scope frees argument %q, which %s does not have; it has %s", name, a.Tool, strings.Join(known, ", "))
		}
	}
	return nil
}

// argumentsOf are the names of a tool's arguments in its pinned schema, sorted.
func argumentsOf(m *resource.Manifest, name string) []string {
	for _, t := range m.Blueprint.Spec.Tools {
		for _, d := range m.Adapters {
			for _, pin := range d.Tools {
				if properties, ok := pin.InputSchema["properties"].(map[string]any); ok && t.Name == name && d.Server == t.Server && pin.Name == cmp.Or(t.Upstream, t.Name) {
					return slices.Sorted(maps.Keys(properties))
				}
			}
		}
	}
	return nil
}

// scopeAttrs is what the ledger keeps of a scope: its digest and its bounds.
func scopeAttrs(s *resource.Scope) (map[string]string, error) {
	if s == nil {
		return nil, nil
	}
	digest, err := blueprint.Digest(s)
	return map[string]string{"scope": digest, "scope.uses": strconv.Itoa(s.Uses), "scope.forMs": strconv.FormatInt(s.ForMs, 10)}, err
}
