package guard

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	cedar "github.com/cedar-policy/cedar-go"

	"github.com/aureus-agents/aureus/blueprint"
)

//go:embed builtin.cedar
var builtInText string

// builtInPrefix marks the ids of the built-in set.
const builtInPrefix = "builtin/"

// maxQuorum bounds @quorum: more humans than this is a mistake.
const maxQuorum = 10

// policy is one Cedar policy with what its annotations say.
type policy struct {
	id     string
	cedar  *cedar.Policy
	ask    bool // a human decides instead of a rejection
	quorum int
	check  string
	reason string
	line   int    // of its text
	text   string // that it is written in, with others
	uses   usage
}

// problem is what is wrong with a policy text.
type problem struct {
	rule string // policy/...
	id   string
	line int
	text string
	fix  string
}

func (p problem) Error() string {
	if p.id == "" {
		return p.text
	}
	if p.line > 0 {
		return fmt.Sprintf("policy %q, line %d: %s", p.id, p.line, p.text)
	}
	return fmt.Sprintf("policy %q: %s", p.id, p.text)
}

// parseBuiltIn parses the embedded set.
func parseBuiltIn() ([]policy, []problem) {
	list, err := cedar.NewPolicyListFromBytes("builtin.cedar", []byte(builtInText))
	if err != nil {
		return nil, []problem{syntaxProblem("builtin", err)}
	}
	var out []policy
	var bad []problem
	for _, c := range list {
		id := builtInPrefix + string(c.Annotations()["id"])
		p, probs := annotate(id, c)
		p.check = string(c.Annotations()["check"])
		out, bad = append(out, p), append(bad, probs...)
	}
	return out, bad
}

// parseUser parses one policy entry of a blueprint.
func parseUser(src blueprint.Policy) ([]policy, []problem) {
	if src.ID == "" || strings.Contains(src.ID, "/") {
		return nil, []problem{{rule: "policy/id", id: src.ID, text: "a policy needs an id without \"/\"", fix: "give the policy a short id such as \"refund-limit\""}}
	}
	if strings.TrimSpace(src.Cedar) == "" {
		return nil, []problem{{rule: "policy/empty", id: src.ID, text: "the policy has no Cedar text", fix: "write the text in cedar, or name a file that holds it"}}
	}
	list, err := cedar.NewPolicyListFromBytes(src.ID, []byte(src.Cedar))
	if err != nil {
		return nil, []problem{syntaxProblem(src.ID, err)}
	}
	if len(list) == 0 {
		return nil, []problem{{rule: "policy/empty", id: src.ID, text: "the text holds no policy", fix: "write a permit or forbid statement"}}
	}
	var out []policy
	var bad []problem
	seen := map[string]bool{}
	for i, c := range list {
		id := userID(src.ID, c, i, len(list))
		p, probs := annotate(id, c)
		p.text = src.Cedar
		probs = append(probs, unknownAnnotations(id, c)...)
		if seen[id] {
			probs = append(probs, problem{rule: "policy/id", id: id, line: p.line, text: "the same @id is used twice", fix: "give each statement its own @id"})
		}
		seen[id] = true
		out, bad = append(out, p), append(bad, probs...)
	}
	return out, bad
}

func userID(base string, c *cedar.Policy, i, n int) string {
	if id, ok := c.Annotations()["id"]; ok && id != "" {
		return base + "/" + string(id)
	}
	if n == 1 {
		return base
	}
	return base + "/" + strconv.Itoa(i+1)
}

// annotations are those of a blueprint's policies.
var annotations = []string{"id", "reason", "decision", "quorum"}

// unknownAnnotations finds the others. A misspelt @quorum would ask fewer people
// than was meant, so what has no meaning here is no annotation.
func unknownAnnotations(id string, c *cedar.Policy) []problem {
	var bad []problem
	for name := range c.Annotations() {
		if !slices.Contains(annotations, string(name)) {
			bad = append(bad, problem{rule: "policy/annotation", id: id, line: c.Position().Line, text: fmt.Sprintf("@%s is no annotation of a policy", name),
				fix: "write @id, @reason, @decision or @quorum; what is for readers goes into a comment"})
		}
	}
	slices.SortFunc(bad, func(a, b problem) int { return strings.Compare(a.text, b.text) })
	return bad
}

// annotate reads the annotations that the guard knows.
func annotate(id string, c *cedar.Policy) (policy, []problem) {
	a := c.Annotations()
	p := policy{id: id, cedar: c, check: CheckPolicy, reason: string(a["reason"]), line: c.Position().Line}
	var bad []problem
	fail := func(text, fix string) {
		bad = append(bad, problem{rule: "policy/annotation", id: id, line: p.line, text: text, fix: fix})
	}
	if d, ok := a["decision"]; ok {
		switch {
		case d != "ask" && d != "deny":
			fail(fmt.Sprintf("@decision(%q) is not known", string(d)), `write @decision("ask") or leave it out`)
		case c.Effect() != cedar.Forbid:
			fail("@decision is for forbid policies", "write forbid: it says when a human has to decide")
		}
		p.ask = d == "ask" && c.Effect() == cedar.Forbid
	}
	if p.ask {
		p.quorum = 1
	}
	if q, ok := a["quorum"]; ok {
		n, err := strconv.Atoi(string(q))
		if err != nil || n < 1 || n > maxQuorum || !p.ask {
			fail(fmt.Sprintf("@quorum(%q) does not fit", string(q)), fmt.Sprintf(`use a number from 1 to %d, beside @decision("ask")`, maxQuorum))
		} else {
			p.quorum = n
		}
	}
	uses, err := usageOf(c)
	if err != nil {
		fail("the policy cannot be read back: "+err.Error(), "write it in plain Cedar")
	}
	p.uses = uses
	return p, bad
}

var parsePosition = regexp.MustCompile(`<input>:(\d+):\d+ ?`)

// syntaxProblem makes a finding of a parser error, with the line it names.
func syntaxProblem(id string, err error) problem {
	text := err.Error()
	line := 0
	if m := parsePosition.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits by the pattern
	}
	text = strings.TrimPrefix(strings.TrimPrefix(parsePosition.ReplaceAllString(text, ""), "parser error: "), "parse error at ")
	return problem{rule: "policy/syntax", id: id, line: line, text: "Cedar cannot read this: " + text, fix: "see docs.cedarpolicy.com for the syntax"}
}
