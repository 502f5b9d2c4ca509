package guard

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
)

// source is a policy with the field of the blueprint that it comes from.
type source struct {
	policy
	path string // "" for a built-in policy
	file string
}

// located is a problem with its field.
type located struct {
	problem
	path string
	file string
}

// fileLine is the line when it is a line of a file, 0 when it is one of the text
// inside a blueprint, whose own place is the path.
func (l located) fileLine() int {
	if l.file == "" {
		return 0
	}
	return l.line
}

// collect parses the built-in set and the blueprint's policies, sorted by id.
func collect(a *blueprint.Agent) ([]source, []located) {
	var all []source
	var probs []located
	add := func(ps []policy, bad []problem, path, file string) {
		for _, p := range ps {
			all = append(all, source{policy: p, path: path, file: file})
		}
		for _, b := range bad {
			probs = append(probs, located{problem: b, path: path, file: file})
		}
	}
	ps, bad := parseBuiltIn()
	add(ps, bad, "", "")
	seen := map[string]bool{}
	for i, p := range a.Spec.Policies {
		path := fmt.Sprintf("spec.policies[%d]", i)
		if seen[p.ID] {
			probs = append(probs, located{problem: problem{rule: "policy/id", id: p.ID, text: "two policies have this id", fix: "give each policy its own id"}, path: path, file: p.File})
			continue
		}
		seen[p.ID] = true
		ps, bad := parseUser(p)
		add(ps, bad, path+".cedar", p.File)
	}
	all = slices.DeleteFunc(all, func(s source) bool { return replaced(a, s) })
	slices.SortFunc(all, func(a, b source) int { return cmp.Compare(a.id, b.id) })
	return all, probs
}

// replaced reports whether a policy of the blueprint stands in for a built-in one
// of flow. What a call needs in any case (phase, permission, tier, budgets,
// approval) cannot be replaced.
func replaced(a *blueprint.Agent, s source) bool {
	name, builtIn := strings.CutPrefix(s.id, builtInPrefix)
	return builtIn && s.check == CheckPolicy && slices.ContainsFunc(a.Spec.Policies, func(p blueprint.Policy) bool {
		return slices.Contains(p.Replaces, name)
	})
}

// mistyped are the tools in which a policy, by its id, does not type.
type mistyped map[string][]mistake

type mistake struct{ tool, text string }

// problems makes one problem a policy: a slip in a policy for all tools is one
// slip.
func (m mistyped) problems(all []source) []located {
	var probs []located
	for _, s := range all {
		bad := m[s.id]
		if len(bad) == 0 {
			continue
		}
		text := "in tool " + bad[0].tool + ": " + bad[0].text
		if len(bad) > 1 {
			text += fmt.Sprintf(" (and in %d more tools)", len(bad)-1)
		}
		p := s.problem("policy/type", text, typeFix)
		p.line = s.lineOf(bad[0].text)
		probs = append(probs, p)
	}
	return probs
}

// nameProblems finds policies that name a tool or agent which does not exist.
// Cedar itself accepts any id of a known entity type.
func nameProblems(a *blueprint.Agent, all []source) []located {
	tools := map[string]bool{}
	for _, t := range a.Spec.Tools {
		tools[t.Name] = true
	}
	var probs []located
	for _, s := range all {
		for _, name := range s.uses.tools {
			if !tools[name] {
				p := s.problem("policy/unknown-tool", fmt.Sprintf("Tool::%q is not a tool of this blueprint", name), "use a name from spec.tools")
				p.line = s.lineOf("`" + name + "`")
				probs = append(probs, p)
			}
		}
		for _, name := range s.uses.strangers {
			probs = append(probs, s.problem("policy/type", name+" is in no request, so a policy that names it never holds",
				`there are Tool::"NAME", Agent::"NAME", and Action::"call", "read", "write", "delete", "execute", "admin"`))
		}
		for _, name := range s.uses.agents {
			if name != a.Metadata.Name {
				probs = append(probs, s.problem("policy/unknown-agent", fmt.Sprintf("Agent::%q is not this agent", name), fmt.Sprintf("write Agent::%q or leave the principal open", a.Metadata.Name)))
			}
		}
	}
	return probs
}

func (s source) problem(rule, text, fix string) located {
	return located{problem: problem{rule: rule, id: s.id, line: s.line, text: text, fix: fix}, path: s.path, file: s.file}
}

var quotedName = regexp.MustCompile("`([^`]+)`")

// lineOf is the line of the policy's text in which a name that a message quotes is
// written, for a dotted one its last part; the policy's first line without one.
func (s source) lineOf(message string) int {
	m := quotedName.FindStringSubmatch(message)
	if m == nil || s.line < 1 {
		return s.line
	}
	name := m[1][strings.LastIndexByte(m[1], '.')+1:]
	written := regexp.MustCompile(`(^|[^A-Za-z0-9_])` + regexp.QuoteMeta(name) + `([^A-Za-z0-9_]|$)`)
	for i, line := range strings.Split(s.text, "\n") {
		if i+1 >= s.line && written.MatchString(line) {
			return i + 1
		}
	}
	return s.line
}

// tooMany is the problem of a tool with more policies than can be explored.
func tooMany(tool string, n int) located {
	return located{path: "spec.policies", problem: problem{rule: "policy/too-many", fix: "name the tools that each policy is for in its scope, or join policies",
		text: fmt.Sprintf("%d policies can hold for the tool %s; at most %d can", n, tool, maxRules)}}
}

func duplicateTool(i int, name string) located {
	return located{problem: problem{rule: "policy/duplicate-tool", text: fmt.Sprintf("two tools are called %q, so a policy cannot tell them apart", name), fix: "give each tool its own name"}, path: fmt.Sprintf("spec.tools[%d].name", i)}
}

// unapplied checks the names and types of policies whose scope matches no tool.
func unapplied(all []source, applied map[string]bool) []located {
	var probs []located
	for _, s := range all {
		if applied[s.id] || s.path == "" || len(s.uses.tools) > 0 {
			continue
		}
		if _, err := openTypes(&s.policy, ""); err != nil {
			probs = append(probs, s.problem("policy/type", err.Error(), typeFix))
		}
	}
	return probs
}
