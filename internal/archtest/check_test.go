package archtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// node is a package made from source, as Load would have read it.
func node(t *testing.T, path, src string) Node {
	t.Helper()
	n := Node{Path: path}
	if err := n.addFile(path+"/a.go", []byte(src)); err != nil {
		t.Fatal(err)
	}
	return n
}

const documented = "// Package p is documented.\npackage p\n\n"

// TestCheckRefuses: each rule finds the package that breaks it, and says why.
func TestCheckRefuses(t *testing.T) {
	tests := []struct {
		name, path, src string
		want            string // in the only violation
	}{
		{"core imports an adapter", "internal/guard", `import _ "github.com/aureus-agents/aureus/internal/store/sqlite"`,
			"internal/guard/a.go:4: internal/guard (pure core) imports internal/store/sqlite (adapters): the core decides from its arguments alone"},
		{"core imports a sibling", "internal/canary", `import _ "github.com/aureus-agents/aureus/internal/release"`,
			"internal/canary (pure core) imports internal/release (pure core)"},
		{"core imports an unknown library", "internal/release", `import _ "go.uber.org/multierr"`, "not one of its libraries"},
		{"core imports a namesake of its library", "internal/guard", `import _ "github.com/cedar-policy/cedar-gopher"`, "not one of its libraries"},
		{"core takes a context", "internal/release", `import _ "context"`, "nothing to cancel"},
		{"core reads a file", "internal/audit", `import _ "os"`, "reached by adapters and cmd"},
		{"core runs a process", "internal/audit", `import _ "os/exec"`, "reached by adapters and cmd"},
		{"core makes chance", "internal/canary", `import _ "math/rand/v2"`, "same input must give the same decision"},
		{"core reads the clock", "internal/guard", "import \"time\"\n\nvar t = time.Now()", "internal/guard/a.go:6: internal/guard (pure core) uses time.Now"},
		{"core passes the clock on", "internal/guard", "import \"time\"\n\nvar now = time.Now", "uses time.Now"},
		{"core hides the clock", "internal/guard", "import clock \"time\"\n\nvar t = clock.Since(clock.Time{})", "uses time.Since"},
		{"core prints", "internal/crv", "import \"fmt\"\n\nfunc f() { fmt.Println() }", "uses fmt.Println"},
		{"core starts a goroutine", "internal/crv", "func f() { go f() }", "uses a go statement"},
		{"fault imports a noun", "internal/fault", `import _ "github.com/aureus-agents/aureus/resource"`, "it can import none of them"},
		{"nouns import the core", "resource", `import _ "github.com/aureus-agents/aureus/internal/guard"`, "hold no rules"},
		{"client imports an internal package", "client", `import _ "github.com/aureus-agents/aureus/internal/fault"`, "cannot name an internal type"},
		{"engine imports control", "internal/simulate", `import _ "github.com/aureus-agents/aureus/internal/control"`, "through interfaces that it declares"},
		{"engine speaks HTTP", "internal/evaluate", `import _ "net/http/httptrace"`, "HTTP belongs to adapters"},
		{"control speaks HTTP", "internal/control", `import _ "net/http"`, "HTTP belongs to adapters"},
		{"control imports an adapter", "internal/control", `import _ "github.com/aureus-agents/aureus/internal/tool"`, "chosen in cmd"},
		{"adapter imports an adapter", "internal/console", `import _ "github.com/aureus-agents/aureus/internal/api"`, "adapters never import each other"},
		{"adapter imports cmd", "internal/worker", `import _ "github.com/aureus-agents/aureus/cmd/aureus"`, "adapters never import each other"},
		{"adapter speaks SQL", "internal/sequencer", `import _ "database/sql"`, "SQL stays in the store"},
		{"product imports a test suite", "cmd/aureus", `import _ "github.com/aureus-agents/aureus/internal/store/storetest"`, "only cmd wires"},
		{"product imports testing", "internal/tool", `import _ "testing"`, "test code belongs in test files"},
		{"example imports an internal package", "examples/refund-desk", `import _ "github.com/aureus-agents/aureus/internal/tool"`, "a user can import nothing internal"},
		{"package in no layer", "internal/surprise", "", "internal/surprise is in no layer"},
		{"package with an empty name", "internal/util", "", "a package named util"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := broken(Graph{node(t, tt.path, documented+tt.src)})
			for _, v := range got {
				if strings.Contains(v.String(), tt.want) {
					return
				}
			}
			t.Errorf("Check = %v, want one with %q", got, tt.want)
		})
	}
}

// broken is what Check finds but the packages that a small graph does not have.
func broken(g Graph) []Violation {
	var found []Violation
	for _, v := range Check(g, Layers()) {
		if v.Msg != "the table has a package that is not there" {
			found = append(found, v)
		}
	}
	return found
}

func TestCheckAllows(t *testing.T) {
	g := Graph{
		node(t, "internal/guard", documented+`import (
	_ "time"
	_ "github.com/cedar-policy/cedar-go/types"
	_ "github.com/aureus-agents/aureus/internal/fault"
)`),
		node(t, "internal/release", documented+`import _ "github.com/aureus-agents/aureus/internal/canary"`),
		node(t, "internal/store/sqlite", documented+"import (\n\t_ \"database/sql\"\n\t\"time\"\n)\n\nvar t = time.Now()"),
		node(t, "client", documented+`import (
	_ "net/http"
	_ "github.com/aureus-agents/aureus/resource"
)`),
	}
	if diff := cmp.Diff([]Violation(nil), broken(g)); diff != "" {
		t.Errorf("Check differs (-want +got):\n%s", diff)
	}
}

func TestCheckAsksForAComment(t *testing.T) {
	got := broken(Graph{node(t, "resource", "package resource")})
	if len(got) != 1 || got[0].Msg != "no package comment" {
		t.Errorf("Check = %v, want one violation: no package comment", got)
	}
}

func TestCheckFindsRowsOfNothing(t *testing.T) {
	got := Check(nil, []Layer{{Name: layerCore, Packages: []Package{{Path: "internal/gone"}}}})
	if len(got) != 1 || got[0].At != "internal/gone" {
		t.Errorf("Check = %v, want one violation about internal/gone", got)
	}
}
