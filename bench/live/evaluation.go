package live

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/aureus-agents/aureus/bench/measure"
)

const (
	evaluationRounds = 5
	evaluationCases  = 1000
)

// Evaluation measures "aureus evaluate FILE" on 1,000 cases, beside promptfoo on
// the same cases and model server: wall time and peak memory of the whole process.
func Evaluation(ctx context.Context, root, dir string) ([]measure.Figure, error) {
	dir, err := os.MkdirTemp(dir, "evaluation")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	m, err := startModel()
	if err != nil {
		return nil, err
	}
	defer m.close()
	peer, err := newPromptfoo(root, dir, m.url, evaluationCases)
	if err != nil {
		return nil, err
	}
	bin, err := build(ctx, root, dir)
	if err != nil {
		return nil, err
	}
	text, err := talker(evaluationCases).YAML()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "talker.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	var ours, theirs []float64
	wall, err := measure.Interleave(evaluationRounds,
		measure.Contender{Name: "evaluate", Do: func() (float64, error) {
			took, mb, err := evaluateOnce(ctx, bin, file, m.url)
			ours = append(ours, mb)
			return took.Seconds(), err
		}},
		measure.Contender{Name: "promptfoo", Do: func() (float64, error) {
			took, mb, err := peer.once(ctx, evaluationCases)
			theirs = append(theirs, mb)
			return took.Seconds(), err
		}})
	if err != nil {
		return nil, err
	}
	memory := measure.Median(ours)
	name, beside := fmt.Sprintf("%d cases, ", evaluationCases), "promptfoo "+promptfooVersion
	return []measure.Figure{
		measure.Figure{Section: "evaluation", Name: name + "wall", Value: wall[0], Unit: "s",
			Note: "the whole command"}.Against("<= 1.5 s", wall[0] <= 1.5).Versus(beside, wall[1], true),
		measure.Figure{Section: "evaluation", Name: name + "peak memory", Value: memory, Unit: "MB"}.
			Against("<= 100 MB", memory <= 100).Versus(beside, measure.Median(theirs), true),
	}, nil
}

func evaluateOnce(ctx context.Context, bin, file, modelURL string) (took time.Duration, mb float64, err error) {
	cmd := exec.CommandContext(ctx, bin, "evaluate", file, "-o", "json")
	cmd.Env = append(os.Environ(), "AUREUS_MODEL_URL="+modelURL)
	cmd.Stderr = os.Stderr
	start := time.Now()
	out, err := cmd.Output()
	took = time.Since(start)
	if err != nil {
		return 0, 0, fmt.Errorf("aureus evaluate: %w", err)
	}
	var report struct {
		Passed bool              `json:"passed"`
		Cases  []json.RawMessage `json:"cases"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return 0, 0, fmt.Errorf("the report of aureus evaluate: %w", err)
	}
	if !report.Passed || len(report.Cases) != evaluationCases {
		return 0, 0, fmt.Errorf("aureus evaluate judged %d cases, passed %t; want %d, passed", len(report.Cases), report.Passed, evaluationCases)
	}
	mb, err = peakOf(cmd)
	return took, mb, err
}
