package archtest

import "slices"

// Module is the module's path.
const Module = "github.com/aureus-agents/aureus"

// Layer is one row of the table: packages of one kind and what they may import.
type Layer struct {
	Name     string
	Why      string    // ends the message of every violation
	Packages []Package // sorted by path
	Below    []string  // layers that any package here may import
}

// Package is a package and what it alone may import.
type Package struct {
	Path string   // below the module's path
	Also []string // packages of its own layer that it may import
	Libs []string // path prefixes of its libraries; only kept where Vetted says so
}

// The names of the layers.
const (
	layerFault    = "faults"
	layerNouns    = "nouns"
	layerClient   = "client"
	layerCore     = "pure core"
	layerEngines  = "engines"
	layerControl  = "control"
	layerAdapters = "adapters"
	layerSuites   = "test suites"
	layerExamples = "examples"
	layerTools    = "checks"
	layerWiring   = "wiring"
)

// Layers returns the table, from the bottom to the top. A package that is not
// in it is a violation: its place is decided when it is made.
func Layers() []Layer {
	lower := []string{layerFault, layerNouns}
	return []Layer{
		{
			Name:     layerFault,
			Why:      "every other package names its errors with it, so it can import none of them",
			Packages: []Package{{Path: "internal/fault"}},
		},
		{
			Name: layerNouns,
			Why:  "the nouns are public and hold no rules; a rule among them would be in two places",
			Packages: []Package{
				{Path: "blueprint", Libs: []string{
					"github.com/go-json-experiment/json", "github.com/goccy/go-yaml", "github.com/santhosh-tekuri/jsonschema/v6",
				}},
				{Path: "resource", Also: []string{"blueprint"}},
			},
			Below: []string{layerFault},
		},
		{
			Name:     layerClient,
			Why:      "other modules import the client, and they cannot name an internal type",
			Packages: []Package{{Path: "client"}},
			Below:    []string{layerNouns},
		},
		{
			Name: layerCore,
			Why:  "the core decides from its arguments alone, so that a decision can be tested, replayed and recomputed by anyone",
			Packages: []Package{
				{Path: "internal/audit", Libs: []string{"github.com/go-json-experiment/json", "golang.org/x/mod/sumdb"}},
				{Path: "internal/canary"},
				{Path: "internal/crv", Libs: []string{
					"cel.dev/cel-go", "github.com/santhosh-tekuri/jsonschema/v6", "golang.org/x/text",
				}},
				{Path: "internal/dora"},
				{Path: "internal/guard", Libs: []string{"github.com/cedar-policy/cedar-go", "go.yaml.in/yaml/v3"}},
				{Path: "internal/pipeline", Libs: []string{"github.com/teambition/rrule-go"}},
				{Path: "internal/incident"},
				{Path: "internal/release", Also: []string{"internal/canary"}},
				{Path: "internal/screen"},
				{Path: "internal/telemetry/alert"},
			},
			Below: lower,
		},
		{
			Name: layerEngines,
			Why:  "an engine runs the same against live parts, simulated parts and recorded ones, so it reaches the world only through interfaces that it declares",
			Packages: []Package{
				{Path: "internal/agentrun"},
				{Path: "internal/attest"},
				{Path: "internal/backtest", Also: []string{"internal/agentrun", "internal/recorded"}},
				{Path: "internal/ci", Also: []string{"internal/junit"}},
				{Path: "internal/evaluate", Also: []string{"internal/agentrun", "internal/judge", "internal/junit", "internal/simulate"}},
				{Path: "internal/folder"},
				{Path: "internal/generate", Also: []string{"internal/agentrun", "internal/script"}},
				{Path: "internal/judge", Also: []string{"internal/agentrun"}},
				{Path: "internal/junit"},
				{Path: "internal/promptfoo"},
				{Path: "internal/recorded"},
				{Path: "internal/redteam", Also: []string{"internal/backtest"}},
				{Path: "internal/script"},
				{Path: "internal/simulate", Also: []string{"internal/agentrun", "internal/judge", "internal/script"}},
			},
			Below: append(slices.Clone(lower), layerCore),
		},
		{
			Name:     layerControl,
			Why:      "a use case says what it needs as small interfaces; adapters implement them and are chosen in cmd",
			Packages: []Package{{Path: "internal/control"}},
			Below:    append(slices.Clone(lower), layerCore, layerEngines),
		},
		{
			Name: layerAdapters,
			Why:  "adapters never import each other: each can be replaced, and only cmd wires them",
			Packages: []Package{
				{Path: "internal/api"},
				{Path: "internal/console"},
				{Path: "internal/gateway"},
				{Path: "internal/keep"},
				{Path: "internal/model"},
				{Path: "internal/sequencer"},
				{Path: "internal/store/sqlite"},
				{Path: "internal/telemetry"},
				{Path: "internal/tool", Also: []string{"internal/tool/sandbox"}},
				{Path: "internal/tool/sandbox"},
				{Path: "internal/worker"},
			},
			Below: append(slices.Clone(lower), layerCore, layerEngines, layerControl),
		},
		{
			Name: layerSuites,
			Why:  "a suite holds every implementation of a contract to it, so it knows the contract and no implementation but its own adapter's types",
			Packages: []Package{
				{Path: "internal/api/apitest", Also: []string{"internal/api"}},
				{Path: "internal/store/storetest", Libs: []string{"github.com/google/go-cmp"}},
			},
			Below: append(slices.Clone(lower), layerCore, layerEngines, layerControl),
		},
		{
			Name:     layerExamples,
			Why:      "an example shows what a user can write, and a user can import nothing internal",
			Packages: []Package{{Path: "examples/refund-desk"}},
			Below:    []string{layerNouns, layerClient},
		},
		{
			Name:     layerTools,
			Why:      "the check of the rules must not depend on what it checks",
			Packages: []Package{{Path: "internal/archtest"}},
		},
		{
			Name:     layerWiring,
			Why:      "only cmd wires, and nothing imports a main package",
			Packages: []Package{{Path: "cmd/aureus"}},
			Below: append(slices.Clone(lower), layerClient, layerCore, layerEngines, layerControl, layerAdapters,
				layerExamples),
		},
	}
}
