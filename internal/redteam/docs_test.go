package redteam_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/redteam"
)

var update = flag.Bool("update", false, "write the table of docs/attacks.md")

const (
	docsPath = "../../docs/attacks.md"
	seed     = 1
	perKind  = 100
)

func office(t *testing.T) []redteam.Row {
	t.Helper()
	m, err := redteam.Office()
	if err != nil {
		t.Fatal(err)
	}
	g, err := guard.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	return redteam.Run(m, g, realLink(t), seed, perKind)
}

// TestDocs holds the table of the page to what the guard does. After a change:
// go test ./internal/redteam -run TestDocs -update
func TestDocs(t *testing.T) {
	page, err := os.ReadFile(docsPath)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- generated: attacks -->\n", "<!-- end -->"
	head, rest, ok := strings.Cut(string(page), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("docs/attacks.md has no part %q ... %q", begin, end)
	}
	want := head + begin + redteam.Markdown(office(t)) + end + tail
	if *update {
		if err := os.WriteFile(docsPath, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(page)); diff != "" {
		t.Errorf("docs/attacks.md is not what the attacks give (-want +got):\n%s", diff)
	}
}

// TestRows: every family has attacks in the office, each of them counted once.
func TestRows(t *testing.T) {
	for _, r := range office(t) {
		if r.Attacks != perKind || r.Stopped+r.Asked+r.GotThrough != r.Attacks {
			t.Errorf("%s: %d attacks = %d stopped + %d asked + %d through, want %d", r.Name, r.Attacks, r.Stopped, r.Asked, r.GotThrough, perKind)
		}
		if r.What == "" || r.Why == "" {
			t.Errorf("%s does not say what it is and why it ends so", r.Name)
		}
	}
}

// TestSeed: the same seed gives the same attacks, another one others.
func TestSeed(t *testing.T) {
	m, err := redteam.Office()
	if err != nil {
		t.Fatal(err)
	}
	all := func(seed uint64) string {
		g := &noting{}
		redteam.Run(m, g, nil, seed, 5)
		return strings.Join(g.seen, "\n")
	}
	if a, b := all(7), all(7); a != b {
		t.Error("the same seed gave other attacks")
	}
	if all(7) == all(8) {
		t.Error("another seed gave the same attacks")
	}
}

// TestNoTools: a version without tools is attacked by nothing but its answers.
func TestNoTools(t *testing.T) {
	m, err := redteam.Office()
	if err != nil {
		t.Fatal(err)
	}
	m.Blueprint.Spec.Tools = nil
	m.Adapters = nil
	for _, r := range redteam.Run(m, &noting{}, nil, seed, 3) {
		if r.Attacks != 0 {
			t.Errorf("%s has %d attacks on a version without tools, want none", r.Name, r.Attacks)
		}
	}
}

// TestOfficeIsValid: the blueprint that is attacked is one that could be released.
func TestOfficeIsValid(t *testing.T) {
	m, err := redteam.Office()
	if err != nil {
		t.Fatal(err)
	}
	if got := guard.Check(&m.Blueprint); len(got) > 0 {
		t.Errorf("Check = %+v, want nothing", got)
	}
	var names []string
	for _, p := range m.Adapters[0].Tools {
		names = append(names, p.Name)
	}
	for _, tool := range m.Blueprint.Spec.Tools {
		if !slices.Contains(names, tool.Name) {
			t.Errorf("office.tools.json has no %s", tool.Name)
		}
	}
}
