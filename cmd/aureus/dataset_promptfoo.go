package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/promptfoo"
)

func newDatasetImport(e *env) *cobra.Command {
	var out, input string
	cmd := &cobra.Command{
		Use:   "import-promptfoo FILE [-o SUITE]",
		Short: "Make a suite of a promptfoo configuration",
		Long: `Make a scenario of each prompt with each test of a promptfoo configuration, and
graders of its assertions, as a suite file for suites[].file. Prompts in files, and
tests in CSV, YAML and JSON lines, are read beside the configuration. What has no
counterpart (programs, embeddings, other providers) is listed on stderr with its
place, and so is what means a little else. --input says what a scenario's input is:
prompt (the rendered prompt, as promptfoo sends it), vars (the variables as an
object), or the name of a field that holds the prompt.
aureus evaluate --import-promptfoo FILE runs it against the model at once.`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVarP(&out, "output", "o", "-", "file to write; - is stdout")
	cmd.Flags().StringVar(&input, "input", promptfoo.InputPrompt, "prompt, vars or the name of a field")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		got, err := readPromptfoo(e, args[0], input)
		if err != nil {
			return err
		}
		text, err := suiteText(got.Suite)
		if err != nil {
			return err
		}
		if out == "-" {
			_, err = e.document().Write(text)
			return err
		}
		if err := os.WriteFile(out, text, 0o600); err != nil {
			return fault.Wrap(err, fault.Failed, "the suite %s cannot be written", out)
		}
		fmt.Fprintf(e.stdout, "wrote %s: %d scenarios of %d prompts and %d tests, %d notes\n", out, len(got.Suite.Scenarios), got.Prompts, got.Tests, len(got.Notes))
		return nil
	}
	return cmd
}

// suiteText is a suite's scenarios as a YAML file.
func suiteText(s blueprint.Suite) ([]byte, error) {
	raw, err := json.Marshal(map[string]any{"scenarios": s.Scenarios})
	if err != nil {
		return nil, err
	}
	return yaml.JSONToYAML(raw)
}

// readPromptfoo imports a configuration and says on stderr what was left out.
func readPromptfoo(e *env, file, input string) (promptfoo.Imported, error) {
	data, err := readData(e, file)
	if err != nil {
		return promptfoo.Imported{}, err
	}
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return promptfoo.Imported{}, fault.Wrap(err, fault.Invalid, "the configuration's folder cannot be read")
	}
	defer root.Close()
	got, err := promptfoo.Import(file, data, promptfoo.Options{Files: root.FS(), Input: input})
	for _, n := range got.Notes {
		printNote(e.stderr, n)
	}
	return got, err
}

func printNote(w io.Writer, n fault.Detail) {
	code := n.Code
	n.Code = ""
	fmt.Fprintf(w, "%s: %s\n", code, detailLine(n))
	if n.Fix != "" {
		fmt.Fprintf(w, "    %s\n", n.Fix)
	}
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// promptfooSubject is an agent that answers the prompts of a configuration: it has
// no tools, and the model is that of the environment.
func promptfooSubject(e *env, file string) (evaluate.Subject, int, error) {
	got, err := readPromptfoo(e, file, promptfoo.InputPrompt)
	if err != nil {
		return evaluate.Subject{}, 0, err
	}
	name := e.getenv("AUREUS_MODEL_NAME")
	if name == "" && len(got.Providers) > 0 {
		p := got.Providers[0]
		name = p[strings.LastIndexByte(p, ':')+1:]
	}
	dir := ""
	if abs, err := filepath.Abs(file); err == nil {
		dir = filepath.Base(filepath.Dir(abs))
	}
	a := &blueprint.Agent{APIVersion: blueprint.APIVersion, Kind: blueprint.KindAgent,
		Metadata: blueprint.Metadata{Name: cmp.Or(strings.Trim(notInName.ReplaceAllString(strings.ToLower(dir), "-"), "-"), "promptfoo"), Owner: "promptfoo"},
		Spec: blueprint.Spec{Goal: "Answer the prompt.", Instructions: cmp.Or(got.Instructions, "Answer the prompt."),
			Model: blueprint.Model{Name: cmp.Or(name, "model")}, RiskTier: blueprint.TierLow, Zone: blueprint.ZoneInternal,
			Evaluation: blueprint.Evaluation{Suites: []blueprint.Suite{got.Suite}}}}
	if r := control.Validate(a, nil); !r.Passed {
		return evaluate.Subject{}, 0, notValid(fault.Invalid, file, r)
	}
	m, err := localModel(e, a)
	if err != nil {
		return evaluate.Subject{}, 0, err
	}
	manifest, digest, err := control.Manifest(a, nil)
	return evaluate.Subject{Manifest: manifest, Digest: digest, Model: m}, got.Repeats, err
}

// evaluatePromptfoo evaluates the model of the environment by a configuration.
func (f evaluateFlags) evaluatePromptfoo(ctx context.Context, e *env, r *remote) error {
	form := r.form()
	subject, repeats, err := promptfooSubject(e, f.promptfoo)
	if err != nil {
		return err
	}
	if f.Helpers, err = localHelpers(e); err != nil {
		return err
	}
	f.Repeats = cmp.Or(f.Repeats, repeats)
	f.Progress = progress(e.rawErr)
	report, err := evaluate.Run(ctx, subject, nil, f.Options)
	if err != nil {
		return err
	}
	return f.show(e, r, form, report)
}
