package live

import (
	"context"
	"os"
	"time"

	"github.com/aureus-agents/aureus/bench/measure"
)

const startRounds = 9

// Run measures the binary built from root, in a folder of its own below dir.
// cold also measures a build with an empty cache, which takes minutes.
func Run(ctx context.Context, root, dir string, cold bool) (figures []measure.Figure, err error) {
	dir, err = os.MkdirTemp(dir, "live")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	bin, err := build(ctx, root, dir)
	if err != nil {
		return nil, err
	}
	m, err := startModel()
	if err != nil {
		return nil, err
	}
	defer m.close()
	for _, part := range []func() ([]measure.Figure, error){
		func() ([]measure.Figure, error) { return invoke(ctx, bin, dir, m) },
		func() ([]measure.Figure, error) { return start(ctx, bin, dir, m) },
		func() ([]measure.Figure, error) { return size(bin) },
	} {
		more, err := part()
		if err != nil {
			return figures, err
		}
		figures = append(figures, more...)
	}
	if !cold {
		return figures, nil
	}
	cpu, err := coldBuild(ctx, root, dir)
	return append(figures, measure.Figure{Section: "start", Name: "cold build", Value: cpu, Unit: "CPU-seconds",
		Note: "empty build cache, modules present"}.Against("<= 240", cpu <= 240)), err
}

// start measures from starting the process to its first ready answer, each time
// on an empty data folder.
func start(ctx context.Context, bin, dir string, m *model) ([]measure.Figure, error) {
	ms, err := measure.Interleave(startRounds, measure.Contender{Name: "start", Do: func() (float64, error) {
		empty, err := os.MkdirTemp(dir, "start")
		if err != nil {
			return 0, err
		}
		s, err := serve(ctx, bin, empty, m.url)
		if err != nil {
			return 0, err
		}
		return float64(s.ready) / float64(time.Millisecond), s.stop()
	}})
	if err != nil {
		return nil, err
	}
	return []measure.Figure{measure.Figure{Section: "start", Name: "binary to ready", Value: ms[0], Unit: "ms",
		Note: "empty data folder: schema, keys and first token included"}.Against("< 300 ms", ms[0] < 300)}, nil
}

func size(bin string) ([]measure.Figure, error) {
	info, err := os.Stat(bin)
	if err != nil {
		return nil, err
	}
	mb := float64(info.Size()) / 1e6
	return []measure.Figure{measure.Figure{Section: "start", Name: "binary", Value: mb, Unit: "MB", Note: "stripped"}.Against("<= 45 MB", mb <= 45)}, nil
}
