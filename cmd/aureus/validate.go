package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func newValidate(e *env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "validate FILE",
		Short: "Check a blueprint offline: form, tiers, permissions, phases, policies",
		Long: `Check a blueprint offline: its form, tiers against tools, permissions, zones,
workflow, CRV gates, graders, and policies compiled and typed. FILE - is stdin.
-o json prints {"agent","tier","passed","findings":[{"rule","severity","code",
"path","file","line","column","message","remediation"}]}; -o sarif prints SARIF
2.1.0. Exit status 0 when it passes, 3 when findings block it, 2 when it is no
blueprint.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return validate(e, args[0], output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text, json or sarif")
	return cmd
}

func validate(e *env, file, output string) error {
	if output != "text" && output != "json" && output != "sarif" {
		return fault.New(fault.Invalid, "--output %q is not text, json or sarif", output)
	}
	a, src, err := readBlueprint(e, file)
	var r control.Report
	if err != nil {
		var form bool
		if r, form = control.ValidateError(err); !form || output == "text" {
			return err
		}
	} else {
		r = control.Validate(a, src)
		if output == "text" {
			return validateText(e, r)
		}
	}
	if output == "sarif" {
		data, serr := r.SARIF(version)
		if serr != nil {
			return serr
		}
		if _, serr = e.document().Write(data); serr != nil {
			return serr
		}
	} else if jerr := writeJSON(e.stdout, r); jerr != nil {
		return jerr
	}
	if err != nil {
		return fault.New(fault.CodeOf(err), "%s is not a valid blueprint", file)
	}
	return verdict(r)
}

func validateText(e *env, r control.Report) error {
	for _, f := range r.Findings {
		fmt.Fprintln(e.stdout, findingLine(f))
		if f.Remediation != "" {
			fmt.Fprintf(e.stdout, "    %s\n", f.Remediation)
		}
	}
	if r.Passed {
		fmt.Fprintf(e.stdout, "%s passes (tier %s, %d findings)\n", r.Agent, r.Tier, len(r.Findings))
	}
	return verdict(r)
}

func findingLine(f resource.Finding) string {
	d := fault.Detail{Path: f.Path, File: f.File, Line: f.Line, Column: f.Column, Code: f.Rule, Message: f.Message}
	return f.Severity + ": " + detailLine(d)
}

func verdict(r control.Report) error {
	if r.Passed {
		return nil
	}
	n := 0
	for _, f := range r.Findings {
		if f.Severity == "error" {
			n++
		}
	}
	return fault.New(fault.Blocked, "%s does not pass: %d errors", r.Agent, n)
}
