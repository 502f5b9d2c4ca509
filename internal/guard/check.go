package guard

import (
	"cmp"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Check judges the policies of a blueprint: they compile and are typed, and the
// tools they name exist. Rule ids are policy/...; each message names the policy's
// id and the line in its text. Argument types are open here, since schemas are
// pinned at registration: [CheckVersion] is the full check. A finding without a
// file has the line in the text at its path.
func Check(a *blueprint.Agent) []resource.Finding {
	_, probs := compile(a, nil)
	return findings(probs, func(p located) int { return p.line })
}

// CheckVersion is Check with the argument types of the pinned tools.
func CheckVersion(m *resource.Manifest) []resource.Finding {
	_, probs := compile(&m.Blueprint, pinsOf(m))
	return findings(probs, located.fileLine)
}

func findings(probs []located, line func(located) int) []resource.Finding {
	out := make([]resource.Finding, 0, len(probs))
	for _, p := range probs {
		f := resource.Finding{Rule: p.rule, Severity: "error", Code: resource.PolicyViolation, Path: p.path,
			File: p.file, Line: line(p), Message: p.Error(), Remediation: p.fix}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b resource.Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(out)
}
