package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

func newDataset(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "dataset", Short: "Check data sets, make them from runs, import promptfoo, calibrate judges", Args: cobra.NoArgs}
	cmd.AddCommand(newDatasetValidate(e), newDatasetFromRuns(e), newDatasetImport(e), newDatasetCalibrate(e))
	return cmd
}

// dataSummary is what validate prints.
type dataSummary struct {
	File      string   `json:"file"`
	Digest    string   `json:"digest"` // of the file's bytes, as suites[].data.digest pins it
	Rows      int      `json:"rows"`
	Columns   []string `json:"columns"` // of all rows, sorted
	Scenarios int      `json:"scenarios"`
	// Ungraded are scenarios with nothing to be judged by but their outcome.
	Ungraded int `json:"ungraded"`
}

func newDatasetValidate(e *env) *cobra.Command {
	var format, template, task string
	cmd := &cobra.Command{
		Use:   "validate FILE",
		Short: "Check that each row of a data set makes a scenario",
		Long: `Check a data set (.jsonl, .csv, .yaml, .json; "-" is stdin, with --format) and print
its digest, which suites[].data.digest pins. What is wrong is named with file,
line, column and field. --template FILE is the scenario that each row makes, with
{{column}} for its values; --task gives the graders of a task type.
-o json prints {"file","digest","rows","columns","scenarios","ungraded"}.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&format, "format", "", "jsonl, csv, yaml or json (default: by the file's ending)")
	cmd.Flags().StringVar(&template, "template", "", "YAML or JSON file of the scenario that a row makes")
	cmd.Flags().StringVar(&task, "task", "", "add the graders of a task type to rows without their own: extraction, classification, qa, agentic or conversation")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		out, err := validateData(e, args[0], format, template, task)
		if err != nil {
			return err
		}
		return r.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "%s: %d rows, %d scenarios\ncolumns: %s\ndigest: %s\n", out.File, out.Rows, out.Scenarios, strings.Join(out.Columns, ", "), out.Digest)
			if out.Ungraded > 0 {
				fmt.Fprintf(w, "%d scenarios have no graders: only their outcome is judged\n", out.Ungraded)
			}
		})
	}
	return cmd
}

func validateData(e *env, file, format, template, task string) (dataSummary, error) {
	data, err := readData(e, file)
	if err != nil {
		return dataSummary{}, err
	}
	if task != "" {
		if _, err := blueprint.DefaultGraders(task, "some answer"); err != nil {
			return dataSummary{}, fault.New(fault.Invalid, "--task: %v", err)
		}
	}
	name := file
	if file == "-" {
		name = "stdin"
	}
	set := blueprint.DataSet{Format: format}
	if template != "" {
		if set.Template, err = readTemplate(e, template); err != nil {
			return dataSummary{}, err
		}
	}
	suite := blueprint.Suite{Name: "data", TaskType: task, Data: &set}
	list, err := suite.ReadData(name, data)
	if err != nil {
		return dataSummary{}, err
	}
	if err := ownNames(name, list); err != nil {
		return dataSummary{}, err
	}
	columns := map[string]bool{}
	for _, row := range set.Rows {
		for c := range row {
			columns[c] = true
		}
	}
	out := dataSummary{File: name, Digest: set.Digest, Rows: len(set.Rows), Scenarios: len(list),
		Columns: slices.Sorted(maps.Keys(columns))}
	for _, sc := range list {
		if len(sc.Expect.Graders) == 0 && !slices.ContainsFunc(sc.Turns, func(t blueprint.Turn) bool { return len(t.Graders) > 0 }) {
			out.Ungraded++
		}
	}
	return out, nil
}

// ownNames refuses what validate refuses of a blueprint: two scenarios of one name.
func ownNames(file string, list []blueprint.Scenario) error {
	first := map[string]int{}
	var twice []fault.Detail
	for i, sc := range list {
		if at, seen := first[sc.Name]; seen {
			twice = append(twice, fault.Detail{File: file, Path: fmt.Sprintf("rows[%d].name", i),
				Message: fmt.Sprintf("the scenario %q is named twice; the first is of row %d", sc.Name, at+1), Fix: "give each row a name or an id of its own"})
			continue
		}
		first[sc.Name] = i
	}
	if len(twice) > 0 {
		return fault.New(fault.Invalid, "%s makes %d scenarios of a name that another one has", file, len(twice)).With(twice...)
	}
	return nil
}

// readData reads a file, or stdin for "-", up to the limit of data sets.
func readData(e *env, name string) ([]byte, error) {
	var in io.Reader = e.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "the file %s cannot be read", name)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, blueprint.MaxDataBytes+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s cannot be read", name)
	}
	return data, nil
}

// readTemplate reads the template of a data set.
func readTemplate(e *env, name string) (map[string]any, error) {
	data, err := readData(e, name)
	if err != nil {
		return nil, err
	}
	return blueprint.ParseTemplate(name, data)
}
