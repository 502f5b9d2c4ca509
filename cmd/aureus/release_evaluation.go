package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

// evaluationProgress is how far the evaluation of a release in its checks is; none
// runs in another state.
func evaluationProgress(ctx context.Context, c *client.Client, rel resource.Release) (resource.EvaluationProgress, error) {
	if rel.State != resource.ReleaseChecking {
		return resource.EvaluationProgress{}, nil
	}
	return c.EvaluationProgress(ctx, rel.ID)
}

func printEvaluationProgress(w io.Writer, p resource.EvaluationProgress) {
	if !p.Running {
		return
	}
	fmt.Fprintf(w, "evaluation: %d of %d runs, %d failed", p.Done, p.Total, p.Failed)
	if p.Kept > 0 {
		fmt.Fprintf(w, ", %d made before a restart", p.Kept)
	}
	if p.CostUSD > 0 {
		fmt.Fprintf(w, ", %.4f USD", p.CostUSD)
	}
	if p.LeftMs > 0 {
		fmt.Fprintf(w, ", %s left", (time.Duration(p.LeftMs) * time.Millisecond).Round(time.Second))
	}
	fmt.Fprintln(w)
}
