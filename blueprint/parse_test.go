package blueprint_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

func TestParseProblems(t *testing.T) {
	tests := []struct {
		name, file, text string
		want             string // line:column path: message | fix
	}{
		{"tier", "", replaced(t, "riskTier: low", "riskTier: hihg"), `7:13 spec.riskTier: "hihg" is not a known riskTier | did you mean high? write one of low, medium, high, critical`},
		{"unknown tier", "", replaced(t, "riskTier: low", "riskTier: extreme"), `7:13 spec.riskTier: "extreme" is not a known riskTier | write one of low, medium, high, critical`},
		{"zone", "", replaced(t, "zone: public", "zone: 3"), `8:9 spec.zone: 3 is not a known zone | write one of public, internal, confidential, restricted`},
		{"unknown field", "", with("  toools: []\n"), `10:3 spec.toools: unknown field "toools" | write "tools"`},
		{"unknown field, none near", "", replaced(t, "owner: team", "owner: team, zzzzzzzz: 1"), `3:34 metadata.zzzzzzzz: unknown field "zzzzzzzz" | write one of description, labels, name, owner, or remove it`},
		{"other case", "", with("  Tools: []\n"), `10:3 spec.Tools: unknown field "Tools" | write "tools"`},
		{"missing", "", replaced(t, "  goal: g\n", ""), `5:3 spec.goal: the field "goal" is missing | add goal: what the agent is to achieve, in a sentence`},
		{"agent name", "", replaced(t, "name: a,", "name: A b,"), `3:18 metadata.name: "A b" is not right for name | write a DNS label: small letters, digits and - (not first or last), at most 63 characters`},
		{"api version", "", replaced(t, "aureus/v1", "aureus/v2"), `1:13 apiVersion: apiVersion is "aureus/v2" | write aureus/v1`},
		{"number for text", "", replaced(t, "goal: g", "goal: 5"), `5:9 spec.goal: goal is a number (5); it must be text | write it in quotes: "5"`},
		{"empty", "", with("  tools:\n"), `10:3 spec.tools: tools is empty; it must be a list | write a list: the tools that the agent may call`},
		{"duration", "", with("  budgets: {duration: 5 minutes}\n"), `10:23 spec.budgets.duration: "5 minutes" is not right for duration | write a duration like "30s", "5m" or "24h"`},
		{"duration as number", "", with("  budgets: {duration: 30}\n"), `10:23 spec.budgets.duration: duration is a number (30); it must be text | write text: a duration like "30s", "5m" or "24h"`},
		{"negative", "", with("  budgets: {steps: -1}\n"), `10:20 spec.budgets.steps: steps is -1, which is out of range | write a whole number, 0 or more`},
		{"fraction", "", with("  budgets: {steps: 1.5}\n"), `10:20 spec.budgets.steps: steps is a number (1.5); it must be a whole number | write a whole number: a whole number, 0 or more`},
		{"duplicate key", "", with("  goal: h\n"), `10:3 spec.goal: the field "goal" is written twice; the first is at line 5 | keep one of the two`},
		{"both transports", "", with("  servers: [{name: s, http: {url: 'http://x'}, stdio: {command: [c]}}]\n"), `10:14 spec.servers[0]: a server is reached in exactly one way | write either stdio: (a command to run) or http: (a URL), not both`},
		{"password in URL", "", with("  servers: [{name: s, http: {url: 'http://me:pw@x/'}}]\n"), `10:35 spec.servers[0].http.url: "http://me:pw@x/" is not right for url | write an address that starts with http:// or https:// and holds no user name or password`},
		{"grader field", "", with("  evaluation: {suites: [{name: s, scenarios: [{name: n, input: 1, expect: {graders: [{type: cost, max: 1, text: x}]}}]}]}\n"), `10:107 spec.evaluation.suites[0].scenarios[0].expect.graders[0].text: the field "text" does not belong to this type | remove it, or change the type`},
		{"syntax", "", "a: [1\n", `1:4 : this is not YAML: sequence end token ']' not found | correct the YAML at this place; indent with spaces and quote text that holds : or #`},
		{"big integer", "", with("  budgets: {steps: 9007199254740993}\n"), `10:20 spec.budgets.steps: 9007199254740993 cannot be kept exactly: integers over 2^53 (9007199254740992) are not exact in JSON; write it as text in quotes | write a smaller number, or text in quotes`},
		{"huge number", "", with("  budgets: {costUSD: 1e400}\n"), `10:22 spec.budgets.costUSD: 1e400 cannot be kept exactly: the number is beyond what JSON readers can hold | write a smaller number, or text in quotes`},
		{"infinity", "", with("  budgets: {costUSD: .inf}\n"), `10:22 spec.budgets.costUSD: .inf is not a number that JSON has | write a decimal number`},
		{"octal", "", with("  budgets: {steps: 010}\n"), `10:20 spec.budgets.steps: 010 is a number to some YAML readers and text to others | write it without leading zeros and underscores, or as text in quotes`},
		{"tag", "", replaced(t, "goal: g", "goal: !!binary aGk="), `5:9 spec.goal: the tag !!binary is not allowed | write the value without a tag; quote it to make it text`},
		{"merge key", "", replaced(t, "model: {name: m}", "model: {<<: {name: m}}"), `9:11 spec.model: merge keys (<<) are not supported | use an alias for a whole value, or write the fields out`},
		{"alias without anchor", "", replaced(t, "goal: g", "goal: *x"), `5:9 spec.goal: the alias *x has no anchor &x before it | write the value itself`},
		{"two documents", "", minimal + "---\n" + minimal, `11:11 : the file holds more than one YAML document | keep one document in a file and remove the second ---`},
		{"nothing", "", "", `1:1 : the file is empty | check that it is the right file, and write its fields`},
		{"not UTF-8", "", "a: b\nc: \xff\n", `2:4 : the text is not UTF-8 | save the file as UTF-8`},
		{"JSON syntax", "x.json", "{\"a\": 1,\n}", `1:8 : this is not JSON: invalid character ',' at start of value | correct the JSON at this place`},
		{"JSON ends early", "x.json", `{"a": [1`, `1:9 : the JSON ends before it is complete | close every bracket and quote`},
		{"JSON and more", "x.json", `{} {}`, `1:4 : there is more after the end of the document | keep one document in a file`},
		{"JSON duplicate", "x.json", "{\"kind\": \"Agent\",\n \"kind\": \"Agent\"}", `2:2 kind: the field "kind" is written twice; the first is at line 1 | keep one of the two`},
		{"list", "", "- a\n", `1:1 : the document is a list (1 entries); it must be a group of fields | write a group of fields: What an agent is, as data: apiVersion aureus/v1, kind Agent.`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := tt.file
			if file == "" {
				file = "x.yaml"
			}
			var got []string
			for _, d := range problems(t, file, tt.text) {
				if d.File != file {
					t.Errorf("File of %q = %q, want %q", d.Message, d.File, file)
				}
				got = append(got, fmt.Sprintf("%d:%d %s: %s | %s", d.Line, d.Column, d.Path, d.Message, d.Fix))
			}
			for _, g := range got {
				if g == tt.want {
					return
				}
			}
			t.Errorf("Parse(%s) =\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), tt.want)
		})
	}
}

