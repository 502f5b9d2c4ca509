package blueprint_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// minimal is the least that Parse accepts.
const minimal = `apiVersion: aureus/v1
kind: Agent
metadata: {name: a, owner: team}
spec:
  goal: g
  instructions: i
  riskTier: low
  zone: public
  model: {name: m}
`

// mustParse parses text that has to be right.
func mustParse(t *testing.T, name, text string) *blueprint.Agent {
	t.Helper()
	a, err := blueprint.Parse(name, []byte(text), blueprint.Options{})
	if err != nil {
		t.Fatalf("Parse(%s) = %v", name, err)
	}
	return a
}

// problems returns the details of the fault.Invalid that text is refused with.
func problems(t *testing.T, name, text string) []fault.Detail {
	t.Helper()
	_, err := blueprint.Parse(name, []byte(text), blueprint.Options{})
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Invalid {
		t.Fatalf("Parse(%s) = %v, want fault INVALID", name, err)
	}
	if len(f.Details) == 0 {
		t.Fatalf("Parse(%s) = %v with no details", name, err)
	}
	return f.Details
}

// with adds lines to the spec of the minimal blueprint.
func with(lines string) string { return minimal + lines }

// replaced is the minimal blueprint with one text for another.
func replaced(t *testing.T, old, now string) string {
	t.Helper()
	if !strings.Contains(minimal, old) {
		t.Fatalf("the minimal blueprint has no %q", old)
	}
	return strings.Replace(minimal, old, now, 1)
}
