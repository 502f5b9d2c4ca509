package control

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// Report is the result of validating a blueprint.
type Report struct {
	Agent    string             `json:"agent"`
	Tier     blueprint.Tier     `json:"tier"`   // the blueprint's own
	Passed   bool               `json:"passed"` // no finding is an error
	Findings []resource.Finding `json:"findings"`
}

// ruleStructure is the rule of a problem with the blueprint's form.
const ruleStructure = "blueprint/structure"

// Validate judges a blueprint offline: its structure, CRV's checks (tiers,
// permissions, zones, phases, gates, graders, schemas) and the guard's (policies
// compiled and typed); it warns of characters that nobody sees. src, when the blueprint was parsed from a file, gives each
// finding its place; nil leaves places out. A blueprint whose structure is wrong
// is not judged further.
func Validate(a *blueprint.Agent, src *blueprint.Source) Report {
	r := Report{Agent: a.Metadata.Name, Tier: a.Spec.RiskTier, Findings: structure(a.Problems())}
	if len(r.Findings) == 0 {
		r.Findings = append(r.Findings, crv.CheckBlueprint(a)...)
		r.Findings = append(r.Findings, guard.Check(a)...)
		r.Findings = append(r.Findings, scenarios(a, r.Findings)...)
		r.Findings = append(r.Findings, hidden(a)...)
	}
	r.place(src)
	return r.judged()
}

// scenarios compiles the scenarios; what another check has found already at the
// same place, or below it, is not said twice.
func scenarios(a *blueprint.Agent, found []resource.Finding) []resource.Finding {
	_, err := simulate.Cases(a, nil)
	var f *fault.Error
	if !errors.As(err, &f) {
		return nil
	}
	var out []resource.Finding
	for _, d := range f.Details {
		known := func(x resource.Finding) bool { return strings.HasPrefix(x.Path, d.Path) }
		if d.Path == "" || slices.ContainsFunc(found, known) {
			continue
		}
		out = append(out, resource.Finding{Rule: "eval/scenario", Severity: "error", Code: resource.OutOfScope, Path: d.Path,
			Message: d.Message, Remediation: d.Fix})
	}
	return out
}

// ValidateError makes the report of a blueprint that could not be parsed from
// the error of Parse; false when err is about something else.
func ValidateError(err error) (Report, bool) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Invalid || len(f.Details) == 0 {
		return Report{}, false
	}
	return Report{Findings: structure(f.Details)}.judged(), true
}

func structure(problems []fault.Detail) []resource.Finding {
	out := make([]resource.Finding, 0, len(problems))
	for _, d := range problems {
		out = append(out, resource.Finding{Rule: ruleStructure, Severity: "error", Code: resource.OutOfScope,
			Path: d.Path, File: d.File, Line: d.Line, Column: d.Column, Message: d.Message, Remediation: d.Fix})
	}
	return out
}

// place fills in where each finding's field was written, and sorts by place.
//
// A line without a file is one of the text in the field.
func (r *Report) place(src *blueprint.Source) {
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.File != "" && f.Line > 0 {
			continue
		}
		p := src.TextPosition(f.Path, f.Line)
		f.File, f.Line, f.Column = p.File, p.Line, p.Column
	}
	if src == nil {
		return
	}
	slices.SortStableFunc(r.Findings, func(a, b resource.Finding) int {
		if d := cmp.Compare(btoi(a.File != src.File), btoi(b.File != src.File)); d != 0 {
			return d
		}
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// btoi orders false before true.
func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r Report) judged() Report {
	r.Passed = !slices.ContainsFunc(r.Findings, func(f resource.Finding) bool { return f.Severity == "error" })
	return r
}
