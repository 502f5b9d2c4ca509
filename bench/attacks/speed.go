package attacks

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/aureus-agents/aureus/bench/measure"
	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/recorded"
)

const (
	speedRounds = 5
	speedRuns   = 1000 // at least, a round
)

// Speed measures a back-test of a file of runs through two guards, from reading
// its text to the counts. The runs are AgentDojo's workspace ones where they are,
// and else the small ones of the example.
func Speed(root string) ([]measure.Figure, error) {
	suite, text, err := speedText(root)
	if err != nil {
		return nil, err
	}
	a, err := example(root, suite)
	if err != nil {
		return nil, err
	}
	g, err := Setting{}.compile(*a)
	if err != nil {
		return nil, err
	}
	got, err := measure.Interleave(speedRounds, measure.Contender{Name: "back-test", Do: func() (float64, error) {
		var c backtest.Comparison
		start := time.Now()
		for c.Runs < speedRuns {
			err := recorded.Each(recorded.AgentDojo, bytes.NewReader(text), func(run recorded.Run) error {
				c.Add(g, g, run)
				return nil
			})
			if err != nil {
				return 0, err
			}
		}
		return float64(c.Runs) / time.Since(start).Minutes(), nil
	}})
	if err != nil {
		return nil, err
	}
	f := measure.Figure{Section: "guard", Name: "back-test through two guards", Value: got[0], Unit: "runs/min", Note: suite + " runs"}
	return []measure.Figure{f.Against(">= 10000 runs/min", got[0] >= 10_000)}, nil
}

func speedText(root string) (suite string, text []byte, err error) {
	f, err := os.Open(filepath.Join(root, "..", "shared", "data", "agentdojo", "workspace.jsonl.gz"))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = os.ReadFile(filepath.Join(root, "examples", "agentdojo", "sample.jsonl"))
		return "banking", text, err
	}
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return "", nil, err
	}
	text, err = io.ReadAll(z)
	return "workspace", text, err
}
