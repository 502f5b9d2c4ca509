package archtest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

func load(t *testing.T) Graph {
	t.Helper()
	g, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestModule is the rule itself.
func TestModule(t *testing.T) {
	for _, v := range Check(load(t), Layers()) {
		t.Error(v)
	}
}

func TestLoadFindsTheModule(t *testing.T) {
	g := load(t)
	for _, want := range []string{"resource", "internal/guard", "internal/store/sqlite", "cmd/aureus"} {
		if !slices.ContainsFunc(g, func(n Node) bool { return n.Path == want && len(n.Imports) > 0 }) {
			t.Errorf("Load(%q) has no %s with imports", root, want)
		}
	}
	for _, n := range g {
		if n.Path == "bench" || n.Path == "tools" {
			t.Errorf("Load(%q) has %s, which is a module of its own", root, n.Path)
		}
	}
}

// TestTable: a package is in one layer, layers name layers that are there, and
// a layer has only lower ones below it, so no import can go round.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	below := map[string]bool{}
	for _, l := range Layers() {
		if l.Why == "" {
			t.Errorf("layer %s has no reason", l.Name)
		}
		for _, b := range l.Below {
			if !below[b] {
				t.Errorf("layer %s has %s below it, which is not lower in the table", l.Name, b)
			}
		}
		below[l.Name] = true
		for _, p := range l.Packages {
			if seen[p.Path] {
				t.Errorf("%s is in the table twice", p.Path)
			}
			seen[p.Path] = true
		}
	}
}

// TestArchitectureTable: docs/architecture.md shows the same table.
func TestArchitectureTable(t *testing.T) {
	doc, err := os.ReadFile(root + "/docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(doc)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			rows[strings.Trim(strings.TrimSpace(cells[1]), "*")] = line
		}
	}
	for _, l := range Layers() {
		row, ok := rows[l.Name]
		if !ok {
			t.Errorf("docs/architecture.md has no row for the layer %s", l.Name)
			continue
		}
		for _, p := range l.Packages {
			if !strings.Contains(row, "`"+strings.TrimPrefix(p.Path, "internal/")+"`") {
				t.Errorf("docs/architecture.md: the row of %s does not name %s", l.Name, p.Path)
			}
		}
		for _, b := range l.Below {
			if !strings.Contains(row, b) {
				t.Errorf("docs/architecture.md: the row of %s does not say that it may import %s", l.Name, b)
			}
		}
	}
}
