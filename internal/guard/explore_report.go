package guard

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// The verdicts on a property.
const (
	PropertyHolds = "holds"
	PropertyFails = "fails"
	// PropertyUnproved is a property that an abstract run breaks and no run that was
	// tried on the live guard does. It counts as failed.
	PropertyUnproved = "unproved"
	// PropertyInfo is a property that is broken and reported for information.
	PropertyInfo = "info"
)

// PropertyReport is the answer to all properties of a version's guard.
type PropertyReport struct {
	Agent      string           `json:"agent"`
	Passed     bool             `json:"passed"`
	States     int              `json:"states"` // reachable
	Calls      int              `json:"calls"`  // kinds of calls judged in them
	Properties []PropertyResult `json:"properties"`
	// Findings are the properties that fail; those that are accepted are warnings.
	Findings []resource.Finding `json:"findings"`
	// Open is what the answers do not say.
	Open []string `json:"open"`
}

// PropertyResult is the answer to one property.
type PropertyResult struct {
	ID       string `json:"id"`
	Sentence string `json:"sentence"`
	BuiltIn  bool   `json:"builtIn"`
	Verdict  string `json:"verdict"`
	// Accepted is the blueprint's justification for a failure.
	Accepted string `json:"accepted,omitempty"`
	// Depends names policies whose answer depends on argument values or numbers
	// left, where that decides: without it the answer holds whatever those are.
	Depends []string `json:"depends,omitempty"`
	Detail  []string `json:"detail,omitempty"`
	// CounterExample is a shortest run that breaks the property.
	CounterExample *Witness `json:"counterExample,omitempty"`
	Path           string   `json:"path,omitempty"` // of the blueprint's own property
}

// Failed reports whether the property stands against a release.
func (p PropertyResult) Failed() bool {
	return p.Accepted == "" && (p.Verdict == PropertyFails || p.Verdict == PropertyUnproved)
}

// findings are the property's failure, as gates report it.
func (p PropertyResult) findings() []resource.Finding {
	if p.Verdict != PropertyFails && p.Verdict != PropertyUnproved {
		return nil
	}
	f := resource.Finding{Rule: "property/" + p.ID, Severity: "error", Code: resource.PolicyViolation, Path: p.Path, Message: p.Sentence,
		Remediation: "run `aureus policy check` for a run that breaks it, and add a policy or a label that stops that run"}
	for _, d := range p.Detail {
		f.Message += " " + d + "."
	}
	if w := p.CounterExample; w != nil && len(w.Steps) > 0 {
		f.Message += " Broken in " + strconv.Itoa(len(w.Steps)) + " calls, the last of " + w.Steps[len(w.Steps)-1].Tool + "."
	}
	if p.Accepted != "" {
		f.Severity, f.Remediation = "warning", "accepted by release.acceptProperties: "+p.Accepted
	}
	return []resource.Finding{f}
}

// openPoints are what abstraction leaves open, for every answer.
var openPoints = []string{
	"Labels, zones and tiers are believed: a tool that does more than it is labelled for is not seen.",
	"Values of arguments and what is left of budgets are open: a policy that compares them counts as one that may hold and may not, so what holds does so whatever they are.",
	"Text inside an argument that may be there is not judged: where a value comes from is, what it says is not.",
	"Where values come from is what the guard's search finds; a value that a stranger and the user both wrote counts as the user's.",
	"One run is looked at; what several runs do together is bounded by rates and budgets only.",
	"CRV gates and the model are not part of it; both can only stop calls that are allowed here.",
	"A human who is asked may say yes.",
}

// CheckProperties explores the guard and answers every property; only, when it
// is not "", is the one to answer. a is the blueprint that c was made of.
func (c *Compiled) CheckProperties(a *blueprint.Agent, only string) PropertyReport {
	return c.Explore().Check(a, only)
}

