package live

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/aureus-agents/aureus/bench/measure"
)

const (
	evaluationRounds = 5
	evaluationCases  = 1000
)

// evaluation measures "aureus evaluate FILE" on 1,000 cases: wall time and peak
// memory of the whole process.
func evaluation(ctx context.Context, bin, dir string, m *model) ([]measure.Figure, error) {
	text, err := talker(evaluationCases).YAML()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "talker.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	var peak []float64
	wall, err := measure.Interleave(evaluationRounds, measure.Contender{Name: "evaluate", Do: func() (float64, error) {
		took, mb, err := evaluateOnce(ctx, bin, file, m.url)
		peak = append(peak, mb)
		return took.Seconds(), err
	}})
	if err != nil {
		return nil, err
	}
	memory := measure.Median(peak)
	name := fmt.Sprintf("%d cases, ", evaluationCases)
	return []measure.Figure{
		measure.Figure{Section: "evaluation", Name: name + "wall", Value: wall[0], Unit: "s",
			Note: "the whole command, model server included"}.Against("<= 1.5 s", wall[0] <= 1.5),
		measure.Figure{Section: "evaluation", Name: name + "peak memory", Value: memory, Unit: "MB"}.Against("<= 100 MB", memory <= 100),
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
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, 0, fmt.Errorf("this system does not tell a process's peak memory")
	}
	return took, float64(usage.Maxrss) / 1000, nil // KiB on Linux
}
