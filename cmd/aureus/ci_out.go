package main

import (
	"fmt"
	"io"
	"os"

	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// write writes the result to where it was asked for, and where the CI system
// reads it.
func (r *ciRun) write(res ci.Result) error {
	files := []struct {
		name string
		make func() ([]byte, error)
	}{
		{r.o.junit, res.JUnit},
		{r.o.sarif, func() ([]byte, error) { return control.Report{Findings: res.AllFindings()}.SARIF(version) }},
		{r.o.markdown, func() ([]byte, error) { return []byte(res.Markdown()), nil }},
		{r.o.jsonResults, func() ([]byte, error) { return jsonText(res) }},
	}
	for _, f := range files {
		if f.name == "" {
			continue
		}
		data, err := f.make()
		if err != nil {
			return err
		}
		if err := os.WriteFile(f.name, data, 0o644); err != nil {
			return fault.Wrap(err, fault.Invalid, "%s cannot be written", f.name)
		}
	}
	if err := r.tellGitHub(res); err != nil {
		return err
	}
	if r.output == "json" {
		return writeJSON(r.e.stdout, res)
	}
	printCI(r.e.stdout, res)
	return nil
}

// tellGitHub writes the step's summary, its outputs and annotations.
func (r *ciRun) tellGitHub(res ci.Result) error {
	outputs, err := res.Outputs()
	if err != nil {
		return err
	}
	for name, text := range map[string]string{"GITHUB_STEP_SUMMARY": res.Markdown() + "\n", "GITHUB_OUTPUT": outputs} {
		file := r.e.getenv(name)
		if file == "" {
			continue
		}
		if err := appendTo(file, text); err != nil {
			return fault.Wrap(err, fault.Failed, "%s names a file that cannot be written", name)
		}
	}
	if ci.System(r.e.getenv) != ci.GitHub {
		return nil
	}
	w := r.e.stdout
	if r.output == "json" {
		w = r.e.stderr // the runner reads both
	}
	_, err = io.WriteString(w, res.Annotations())
	return err
}

func appendTo(file, text string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(f, text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
