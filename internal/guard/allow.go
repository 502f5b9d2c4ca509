package guard

import (
	"maps"
	"math"
	"slices"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// The bounds of a scope.
const (
	DefaultUses = 10
	MaxUses     = 100
	DefaultFor  = 60 * 60 * 1000 // milliseconds
	MaxFor      = 24 * DefaultFor

	maxScopeNames = 64
)

// Given is a yes of people to a call.
type Given struct {
	Approval string // its id
	Tool     string
	Args     map[string]any
	Fears    []resource.Fear // that were shown
	People   int             // who said yes
	At       resource.Millis
}

// NewAllowance makes of a yes with a scope what a run may do besides. It names
// every argument of the call that the scope does not leave open by the digest of
// its value. fault.Invalid when the scope does not fit the call.
func NewAllowance(g Given, s resource.Scope) (resource.Allowance, error) {
	a := resource.Allowance{Approval: g.Approval, Tool: g.Tool, Pinned: map[string]string{}, Quorum: g.People, From: g.At}
	uses, ms := s.Uses, s.ForMs
	if uses == 0 {
		uses = DefaultUses
	}
	if ms == 0 {
		ms = DefaultFor
	}
	switch {
	case uses < 0 || uses > MaxUses:
		return a, fault.New(fault.Invalid, "the scope allows %d calls; allow 1 to %d", uses, MaxUses)
	case ms < 0 || ms > MaxFor:
		return a, fault.New(fault.Invalid, "the scope lasts %d ms; let it last at most a day", ms)
	case len(s.Free)+len(s.Max) > maxScopeNames:
		return a, fault.New(fault.Invalid, "the scope names %d arguments; name at most %d", len(s.Free)+len(s.Max), maxScopeNames)
	}
	a.Uses, a.Until = uses, g.At+resource.Millis(ms)
	a.Free = slices.Compact(slices.Sorted(slices.Values(s.Free)))
	for _, name := range slices.Sorted(maps.Keys(s.Max)) {
		limit, value := s.Max[name], g.Args[name]
		if f, _, _, ok := number(value); !ok || math.IsNaN(limit) || f < 0 || f > limit {
			return a, fault.New(fault.Invalid, "the scope bounds argument %q with %v, but in the call that was asked for it is no number from 0 to that", name, limit)
		}
		if slices.Contains(a.Free, name) {
			return a, fault.New(fault.Invalid, "the scope both frees and bounds argument %q; do one", name)
		}
	}
	a.Max = maps.Clone(s.Max)
	for name, value := range g.Args {
		if open(a, name) {
			continue
		}
		digest, ok := valueDigest(value)
		if !ok {
			return a, fault.New(fault.Invalid, "argument %q has no JSON form, so nothing can be allowed about it", name)
		}
		a.Pinned[name] = digest
	}
	for _, f := range g.Fears {
		a.Policies = append(a.Policies, f.Policy)
	}
	slices.Sort(a.Policies)
	return a, nil
}

// open reports whether an allowance leaves an argument open.
func open(a resource.Allowance, name string) bool {
	_, bounded := a.Max[name]
	return bounded || slices.Contains(a.Free, name)
}

// valueDigest names a value by the digest of its canonical form.
func valueDigest(v any) (string, bool) {
	b, err := appendCanonical(nil, v, 0)
	if err != nil {
		return "", false
	}
	return sum(b), true
}

// Allow gives a run an allowance.
func (c *Compiled) Allow(s State, a resource.Allowance) State {
	s.Allow = append(slices.Clone(s.Allow), a)
	s.Latest = max(s.Latest, a.From)
	return s
}

// allowed is the place of the allowance in s that covers a call which people
// have to answer because of fears, -1 for none. A clock that is set back does not
// bring one back that has ended.
func (s State) allowed(call Call, fears []resource.Fear) int {
	if call.Now <= 0 || s.Unknown {
		return -1
	}
	now := max(s.Latest, call.Now)
	return slices.IndexFunc(s.Allow, func(a resource.Allowance) bool {
		return a.Tool == call.Tool && a.Uses > 0 && a.From <= now && now < a.Until && lifts(a, fears) && fits(a, call.Args)
	})
}

// lifts reports whether people were shown each of the policies and were enough.
func lifts(a resource.Allowance, fears []resource.Fear) bool {
	for _, f := range fears {
		if _, shown := slices.BinarySearch(a.Policies, f.Policy); !shown || f.Quorum > a.Quorum {
			return false
		}
	}
	return true
}

// fits reports whether the arguments are in an allowance's scope.
func fits(a resource.Allowance, args map[string]any) bool {
	for name := range a.Pinned {
		if _, there := args[name]; !there {
			return false
		}
	}
	for name, v := range args {
		if limit, ok := a.Max[name]; ok {
			if f, _, _, num := number(v); !num || !(f >= 0 && f <= limit) {
				return false
			}
			continue
		}
		if slices.Contains(a.Free, name) {
			continue
		}
		want, pinned := a.Pinned[name]
		if got, ok := valueDigest(v); !ok || !pinned || got != want {
			return false
		}
	}
	return true
}

// useUp takes one call from the allowance at i.
func (s State) useUp(i int) State {
	s.Allow = slices.Clone(s.Allow)
	s.Allow[i].Uses--
	return s
}
