package guard

import (
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
