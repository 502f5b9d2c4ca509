package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

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

// addScenario adds a scenario to a suite file, unless the file has one of the run
// that it was made from, or of its name. The file is replaced whole or not at all;
// what was in it stays as it is, comments too.
func addScenario(file string, sc blueprint.Scenario) (added bool, err error) {
	data, err := os.ReadFile(file)
	switch {
	case os.IsNotExist(err):
		data = nil
	case err != nil:
		return false, fault.Wrap(err, fault.Invalid, "the suite file cannot be read")
	}
	var list []blueprint.Scenario
	if !noScenarios(data) {
		if list, err = blueprint.ParseScenarios(file, data, blueprint.Options{}); err != nil {
			return false, err
		}
	}
	for _, have := range list {
		if have.Name == sc.Name || sc.FromRun != "" && have.FromRun == sc.FromRun {
			return false, nil
		}
	}
	text, err := withScenario(file, data, list, sc)
	if err != nil {
		return false, err
	}
	return true, writeFileSync(file, text)
}

// withScenario is the text of a suite file with one more scenario at its end. A
// file whose list is written in brackets, as JSON is, is written anew: it holds no
// comments that could be lost, or they say nothing about lines of their own.
func withScenario(file string, data []byte, list []blueprint.Scenario, sc blueprint.Scenario) ([]byte, error) {
	want := append(append([]blueprint.Scenario{}, list...), sc)
	var whole bytes.Buffer
	if err := writeScenarios(&whole, want...); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return append(commentsOf(data), whole.Bytes()...), nil
	}
	indent, ok := blockIndent(data)
	if !ok {
		return whole.Bytes(), nil
	}
	item, err := scenarioItem(sc, indent)
	if err != nil {
		return nil, err
	}
	text := append(bytes.TrimRight(data, "\n"), '\n')
	text = append(text, item...)
	// The text was put together by hand, so it has to say the same as the whole.
	got, err := blueprint.ParseScenarios(file, text, blueprint.Options{})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "%s cannot be added to in place", file)
	}
	expected, err := blueprint.ParseScenarios(file, whole.Bytes(), blueprint.Options{})
	if err != nil || !reflect.DeepEqual(got, expected) {
		return nil, fault.New(fault.Internal, "%s cannot be added to in place; add the output of `aureus scenario from-run` by hand", file)
	}
	return text, nil
}

// noScenarios reports whether a suite file is one that somebody has only begun.
func noScenarios(data []byte) bool {
	var v any
	if yaml.Unmarshal(data, &v) != nil {
		return false
	}
	if m, ok := v.(map[string]any); ok && len(m) == 1 {
		v, ok = m["scenarios"]
		if !ok {
			return false
		}
	}
	list, ok := v.([]any)
	return v == nil || ok && len(list) == 0
}

// commentsOf is the lines of a file that are comments.
func commentsOf(data []byte) []byte {
	var out []byte
	for line := range bytes.Lines(data) {
		if bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) {
			out = append(append(out, bytes.TrimRight(line, "\n")...), '\n')
		}
	}
	return out
}

// scenarioItem is a scenario as an item of a YAML list that is indented.
func scenarioItem(sc blueprint.Scenario, indent int) ([]byte, error) {
	data, err := json.Marshal([]blueprint.Scenario{sc})
	if err != nil {
		return nil, err
	}
	text, err := yaml.JSONToYAML(data)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		if line != "" {
			out.WriteString(strings.Repeat(" ", indent))
		}
		out.WriteString(line + "\n")
	}
	return out.Bytes(), nil
}

// blockIndent is how far the list of a suite file is indented; ok is whether it is
// a YAML list with a dash an item.
func blockIndent(data []byte) (indent int, ok bool) {
	f, err := parser.ParseBytes(data, 0)
	if err != nil || len(f.Docs) != 1 {
		return 0, false
	}
	body := f.Docs[0].Body
	if m, is := body.(*ast.MappingNode); is && len(m.Values) == 1 && !m.IsFlowStyle {
		body = m.Values[0].Value
	}
	if m, is := body.(*ast.MappingValueNode); is {
		body = m.Value
	}
	s, is := body.(*ast.SequenceNode)
	if !is || s.IsFlowStyle || s.Start == nil {
		return 0, false
	}
	return s.Start.Position.Column - 1, true
}
