package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/judge"
	"github.com/aureus-agents/aureus/internal/model"
	"github.com/aureus-agents/aureus/internal/simulate"
)

// calibrated is what calibrate prints.
type calibrated struct {
	Digest      string            `json:"digest"` // of the judge
	Model       string            `json:"model"`
	Calibration judge.Calibration `json:"calibration"`
	Agreement   judge.Agreement   `json:"agreement"`
	// Differs are the rows on which judge and people differ, from 1.
	Differs []differing `json:"differs"`
	CostUSD float64     `json:"costUSD"`
}

// differing is one row on which judge and people differ.
type differing struct {
	Row    int    `json:"row"`
	People bool   `json:"people"`
	Judge  bool   `json:"judge"`
	Reason string `json:"reason"`
}

func newDatasetCalibrate(e *env) *cobra.Command {
	var judgeFile string
	var seed int64
	var least float64
	cmd := &cobra.Command{
		Use:   "calibrate --judge FILE LABELS",
		Short: "Measure a judge against what people said",
		Long: `Let a judge grade answers that people graded, and say how far they agree: the share
with its 95 % interval, Cohen's kappa, how often the judge passes what people
failed and the other way, and how far its repeats agree. No verdict counts as
fail. LABELS is a data set with the columns output, label (true: people pass it)
and, when there are some, input and expected. --judge is a YAML or JSON file of
one grader of type judge. The model is that of AUREUS_MODEL_URL, _KEY, _NAME.
Exit status 3 when kappa is under --min-kappa.
-o json prints {"digest","model","calibration":{"cases","noVerdict","passPass",
"passFail","failPass","failFail","share","low","high","kappa","falsePass",
"falseFail"},"agreement","differs":[{"row","people","judge","reason"}],"costUSD"}.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&judgeFile, "judge", "", "file of the grader")
	cmd.Flags().Int64Var(&seed, "seed", 1, "seed")
	cmd.Flags().Float64Var(&least, "min-kappa", 0, "kappa that is asked for; 0 asks for none")
	_ = cmd.MarkFlagRequired("judge") // the flag is there
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !(least >= -1 && least <= 1) {
			return fault.New(fault.Invalid, "--min-kappa %v is no kappa; write a number from -1 to 1, such as 0.6", least)
		}
		out, err := calibrate(cmd.Context(), e, judgeFile, args[0], seed)
		if err != nil {
			return err
		}
		if err := r.print(out, func(w io.Writer) { printCalibration(w, out) }); err != nil {
			return err
		}
		if k := out.Calibration.Kappa; least != 0 && (k == nil || *k < least) {
			return fault.New(fault.Blocked, "the judge does not agree with people as far as is asked for")
		}
		return nil
	}
	return cmd
}

// labelled is one row of a file of labels.
type labelled struct {
	Input    any   `json:"input"`
	Output   any   `json:"output"`
	Expected any   `json:"expected"`
	Label    *bool `json:"label"`
}

func calibrate(ctx context.Context, e *env, judgeFile, file string, seed int64) (calibrated, error) {
	grader, mod, err := readJudge(e, judgeFile)
	if err != nil {
		return calibrated{}, err
	}
	rows, err := readLabels(e, file)
	if err != nil {
		return calibrated{}, err
	}
	people, said := make([]bool, len(rows)), make([]judge.Judgement, len(rows))
	err = simulate.Each(ctx, len(rows), 8, func(ctx context.Context, i int) error {
		g := grader
		if g.Value == nil {
			g.Value = rows[i].Expected
		}
		people[i] = *rows[i].Label
		said[i] = simulate.JudgeOf(g, blueprint.Model{}).Ask(ctx, mod, seed, judge.Work{Input: rows[i].Input, Output: rows[i].Output})
		if said[i].Outage != nil {
			return fault.Wrap(said[i].Outage, fault.Unavailable, "the judge's model did not answer, so nothing was learnt; try again when its endpoint works")
		}
		return nil
	})
	if err != nil {
		return calibrated{}, err
	}
	out := calibrated{Digest: said[0].Digest, Model: said[0].Model, Calibration: judge.Calibrate(people, said),
		Agreement: judge.Agree(said, grader.Scale), Differs: []differing{}}
	for i, g := range said {
		out.CostUSD += float64(g.Cost) / 1e6
		if g.Passed != people[i] {
			out.Differs = append(out.Differs, differing{Row: i + 1, People: people[i], Judge: g.Passed, Reason: g.Message})
		}
	}
	return out, nil
}

// readJudge reads a grader of type judge, and opens its model.
func readJudge(e *env, file string) (g blueprint.Grader, m agentrun.Model, err error) {
	plain, err := readTemplate(e, file)
	if err != nil {
		return g, nil, err
	}
	raw, err := json.Marshal(plain)
	if err == nil {
		err = json.Unmarshal(raw, &g)
	}
	if err != nil {
		return g, nil, fault.Wrap(err, fault.Invalid, "%s is no grader", file)
	}
	if g.Type != "judge" {
		return g, nil, fault.New(fault.Invalid, "%s is a grader of type %q; write type: judge", file, g.Type)
	}
	probe := g
	if probe.Value == nil {
		probe.Value = "" // the rows bring what it compares with
	}
	if _, err := simulate.CompileGraders([]blueprint.Grader{probe}, nil); err != nil {
		return g, nil, fault.Wrap(err, fault.Invalid, "%s cannot be used: %v", file, err)
	}
	if g.Model == nil {
		g.Model = &blueprint.Model{Name: e.getenv("AUREUS_MODEL_NAME")}
	}
	cfg, err := modelConfig(e, "")
	if err != nil {
		return g, nil, err
	}
	models, err := model.New(cfg)
	if err != nil {
		return g, nil, err
	}
	m, err = models.Model(*g.Model)
	return g, m, err
}

func readLabels(e *env, file string) ([]labelled, error) {
	data, err := readData(e, file)
	if err != nil {
		return nil, err
	}
	plain, src, err := blueprint.ParseData(file, "", data)
	if err != nil {
		return nil, err
	}
	rows := make([]labelled, len(plain))
	for i, p := range plain {
		if s, ok := p["label"].(string); ok { // a CSV without types
			switch s {
			case "true", "pass":
				p["label"] = true
			case "false", "fail":
				p["label"] = false
			}
		}
		raw, err := json.Marshal(p)
		if err == nil {
			err = json.Unmarshal(raw, &rows[i])
		}
		if err != nil || rows[i].Label == nil || rows[i].Output == nil {
			pos := src.Position(fmt.Sprintf("rows[%d].label", i))
			return nil, fault.New(fault.Invalid, "%s:%d:%d: row %d needs output, and label as true or false", pos.File, pos.Line, pos.Column, i+1)
		}
	}
	return rows, nil
}

func printCalibration(w io.Writer, c calibrated) {
	k := c.Calibration
	say(w, "%d answers: judge and people agree on %.0f %% (%.0f to %.0f %%)", k.Cases, 100*k.Share, 100*k.Low, 100*k.High)
	if k.Kappa != nil {
		say(w, ", kappa %.2f", *k.Kappa)
	}
	fmt.Fprintln(w)
	table(w, "PEOPLE JUDGE_PASS JUDGE_FAIL", func(row func(...any)) {
		row("pass", k.PassPass, k.PassFail)
		row("fail", k.FailPass, k.FailFail)
	})
	if k.NoVerdict > 0 {
		say(w, "no verdict on %d, counted as fail\n", k.NoVerdict)
	}
	if a := c.Agreement; a.Share != nil {
		say(w, "its repeats agree to %.0f %%", 100**a.Share)
		if a.Alpha != nil {
			say(w, ", alpha %.2f", *a.Alpha)
		}
		fmt.Fprintln(w)
	}
	for _, d := range c.Differs {
		say(w, "row %d: people %s, judge %s: %s\n", d.Row, passWord(d.People), passWord(d.Judge), oneLine(d.Reason))
	}
	say(w, "judge %s, %s\n", c.Model, c.Digest)
}

func passWord(ok bool) string {
	if ok {
		return "pass"
	}
	return "fail"
}
