package live

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/bench/measure"
	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

const (
	rollbacks = 25
	customers = 4 // that call without a pause, each run a session
)

// Rollback measures what a canary's decision does to live traffic: a server under
// load is given one bad version after another.
func Rollback(ctx context.Context, root, dir string) (figures []measure.Figure, err error) {
	dir, err = os.MkdirTemp(dir, "rollback")
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
	s, err := serve(ctx, bin, dir, m.url)
	if err != nil {
		return nil, err
	}
	defer func() {
		if serr := s.stop(); err == nil {
			err = serr
		}
	}()
	p, err := tokens(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := p.deploy(ctx, talker(1)); err != nil {
		return nil, err
	}
	var late, good, verified []float64
	bad, runs := 0, 0
	for n := range rollbacks {
		rel, got, err := p.rollback(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("rollback %d: %w", n+1, err)
		}
		last := resource.Millis(0)
		for _, run := range got {
			runs++
			if run.Version == rel.Version && run.StartedAt > rel.DecidedAt {
				bad++
				last = max(last, run.StartedAt-rel.DecidedAt)
			}
		}
		late = append(late, float64(last))
		good = append(good, float64(rel.GoodAt-rel.DecidedAt))
		verified = append(verified, float64(rel.UpdatedAt-rel.DecidedAt))
	}
	note := fmt.Sprintf("%d decisions under %d callers, %d runs", rollbacks, customers, runs)
	worst := measure.Quantile(late, .99)
	return []measure.Figure{
		{Section: "rollback", Name: "deciding outcome to all traffic on the good version, median", Value: measure.Median(good), Unit: "ms", Note: note},
		{Section: "rollback", Name: "the same, p99", Value: measure.Quantile(good, .99), Unit: "ms"},
		measure.Figure{Section: "rollback", Name: "last run that the bad version was given after it, p99", Value: worst, Unit: "ms after",
			Note: fmt.Sprintf("%d such runs", bad)}.Against("< 1000", worst < 1000),
		{Section: "rollback", Name: "deciding outcome to the good version verified again, median", Value: measure.Median(verified), Unit: "ms"},
		{Section: "rollback", Name: "the same, p99", Value: measure.Quantile(verified, .99), Unit: "ms"},
	}, nil
}

// rollback releases bad version n into live traffic, and returns the release when
// it is rolled back, with the runs that customers had.
func (p people) rollback(ctx context.Context, n int) (rel resource.Release, runs []resource.Run, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	a := talker(1)
	a.Spec.Instructions = fmt.Sprintf("Answer customers. %s %d.", failsLive, n)
	a.Spec.Release.Canary.Steps = []blueprint.CanaryStep{{Weight: 50, Runs: 1000}}
	v, err := p.author.Push(ctx, resource.PushRequest{Blueprint: a})
	if err != nil {
		return rel, nil, err
	}
	rel, err = p.author.StartRelease(ctx, resource.ReleaseRequest{Version: v.Version.Name, Environment: "staging"})
	if err == nil {
		err = p.follow(ctx, rel.ID)
	}
	if err == nil {
		rel, err = p.author.StartRelease(ctx, resource.ReleaseRequest{Version: v.Version.Name, Environment: "production"})
	}
	if err != nil {
		return rel, nil, err
	}
	stop := make(chan struct{})
	wait := traffic(ctx, p.author, stop, &runs)
	rel, err = p.until(ctx, rel.ID)
	close(stop)
	wait()
	return rel, runs, err
}

// traffic is customers that call until stop; the function waits for the last.
func traffic(ctx context.Context, c *client.Client, stop chan struct{}, runs *[]resource.Run) func() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range customers {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				run, err := c.Invoke(ctx, "talker", resource.InvokeRequest{Input: liveQuestion})
				if err != nil {
					return
				}
				mu.Lock()
				*runs = append(*runs, run)
				mu.Unlock()
			}
		})
	}
	return wg.Wait
}

// until follows a release until it is rolled back; people say yes to it.
func (p people) until(ctx context.Context, id string) (rel resource.Release, err error) {
	asked := ""
	for {
		if rel, err = p.author.Release(ctx, id); err != nil {
			return rel, err
		}
		switch {
		case rel.State == resource.ReleaseRolledBack && !rel.Stopped():
			return rel, nil
		case rel.State.Final():
			return rel, fmt.Errorf("release %s ended %s: %s", id, rel.State, rel.Reason)
		case rel.State == resource.ReleaseAwaiting && rel.Approval != asked:
			asked = rel.Approval
			if err := p.approve(ctx, rel.Approval); err != nil {
				return rel, err
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
}