func TestParseReportsEveryProblemInOrder(t *testing.T) {
	text := "apiVersion: aureus/v1\nkind: Agnt\nmetadata: {name: a, owner: o}\nspec:\n  goal: 1\n  instructions: i\n  riskTier: x\n  zone: y\n  model: {}\n"
	var paths []string
	line := 0
	for _, d := range problems(t, "x.yaml", text) {
		paths = append(paths, d.Path)
		if d.Line < line {
			t.Errorf("problem at line %d comes after line %d", d.Line, line)
		}
		line = d.Line
	}
	want := "kind spec.goal spec.riskTier spec.zone spec.model.name"
	if got := strings.Join(paths, " "); got != want {
		t.Errorf("paths = %s, want %s", got, want)
	}
}

func TestParseFormats(t *testing.T) {
	yaml := mustParse(t, "a.yaml", minimal)
	raw, err := blueprint.Canonical(yaml)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, text string }{
		{"a.json", string(raw)}, {"-", string(raw)}, {"a.yaml", string(raw)}, {"-", minimal},
		{"a.yml", "\ufeff" + minimal}, {"a.yaml", strings.ReplaceAll(minimal, "\n", "\r\n")}, {"a.yaml", "---\n" + minimal},
	} {
		got := mustParse(t, tt.name, tt.text)
		a, _ := blueprint.Digest(yaml)
		b, _ := blueprint.Digest(got)
		if a != b {
			t.Errorf("Digest(Parse(%s)) = %s, want %s", tt.name, b, a)
		}
	}
}

