package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// release starts the version's release, or finds that it moves or serves already.
func (r *ciRun) release(ctx context.Context, a *ciAgent, s *ci.Step) error {
	rel, err := r.started(ctx, a)
	if err != nil {
		return err
	}
	if rel == nil {
		a.out.Release = &ci.Release{State: resource.ReleasePromoted, Reason: "it serves already"}
		s.Message = a.version.Name + " serves in " + r.o.environment + " already"
		return nil
	}
	if r.o.wait {
		*rel, err = r.follow(ctx, *rel)
	}
	a.out.Release = &ci.Release{ID: rel.ID, State: rel.State, Reason: rel.Reason, Approval: rel.Approval, URL: r.page("releases", rel.ID)}
	s.Message = fmt.Sprintf("release %s into %s: %s", rel.ID, r.o.environment, rel.State)
	if err == nil && r.o.wait {
		err = releaseEnd(*rel)
	}
	return err
}

// started is the release of the version that moves, nil when the version serves.
// Whoever was first, nobody's release is started twice.
func (r *ciRun) started(ctx context.Context, a *ciAgent) (*resource.Release, error) {
	rel, serves, err := r.moving(ctx, a)
	if err != nil || serves || rel != nil {
		return rel, err
	}
	reason := r.o.reason
	if reason == "" {
		reason = ciReason(buildOf(r.e, r.o.build))
	}
	req := resource.ReleaseRequest{Version: a.version.Agent + "@" + a.version.Digest, Environment: r.o.environment, Reason: reason}
	started, err := retry(ctx, r, func() (resource.Release, error) { return r.c.StartRelease(ctx, req) })
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != client.Conflict {
		return &started, err
	}
	// Another build, or this one's own call whose answer was lost, was first.
	rel, serves, again := r.moving(ctx, a)
	if again != nil || serves || rel != nil {
		return rel, again
	}
	return nil, err
}

// moving is the release of the version that has not ended; serves says that the
// version serves and none moves.
func (r *ciRun) moving(ctx context.Context, a *ciAgent) (*resource.Release, bool, error) {
	f := client.ReleaseFilter{Agent: a.version.Agent, Environment: r.o.environment, Digest: a.version.Digest}
	l, err := retry(ctx, r, func() (client.List[resource.Release], error) { return r.c.Releases(ctx, f, client.Page{Limit: 1}) })
	if err != nil {
		return nil, false, err
	}
	if len(l.Items) > 0 && !l.Items[0].State.Final() {
		return &l.Items[0], false, nil
	}
	ds, err := retry(ctx, r, func() (client.List[resource.Deployment], error) { return r.c.Deployments(ctx, a.version.Agent) })
	for _, d := range ds.Items {
		if d.Environment == r.o.environment && d.Stable == a.version.Digest && !d.Stopped {
			return nil, true, err
		}
	}
	return nil, false, err
}

// ciReason says which build asks, for the record.
func ciReason(b resource.Build) string {
	s := "aureus ci"
	if b.BuildNumber != "" {
		s += ", build " + b.BuildNumber
	}
	if b.GitSHA != "" {
		s += ", commit " + b.GitSHA
	}
	return s
}

// follow returns when the release has ended or waits for people, or --timeout has
// passed, with how it stands.
func (r *ciRun) follow(ctx context.Context, rel resource.Release) (resource.Release, error) {
	deadline := time.Now().Add(r.o.timeout)
	seen := resource.ReleaseState("")
	for {
		if rel.State != seen {
			seen = rel.State
			fmt.Fprintf(r.e.stderr, "%s %s\n", when(rel.UpdatedAt), ci.Plain(stateLine(rel)))
		}
		switch {
		case rel.State.Final(), slices.Contains(waitingStates, rel.State):
			return rel, nil
		case !time.Now().Before(deadline):
			return rel, fault.New(fault.Waiting, "release %s is %s after %s and goes on; build again to go on waiting", rel.ID, rel.State, r.o.timeout)
		}
		if err := pause(ctx, followEvery); err != nil {
			return rel, fault.New(fault.Failed, "stopped waiting; release %s goes on", rel.ID)
		}
		next, err := retry(ctx, r, func() (resource.Release, error) { return r.c.Release(ctx, rel.ID) })
		if err != nil {
			return rel, err
		}
		rel = next
	}
}

// followEvery is how often a release that is followed is asked for.
const followEvery = 150 * time.Millisecond

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer, stop := context.WithTimeout(ctx, d)
	defer stop()
	<-timer.Done()
	return ctx.Err()
}

// retry calls a server again while none answers, or it has too much to do, for as
// long as --retry says. What is called may be called twice.
func retry[T any](ctx context.Context, r *ciRun, call func() (T, error)) (T, error) {
	end, delay := time.Now().Add(r.o.retry), 250*time.Millisecond
	for {
		v, err := call()
		var e *client.Error
		busy := errors.As(err, &e) && e.Code == client.RateLimited
		if err == nil || !busy && !unreached(err) || !time.Now().Add(delay).Before(end) {
			return v, err
		}
		fmt.Fprintf(r.e.stderr, "%s; trying again in %s\n", ci.Plain(sentence(err)), delay)
		if werr := pause(ctx, delay); werr != nil {
			return v, err
		}
		delay = min(2*delay, 8*time.Second)
	}
}
