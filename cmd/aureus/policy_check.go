package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

func newPolicyCheck(e *env) *cobra.Command {
	var output, property, replay string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "check BLUEPRINT",
		Short: "Prove what no run can do, before one runs",
		Long: `Explore everything that a blueprint's guard can decide, in every state that a run
can reach, and answer the built-in properties and the blueprint's own. A property
that fails comes with a shortest run that breaks it, which the live guard took
step by step. -o json prints {"agent","passed","states","calls","properties":
[{"id","sentence","builtIn","verdict","accepted","depends","detail",
"counterExample"}],"open"}. --replay FILE drives the live guard through a
counterExample of that JSON and shows what it decides. Exit status 0 when all
properties hold or are accepted, 3 when one fails, 2 when it is no blueprint.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return fault.New(fault.Invalid, "--output %q is not text or json", output)
			}
			a, g, err := guardOf(e, args[0])
			if err != nil {
				return err
			}
			if replay != "" {
				return replayWitness(e, g, replay, output)
			}
			return checkPolicies(e, a, g, property, output, verbose)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&output, "output", "o", "text", "text or json")
	f.StringVar(&property, "property", "", "answer only this property")
	f.StringVar(&replay, "replay", "", "drive the live guard through a counterExample of -o json; - is stdin")
	f.BoolVar(&verbose, "all", false, "show the runs of properties that are information or accepted too (text)")
	return cmd
}

// guardOf compiles the guard of a blueprint that passes validation.
func guardOf(e *env, file string) (*blueprint.Agent, *guard.Compiled, error) {
	a, src, err := readBlueprint(e, file)
	if err != nil {
		return nil, nil, err
	}
	if r := control.Validate(a, src); !r.Passed {
		return nil, nil, notValid(fault.Invalid, file, r)
	}
	g, err := guard.Compile(&resource.Manifest{Blueprint: *a})
	return a, g, err
}

func checkPolicies(e *env, a *blueprint.Agent, g *guard.Compiled, property, output string, all bool) error {
	r := g.CheckProperties(a, property)
	if len(r.Properties) == 0 {
		return fault.New(fault.Invalid, "--property %q is no property; the built-in ones are %s", property, strings.Join(blueprint.BuiltInProperties(), ", "))
	}
	if output == "json" {
		if err := writeJSON(e.stdout, r); err != nil {
			return err
		}
	} else {
		printProperties(e.stdout, r, all)
	}
	failed := 0
	for _, p := range r.Properties {
		if p.Failed() {
			failed++
		}
	}
	if failed > 0 {
		return fault.New(fault.Blocked, "%s does not pass: %d properties fail", r.Agent, failed)
	}
	return nil
}

func printProperties(w io.Writer, r guard.PropertyReport, all bool) {
	for _, p := range r.Properties {
		verdict := p.Verdict
		if p.Accepted != "" {
			verdict += ", accepted"
		}
		fmt.Fprintf(w, "%-9s %s\n    %s\n", verdict, p.ID, p.Sentence)
		if p.Accepted != "" {
			fmt.Fprintf(w, "    accepted because: %s\n", p.Accepted)
		}
		for _, d := range p.Detail {
			fmt.Fprintf(w, "    %s\n", d)
		}
		if len(p.Depends) > 0 {
			fmt.Fprintf(w, "    depends on argument values: %s\n", strings.Join(p.Depends, ", "))
		}
		if p.CounterExample != nil && (p.Failed() || all) {
			fmt.Fprintf(w, "    a shortest run that breaks it, as the live guard took it:\n")
			for line := range strings.Lines(p.CounterExample.String()) {
				fmt.Fprintf(w, "      %s", line)
			}
		}
	}
	fmt.Fprintf(w, "%s: %d states, %d kinds of calls judged in them\n", r.Agent, r.States, r.Calls)
	fmt.Fprintln(w, "What this does not say:")
	for _, o := range r.Open {
		fmt.Fprintf(w, "  - %s\n", o)
	}
}

// replayWitness drives the live guard through a run and shows its decisions.
func replayWitness(e *env, g *guard.Compiled, file, output string) error {
	in, err := openInput(e, file)
	if err != nil {
		return err
	}
	defer in.Close()
	var w guard.Witness
	dec := json.NewDecoder(in)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&w); err != nil {
		return fault.Wrap(err, fault.Invalid, "%s is not a counterExample of `aureus policy check -o json`", file)
	}
	stopped := g.Replay(&w)
	w.Replayed = stopped < 0
	if output == "json" {
		if err := writeJSON(e.stdout, w); err != nil {
			return err
		}
	} else {
		fmt.Fprint(e.stdout, w.String())
	}
	if stopped >= 0 {
		return fault.New(fault.Blocked, "the guard does not take step %d of the run", stopped+1)
	}
	return nil
}