// endless is a reader that counts what is taken from it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	e.read += len(p)
	return len(p), nil
}

func TestReadStopsAtTheLimit(t *testing.T) {
	src := &endless{}
	_, err := blueprint.Read(io.LimitReader(src, 50<<20), "big.yaml")
	if !fault.Is(err, fault.TooLarge) {
		t.Errorf("Read(50 MB) = %v, want TOO_LARGE", err)
	}
	if src.read > 2*blueprint.DefaultMaxBytes {
		t.Errorf("Read(50 MB) read %d bytes, want at most %d", src.read, 2*blueprint.DefaultMaxBytes)
	}
	if _, err := blueprint.Parse("big.yaml", bytes.Repeat([]byte("a"), blueprint.DefaultMaxBytes+1), blueprint.Options{}); !fault.Is(err, fault.TooLarge) {
		t.Errorf("Parse(1 MiB + 1) = %v, want TOO_LARGE", err)
	}
	if _, err := blueprint.Read(strings.NewReader(minimal), "a.yaml"); err != nil {
		t.Errorf("Read(minimal) = %v", err)
	}
}

// TestParseRefusesHeavyInput holds the inputs that make a YAML parser recurse or
// expand without end.
func TestParseRefusesHeavyInput(t *testing.T) {
	n := 400_000
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 12; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), i-1)
	}
	for name, text := range map[string]string{
		"brackets":        strings.Repeat("[", n),
		"closed":          strings.Repeat("[", n) + strings.Repeat("]", n),
		"dashes":          strings.Repeat("- ", n) + "a",
		"question marks":  strings.Repeat("? ", n) + "a",
		"braces":          strings.Repeat("{a: ", n/4),
		"anchors":         strings.Repeat("&a ", n/4),
		"tags":            strings.Repeat("!!str ", n/8),
		"tokens":          strings.Repeat("- a\n", n/4),
		"aliases":         bomb,
		"alias of itself": "a: &a [*a]",
	} {
		t.Run(name, func(t *testing.T) {
			problems(t, "x.yaml", text)
		})
	}
	t.Run("JSON brackets", func(t *testing.T) { problems(t, "x.json", strings.Repeat("[", n)) })
	t.Run("JSON problems", func(t *testing.T) {
		fields := make([]string, 60_000)
		for i := range fields {
			fields[i] = fmt.Sprintf(`"f%d":1`, i)
		}
		if got := len(problems(t, "x.json", "{"+strings.Join(fields, ",")+"}")); got != 100 {
			t.Errorf("problems of 60000 unknown fields = %d, want 100", got)
		}
	})
	t.Run("JSON values", func(t *testing.T) { problems(t, "x.json", "["+strings.Repeat("1,", n)+"1]") })
}

func TestParseKeepsAliases(t *testing.T) {
	a := mustParse(t, "a.yaml", minimal+"  input: {schema: &s {type: object}}\n  output: {schema: *s}\n")
	if got := a.Spec.Output.Schema["type"]; got != "object" {
		t.Errorf("the alias = %v, want object", got)
	}
}
