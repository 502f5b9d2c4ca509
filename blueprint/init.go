package blueprint

import (
	_ "embed"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

//go:embed init.yaml
var initYAML string

// Init returns a commented blueprint to start from, for an agent called name.
// It validates cleanly. A name that is no DNS label is refused.
func Init(name string) ([]byte, error) {
	text := []byte(strings.ReplaceAll(initYAML, "{{name}}", name))
	a, err := Parse(name+".yaml", text, Options{})
	if err != nil || a.Metadata.Name != name {
		return nil, fault.New(fault.Invalid, "%q is not a name for an agent; write %s", name, rules().about("#/$defs/agentName", "description"))
	}
	return text, nil
}
