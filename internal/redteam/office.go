package redteam

import (
	_ "embed"
	"encoding/json"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

//go:embed office.yaml
var officeText []byte

//go:embed office.tools.json
var officeTools []byte

// Office is the version that the documented figures are about: an assistant with
// mail, web pages, notes, payments and files, which has a tool for every family.
func Office() (*resource.Manifest, error) {
	a, err := blueprint.Parse("office.yaml", officeText, blueprint.Options{})
	if err != nil {
		return nil, err
	}
	var tools []resource.ToolPin
	if err := json.Unmarshal(officeTools, &tools); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the tools of the office assistant cannot be read")
	}
	return &resource.Manifest{Blueprint: *a, Adapters: []resource.Adapter{{Server: "office", Name: "office", Tools: tools}}}, nil
}
