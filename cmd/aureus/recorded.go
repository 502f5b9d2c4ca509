package main

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/resource"
)

// evaluateRecorded reports pass^k over imported runs, to three decimals as the
// benchmarks publish it.
func (f evaluateFlags) evaluateRecorded(ctx context.Context, e *env, r *remote) error {
	runs, err := f.recordedRuns(ctx, e, r)
	if err != nil {
		return err
	}
	rep, err := evaluate.Recorded(runs)
	if err != nil {
		return err
	}
	for i, p := range rep.PassK {
		rep.PassK[i] = math.Round(p*1000) / 1000
	}
	return r.print(rep, func(w io.Writer) {
		for i, p := range rep.PassK {
			fmt.Fprintf(w, "pass^%d  %.3f\n", i+1, p)
		}
		fmt.Fprintf(w, "%d runs of %d tasks\n", rep.Runs, rep.Tasks)
	})
}

func (f evaluateFlags) recordedRuns(ctx context.Context, e *env, r *remote) (all []resource.Run, err error) {
	if e.getenv("AUREUS_TOKEN") == "" {
		err = withLocal(ctx, e, f.data, func(c *control.Control, p control.Principal) error {
			after := ""
			for {
				page, err := c.Runs(ctx, p, control.RunFilter{Agent: f.agent, Mode: resource.RunRecorded}, control.Page{Limit: 1000, After: after})
				if err != nil || len(page) == 0 {
					return err
				}
				all = append(all, page...)
				after = page[len(page)-1].ID
			}
		})
		return all, err
	}
	c, err := r.client()
	if err != nil {
		return nil, err
	}
	for run, err := range client.All(func(after string) (client.List[resource.Run], error) {
		return c.Runs(ctx, client.RunFilter{Agent: f.agent, Mode: resource.RunRecorded}, client.Page{Limit: 1000, After: after})
	}) {
		if err != nil {
			return nil, err
		}
		all = append(all, run)
	}
	return all, nil
}
