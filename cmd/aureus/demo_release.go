package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// push registers a version.
func (d *demo) push(ctx context.Context, n int, a *blueprint.Agent, gen *resource.GenerationRecord) error {
	file, err := d.write(n, a)
	if err != nil {
		return err
	}
	return d.step(fmt.Sprintf("push-v%d", n), fmt.Sprintf("v%d is registered", n), "aureus push "+file, func() (string, error) {
		r, err := d.as("author").Push(ctx, resource.PushRequest{Blueprint: a, Generation: gen, Build: resource.Build{BuildNumber: fmt.Sprint(n)}})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s, signed, %d tools pinned, %s", r.Version.Name, pinned(a), short(r.Version.Digest)), nil
	})
}

func pinned(a *blueprint.Agent) int { return len(a.Spec.Tools) }

// release takes a version through an environment, answering its approval
// request, until it is in one of the wanted states.
func (d *demo) release(ctx context.Context, n int, environment string, want resource.ReleaseState) (rel resource.Release, err error) {
	name := fmt.Sprintf("release-v%d-%s", n, environment)
	command := fmt.Sprintf("aureus release start %s@v%d --env %s --wait", demoAgent, n, environment)
	err = d.step(name, fmt.Sprintf("v%d into %s", n, environment), command, func() (string, error) {
		start := time.Now()
		rel, err = d.as("author").StartRelease(ctx, resource.ReleaseRequest{Version: fmt.Sprintf("%s@v%d", demoAgent, n),
			Environment: environment, Reason: "demo"})
		if err != nil {
			return "", err
		}
		if len(rel.Delta.Changes) > 0 && rel.Delta.From != "" {
			d.show.tell(fmt.Sprintf("delta: %s → tier %s", changes(rel.Delta), rel.Tier), "       ")
		}
		if rel, err = d.follow(ctx, rel.ID, start); err != nil {
			return "", err
		}
		d.result.Releases = append(d.result.Releases, demoRelease{Version: fmt.Sprintf("v%d", n), Environment: environment, State: string(rel.State)})
		if rel.State != want {
			return "", fault.New(fault.Failed, "release %s ended %s and not %s: %s", rel.ID, rel.State, want, rel.Reason)
		}
		return "", nil
	})
	return rel, err
}

// changes names the first few changes of a delta, what asks for the highest tier
// and tools first.
func changes(d resource.Delta) string {
	weight := func(c resource.Change) int {
		w := 2 * c.Tier.Rank()
		if c.Kind == "tool" {
			w++
		}
		return w
	}
	sorted := slices.Clone(d.Changes)
	slices.SortStableFunc(sorted, func(a, b resource.Change) int { return weight(b) - weight(a) })
	var out []string
	for _, c := range sorted {
		out = append(out, c.Op+" "+c.Path)
	}
	if len(out) > 3 {
		out = append(out[:3], fmt.Sprintf("and %d more", len(out)-3))
	}
	return strings.Join(out, ", ")
}

// follow watches a release until it ends, and tells what happens in it.
func (d *demo) follow(ctx context.Context, id string, start time.Time) (resource.Release, error) {
	tell := func(format string, args ...any) {
		d.show.tell(fmt.Sprintf("%8s  ", "+"+round(time.Since(start)))+fmt.Sprintf(format, args...), "          ")
	}
	seen, step := resource.ReleaseState(""), -1
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		rel, err := d.as("author").Release(ctx, id)
		if err != nil {
			return rel, err
		}
		if rel.State != seen || (rel.State == resource.ReleaseCanary && rel.Step != step) {
			seen, step = rel.State, rel.Step
			tell("%s", stateLine(rel))
			if rel.State == resource.ReleaseAwaiting {
				if err := d.approve(ctx, rel, tell); err != nil {
					return rel, err
				}
			}
			d.traffic.busy(rel.State == resource.ReleaseCanary)
		}
		if rel.State.Final() || rel.State == resource.ReleasePaused {
			return rel, nil
		}
		if rel.State == resource.ReleaseCanary && rel.Canary != nil {
			d.show.now(canaryLine(rel))
		}
		select {
		case <-ctx.Done():
			return rel, ctx.Err()
		case <-tick.C:
		}
	}
}

// canaryLine shows a canary as it stands: both arms, and how far the evidence of
// harm is on its way to the threshold that rolls back, as a bar of its logarithm.
func canaryLine(r resource.Release) string {
	c, threshold := r.Canary, 1/r.Plan.Alpha
	const cells = 8
	full := int(cells * math.Log(max(c.EHarm, 1)) / math.Log(threshold))
	full = min(max(full, 0), cells)
	return fmt.Sprintf("canary %d of %d failed · beside it %d of %d · E %s%s %.0f of %.0f", c.Canary.Failures, c.Canary.Runs,
		c.Control.Failures, c.Control.Runs, strings.Repeat("█", full), strings.Repeat("░", cells-full), c.EHarm, threshold)
}

func stateLine(r resource.Release) string {
	switch r.State {
	case resource.ReleaseChecking:
		return "validated, simulated, evaluated …"
	case resource.ReleaseAwaiting:
		return fmt.Sprintf("%d gates pass; tier %s: a person has to say yes", len(r.Gates), r.Tier)
	case resource.ReleaseSmoke:
		return "signature and tools hold; smoke tests …"
	case resource.ReleaseCanary:
		return fmt.Sprintf("canary: %d %% of new sessions", r.Plan.Steps[r.Step].Weight)
	case resource.ReleaseRollingBack:
		return "rolling back: " + r.Reason
	case resource.ReleasePromoted:
		if c := r.Canary; c != nil {
			return fmt.Sprintf("promoted: %d of %d canary runs failed, %d of %d beside it", c.Canary.Failures, c.Canary.Runs, c.Control.Failures, c.Control.Runs)
		}
		return "promoted; snapshot taken"
	}
	return string(r.State) + ": " + r.Reason
}

// approve answers a release's request; the author's own try is refused first.
func (d *demo) approve(ctx context.Context, rel resource.Release, tell func(string, ...any)) error {
	command := resource.DecideRequest{Approve: true, Reason: "delta and evidence read"}
	view, err := d.as("approver").ViewApproval(ctx, rel.Approval)
	if err != nil {
		return err
	}
	command.Token = view.Token
	if _, err = d.as("author").Decide(ctx, rel.Approval, command); err == nil {
		return fault.New(fault.Failed, "the author could approve a release of their own")
	}
	if _, err = d.as("approver").Decide(ctx, rel.Approval, command); err != nil {
		return err
	}
	tell("refused the author's own yes, took the approver's")
	return nil
}
