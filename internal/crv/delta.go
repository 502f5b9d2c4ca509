package crv

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Delta is the capability delta of two versions; a nil from is a first version,
// in which every tool, server, permission-free setting and instruction counts
// as added. The delta, not the author, sets the approval tier: the highest of
//
//	change                                                       tier
//	tool added                                                   the tool's, at least medium;
//	                                                             high when it acts outside and is of medium or says so
//	tool removed; its description or labels made stricter        medium
//	tool's tier, zone, intent, server, upstream name, spends
//	  changed; labels loosened; its pinned contract changed      at least high, and the tool's own tier
//	permission widened                                           high; for an added tool as that tool
//	permission narrowed                                          medium
//	agent's tier raised                                          at least high, and the new tier
//	agent's zone raised                                          high
//	agent's tier or zone lowered                                 medium
//	policy removed, changed, or added with a permit              high
//	policy added that only forbids                               medium
//	sandbox none, host network, a path added, a limit raised     high
//	sandbox otherwise changed                                    medium
//	server's command, URL, secrets or variables changed          high
//	server added or removed                                      medium
//	budget raised                                                high
//	budget lowered                                               medium
//	workflow: tool or intent added to a phase, transition added
//	  or its approval dropped, workflow removed                  high; for an added tool as that tool
//	workflow otherwise changed                                   medium
//	property of the policy check accepted, removed or changed    high
//	CRV gate removed or changed                                  high
//	CRV gate added; success, release plan or owner changed       medium
//	instructions, goal, model, input or output schema changed    medium
//	a program added that a command grader runs                   high
//	evaluation, monitor, description, labels, timeouts           low
//	nothing                                                      low
func Delta(from, to *resource.Manifest, fromDigest, toDigest string) resource.Delta {
	d := &differ{added: map[string]blueprint.Tier{}}
	var old *blueprint.Agent
	var oldAdapters []resource.Adapter
	if from == nil {
		old = &blueprint.Agent{}
		d.first = true
		fromDigest = ""
	} else {
		old, oldAdapters = &from.Blueprint, from.Adapters
	}
	now := &to.Blueprint
	d.tools(old, now)
	d.servers(old, now)
	d.acceptedProperties(old.Spec.Release.AcceptProperties, now.Spec.Release.AcceptProperties)
	if d.first {
		d.add("model", "added", "model.name", "", now.Spec.Model.Name, blueprint.TierMedium, true)
		d.add("instructions", "added", "instructions", "", "", blueprint.TierMedium, true)
		d.policies(old, now)
		d.commandGraders(old.Spec.Evaluation, now.Spec.Evaluation)
	} else {
		d.agent(old, now)
		d.permissions(old, now)
		d.policies(old, now)
		d.policyConfig(from, to)
		d.behaviour(old, now)
		d.budgets(old.Spec.Budgets, now.Spec.Budgets)
		d.use("session", old.Spec.Budgets.Session, now.Spec.Budgets.Session)
		d.use("day", old.Spec.Budgets.Day, now.Spec.Budgets.Day)
		d.asking(old.Spec.Approvals, now.Spec.Approvals)
		d.workflow(old.Spec.Workflow, now.Spec.Workflow)
		d.adapters(oldAdapters, to.Adapters, old, now)
	}
	slices.SortStableFunc(d.out, func(a, b resource.Change) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Op, b.Op), cmp.Compare(a.Kind, b.Kind))
	})
	out := resource.Delta{From: fromDigest, To: toDigest, Changes: d.out, Tier: blueprint.TierLow}
	if out.Changes == nil {
		out.Changes = []resource.Change{}
	}
	for _, c := range out.Changes {
		out.Tier = blueprint.MaxTier(out.Tier, c.Tier)
	}
	return out
}

// differ collects the changes.
type differ struct {
	first bool
	added map[string]blueprint.Tier // tools that are new, with what adding them asks for
	out   []resource.Change
}

func (d *differ) add(kind, op, path, from, to string, tier blueprint.Tier, widens bool) *resource.Change {
	d.out = append(d.out, resource.Change{Kind: kind, Op: op, Path: path, From: short(from), To: short(to), Tier: tier, Widens: widens})
	return &d.out[len(d.out)-1]
}

// changed adds a change when the two differ.
func (d *differ) changed(kind, path, from, to string, tier blueprint.Tier, widens bool) {
	if from != to {
		d.add(kind, "changed", path, from, to, tier, widens)
	}
}

// digests adds a change when two values differ, and shows their digests: for
// what is too long to read in one line.
func (d *differ) digests(kind, path string, from, to any, tier blueprint.Tier) bool {
	a, b := digestOf(from), digestOf(to)
	if a == b {
		return false
	}
	d.add(kind, "changed", path, a, b, tier, false)
	return true
}

// digestOf is the digest of a part of a version; a part without a canonical
// form could not have been registered and differs from every other by its text.
func digestOf(v any) string {
	s, err := blueprint.Digest(v)
	if err != nil {
		return fmt.Sprintf("%v", v)
	}
	return s
}

// forTool is the tier of a change that lets the tool do more: as adding the tool
// when it is new, else high.
func (d *differ) forTool(name string) blueprint.Tier {
	if t, ok := d.added[name]; ok {
		return t
	}
	return blueprint.TierHigh
}

// short keeps a line of a delta readable.
func short(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:117]) + "..."
	}
	return s
}

func num(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
