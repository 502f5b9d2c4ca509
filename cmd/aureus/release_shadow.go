package main

import (
	"cmp"
	"context"
	"io"
	"strings"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// shadowPairs are the live runs that a release's shadow compared and that differ
// in something, or could not be compared.
func shadowPairs(ctx context.Context, c *client.Client, rel resource.Release) (out []resource.ShadowResult, err error) {
	if rel.Shadow == nil {
		return nil, nil
	}
	l, err := c.ShadowResults(ctx, rel.ID)
	for _, s := range l.Items {
		if len(s.Differs) > 0 || s.Error != "" {
			out = append(out, s)
		}
	}
	return out, err
}

func printPairs(w io.Writer, pairs []resource.ShadowResult) {
	if len(pairs) == 0 {
		return
	}
	table(w, "LIVE COPY FAILED DIFFERS", func(row func(...any)) {
		for _, s := range pairs {
			failed := "neither"
			switch {
			case s.LiveFailed && s.CopyFailed:
				failed = "both"
			case s.LiveFailed:
				failed = "live"
			case s.CopyFailed:
				failed = "copy"
			}
			row(s.Run, dash(s.Copy), failed, cmp.Or(strings.Join(s.Differs, "; "), s.Error))
		}
	})
}

// rollbackEnd says by the error how a rollback ended, or, when it was not
// followed, that it leaves nothing to serve.
func rollbackEnd(rel resource.Release, followed bool) error {
	switch {
	case !followed:
		return fault.New(fault.Failed, "there is no verified version of %s to restore in %s: it serves nothing any more", rel.Agent, rel.Environment)
	case rel.Stopped():
		return fault.New(fault.Failed, "%s serves nothing in %s any more: %s", rel.Agent, rel.Environment, rel.Reason)
	case rel.State == resource.ReleaseRolledBack:
		return nil
	}
	return fault.New(fault.Failed, "the rollback of release %s has not ended: it is %s", rel.ID, rel.State)
}