// Check answers the properties on an explored automaton.
func (a *Automaton) Check(b *blueprint.Agent, only string) PropertyReport {
	r := PropertyReport{Agent: b.Metadata.Name, Passed: true, Findings: []resource.Finding{}, Properties: []PropertyResult{}, Open: openPoints}
	r.States = a.states()
	for k, p := range a.x.props {
		if only != "" && only != p.ID {
			continue
		}
		res := PropertyResult{ID: p.ID, Sentence: p.Sentence, BuiltIn: p.BuiltIn, Verdict: PropertyHolds, Path: p.path}
		switch p.ID {
		case PropertyEnds:
			a.checkEnds(&res)
		case PropertyDead:
			a.checkDead(&res)
		default:
			a.checkCalls(k, &res)
		}
		if p.Info && res.Verdict != PropertyHolds {
			res.Verdict = PropertyInfo
		}
		res.Accepted = acceptance(b, p, res.Verdict)
		r.Passed = r.Passed && !res.Failed()
		r.Findings = append(r.Findings, res.findings()...)
		r.Properties = append(r.Properties, res)
	}
	r.Calls = a.x.judged
	return r
}

// acceptance is the justification with which the blueprint goes out without p.
func acceptance(b *blueprint.Agent, p *Property, verdict string) string {
	if !p.BuiltIn || verdict == PropertyHolds {
		return ""
	}
	i := slices.IndexFunc(b.Spec.Release.AcceptProperties, func(a blueprint.AcceptedProperty) bool { return a.Property == p.ID })
	if i < 0 {
		return ""
	}
	return b.Spec.Release.AcceptProperties[i].Justification
}

// breach is a call that breaks a property in a reachable state.
type breach struct {
	node, space int
	asked       bool
}

// checkCalls answers a property that is about single calls.
func (a *Automaton) checkCalls(k int, res *PropertyResult) {
	for _, lost := range []bool{false, true} {
		s := a.fresh
		if lost {
			s = a.lost
		}
		found := a.breaches(k, s)
		if len(found) == 0 {
			continue
		}
		res.Verdict = PropertyUnproved
		for _, b := range found[:min(len(found), maxTries)] {
			if w := a.witness(k, b, lost); w != nil {
				res.Verdict, res.CounterExample = PropertyFails, w
				res.Depends = w.depends
				return
			}
		}
		b := found[0]
		res.Detail = append(res.Detail, fmt.Sprintf("a call of %s in phase %s can break it when arguments are left open; no run that was tried on the live guard does",
			a.x.spaces[b.space].g.tool.Name, a.x.phaseName(s.nodes[b.node].state)))
		return
	}
}

// maxTries bounds how many breaches are tried on the live guard.
const maxTries = 40

// breaches are the calls that break property k, nearest first.
func (a *Automaton) breaches(k int, s *search) []breach {
	var out []breach
	for at, n := range s.nodes {
		if n.depth >= a.c.limits.toolCalls {
			continue
		}
		for i := range a.x.spaces {
			bits := a.x.outlook(i, n.state).broken[k]
			for _, asked := range []bool{true, false} {
				if bits&(1<<asIndex(asked)) != 0 {
					out = append(out, breach{node: at, space: i, asked: asked})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(p, q breach) int { return cmp.Compare(s.nodes[p.node].depth, s.nodes[q.node].depth) })
	return out
}

// checkDead looks for policies and tools that no run meets.
func (a *Automaton) checkDead(res *PropertyResult) {
	decides, surely, runs := map[string]bool{}, map[string]bool{}, map[int]bool{}
	for _, s := range []*search{a.fresh, a.lost} {
		for _, n := range s.nodes {
			for i, sp := range a.x.spaces {
				o := a.x.outlook(i, n.state)
				auto, human := o.runs(nil, i)
				runs[i] = runs[i] || auto || human
				for j, r := range sp.rules[:sp.own] {
					decides[r.id] = decides[r.id] || o.decides.has(j)
					surely[r.id] = surely[r.id] || o.surely.has(j)
				}
			}
		}
	}
	for _, id := range a.c.policyIDs {
		switch {
		case !decides[id]:
			res.Detail = append(res.Detail, fmt.Sprintf("the policy %s decides in no run", id))
		case !surely[id]:
			res.Depends = append(res.Depends, id)
		}
	}
	for i, sp := range a.x.spaces {
		if !runs[i] {
			res.Detail = append(res.Detail, fmt.Sprintf("the tool %s can be called in no run", sp.g.tool.Name))
		}
	}
	if len(res.Detail) > 0 {
		res.Verdict = PropertyFails
	}
}
