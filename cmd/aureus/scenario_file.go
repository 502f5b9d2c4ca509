package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"

	"github.com/goccy/go-yaml"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// writeScenarios writes scenarios as a suite file.
func writeScenarios(w io.Writer, list ...blueprint.Scenario) error {
	data, err := json.Marshal(map[string]any{"scenarios": list})
	if err != nil {
		return err
	}
	text, err := yaml.JSONToYAML(data)
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}

// appendScenario adds a scenario to a suite file. The file is replaced whole or
// not at all; its comments are not kept.
func appendScenario(file string, sc blueprint.Scenario) (int, error) {
	var list []blueprint.Scenario
	data, err := os.ReadFile(file)
	switch {
	case err == nil:
		if list, err = blueprint.ParseScenarios(file, data, blueprint.Options{}); err != nil {
			return 0, err
		}
	case !os.IsNotExist(err):
		return 0, fault.Wrap(err, fault.Invalid, "the suite file cannot be read")
	}
	for _, have := range list {
		if have.Name == sc.Name {
			return 0, fault.New(fault.Conflict, "%s has a scenario %q already", file, sc.Name)
		}
	}
	list = append(list, sc)
	var buf bytes.Buffer
	if err := writeScenarios(&buf, list...); err != nil {
		return 0, err
	}
	return len(list), writeFileSync(file, buf.Bytes())
}
