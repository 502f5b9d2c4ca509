package archtest

// forbidden is a standard package, with all below it, that some layers may not import.
type forbidden struct {
	path   string
	layers []string
	why    string
}

var (
	pure    = []string{layerFault, layerNouns, layerCore}
	outside = []string{layerFault, layerNouns, layerCore, layerEngines, layerControl}
)

// forbiddenImports returns the imports that are refused by layer. The core gets
// the most: it does no I/O, reads no clock, makes no id and cannot be cancelled.
func forbiddenImports() []forbidden {
	core := []string{layerCore}
	return []forbidden{
		{"net/http", outside, "HTTP belongs to adapters; rules and use cases do not know how they were asked"},
		{"database/sql", outside, "SQL belongs to the store; a rule in a query cannot be tested without it"},
		{"os", outside, "files, processes and the environment are reached by adapters and cmd"},
		{"syscall", outside, "the operating system is reached by adapters and cmd"},
		{"net", append([]string{layerCore}, layerFault), "the core does no I/O"},
		{"context", pure, "there is nothing to cancel in a pure decision"},
		{"log", pure, "the core returns what happened; who calls it logs"},
		{"math/rand", core, "the same input must give the same decision"},
		{"crypto/rand", core, "ids and keys are made outside and passed in"},
		{"io/ioutil", outside, "files are reached by adapters and cmd"},
		{"unsafe", outside, "nothing here is worth it"},
		{"testing", append([]string{layerClient, layerAdapters, layerExamples, layerWiring}, outside...), "test code belongs in test files"},
	}
}

// clockFuncs are the functions of package time that read or wait for the clock.
func clockFuncs() []string {
	return []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}
}

// printFuncs are the functions of package fmt that write to standard output.
func printFuncs() []string { return []string{"Print", "Printf", "Println"} }

// owners says who alone may import a library: its types stay behind one package.
type owner struct {
	lib      string   // path prefix
	packages []string // path prefixes below the module
	why      string
}

func libraryOwners() []owner {
	return []owner{
		{"database/sql", []string{"internal/store", "examples"}, "SQL stays in the store"},
		{"modernc.org/sqlite", []string{"internal/store", "examples"}, "the driver stays in the store"},
		{"github.com/riverqueue/river", []string{"internal/store"}, "jobs are written by the store's transactions; control.Tx.Enqueue is the way in"},
		{"github.com/pressly/goose/v3", []string{"internal/store"}, "migrations belong to the store"},
		{"github.com/danielgtaylor/huma/v2", []string{"internal/api"}, "the API's framework stays in the API"},
		{"github.com/sashabaranov/go-openai", []string{"internal/model"}, "the protocol's types stay in its client"},
		{"github.com/modelcontextprotocol/go-sdk", []string{"internal/gateway", "internal/tool", "examples"}, "the protocol's types stay in its client and its server"},
		{"github.com/prometheus/client_golang", []string{"internal/telemetry"}, "metrics are told through control.Meter"},
		{"github.com/spf13/cobra", []string{"cmd"}, "flags belong to the command line"},
		{"go.starlark.net", []string{"internal/generate", "internal/script", "internal/simulate"}, "Starlark is run in one place, internal/script, with its limits on; the others handle its values"},
	}
}

// badNames are package names that say nothing about the package's job.
func badNames() []string {
	return []string{"base", "common", "core", "helper", "helpers", "lib", "manager", "misc", "models", "shared", "types", "util", "utils"}
}
