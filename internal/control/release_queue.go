package control

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// One release of an agent moves in an environment at a time. The others wait as
// pending; the transaction that ends the one that moves begins the next.

// begun reports whether a release is past waiting: it holds its environment.
func begun(rel resource.Release) bool {
	waits := rel.State == resource.ReleasePending || rel.State == resource.ReleasePaused && rel.PausedFrom == resource.ReleasePending
	return !waits && !rel.State.Final()
}

// unfinishedIn are the releases of an agent in an environment that have not
// ended, oldest first.
func unfinishedIn(r Reader, agent, env string) ([]resource.Release, error) {
	list, err := r.Releases(ReleaseFilter{Agent: agent, Environment: env, States: movingStates}, Page{Limit: 1000})
	slices.Reverse(list)
	return list, err
}

// ahead is the release that rel has to wait for: one that moves in its
// environment, or that waits there longer than it; nil when there is none.
func (t *tx) ahead(rel resource.Release) (*resource.Release, error) {
	list, err := unfinishedIn(t, rel.Agent, rel.Environment)
	if err != nil {
		return nil, err
	}
	earlier := true
	for _, other := range list {
		switch {
		case other.ID == rel.ID:
			earlier = false
		case begun(other), earlier && other.State == resource.ReleasePending:
			return &other, nil
		}
	}
	return nil, nil
}

// makeWay does what the pipeline says about the releases that are before a new
// one: it refuses the new one, lets them be, or cancels those that are older
// versions without traffic.
func (t *tx) makeWay(by resource.Actor, v resource.Version, env string, how blueprint.Concurrency) error {
	if err := t.yieldDrill(by, v.Agent, env, v.Name+" is released"); err != nil {
		return err
	}
	list, err := unfinishedIn(t, v.Agent, env)
	if err != nil {
		return err
	}
	for _, other := range list {
		if other.Digest == v.Digest || how == blueprint.ConcurrencyRefuse {
			return fault.New(fault.Conflict, "release %s of %s@v%d is already moving in %s (%s); finish or cancel it first",
				other.ID, v.Agent, other.Version, env, other.State)
		}
	}
	if len(list) >= maxWaiting {
		return fault.New(fault.Conflict, "%s", tooManyWait(v.Agent, env, len(list)))
	}
	if how == blueprint.ConcurrencyWait {
		return nil
	}
	// Those that wait go first: the end of the one that moves would begin them.
	slices.SortStableFunc(list, func(a, b resource.Release) int {
		switch {
		case begun(a) == begun(b):
			return 0
		case begun(a):
			return 1
		}
		return -1
	})
	for _, other := range list {
		if other.Version > v.Number || hasTraffic(other) {
			continue
		}
		if _, err := t.move(other, release.Event{Kind: release.Supersede, Actor: by, Reason: v.Name + " takes its place"}); err != nil {
			return err
		}
	}
	return nil
}

// maxWaiting is how many releases of an agent into an environment are under way or
// wait at most.
const maxWaiting = 100

func tooManyWait(agent, env string, n int) string {
	return fmt.Sprintf("%d releases of %s into %s wait already; cancel those that nobody needs first", n, agent, env)
}

// hasTraffic reports whether routed sessions meet the release's version, or did.
func hasTraffic(rel resource.Release) bool {
	at := rel.State
	if at == resource.ReleasePaused {
		at = rel.PausedFrom
	}
	switch at {
	case resource.ReleaseCanary, resource.ReleaseSoaking, resource.ReleaseRollingBack:
		return true
	}
	return false
}

// move sends an event to a release, as [tx.moveOne], and does what follows from its
// end in the same transaction.
func (t *tx) move(rel resource.Release, ev release.Event) (resource.Release, error) {
	next, err := t.moveOne(rel, ev)
	if err != nil || rel.State.Final() || !next.State.Final() {
		return next, err
	}
	return next, t.afterEnd(next)
}

// afterEnd follows the end of a release: the next environment's release starts,
// and the one that waits here begins.
func (t *tx) afterEnd(rel resource.Release) error {
	if rel.Drill {
		if err := t.closeDrill(rel); err != nil {
			return err
		}
	}
	if rel.State == resource.ReleasePromoted {
		if err := t.promoteOn(rel); err != nil {
			return err
		}
	}
	return t.beginNext(rel.Agent, rel.Environment)
}

// beginNext begins the release that waits longest, if none moves. One that has
// nothing to do any more is cancelled, and the one after it is tried.
func (t *tx) beginNext(agent, env string) error {
	list, err := unfinishedIn(t, agent, env)
	if err != nil || slices.ContainsFunc(list, begun) {
		return err
	}
	for _, rel := range list {
		if rel.State != resource.ReleasePending {
			continue // somebody holds it
		}
		ev := release.Event{Kind: release.Begin, Actor: resource.System, Reason: rel.Reason}
		cancelled, err := t.refresh(&rel, &ev)
		if err != nil {
			return err
		}
		// Its end would call this again; the loop goes on by itself.
		if _, err := t.moveOne(rel, ev); err != nil || !cancelled {
			return err
		}
	}
	return nil
}

// refresh compares a release that waited with what serves now. A version that
// serves already, or may not be released any more, is cancelled.
func (t *tx) refresh(rel *resource.Release, ev *release.Event) (cancelled bool, err error) {
	v, err := t.VersionByDigest(rel.Agent, rel.Digest)
	if err != nil {
		return false, err
	}
	switch err := t.c.mayRelease(t, v, rel.Stage); {
	case err == nil:
	case fault.Is(err, fault.Blocked), fault.Is(err, fault.Conflict):
		*ev = release.Event{Kind: release.Cancel, Actor: resource.System, Reason: sentenceOf(err)}
		return true, nil
	default:
		return false, err
	}
	return false, t.compare(rel, v)
}

// compareAgain compares a release that waited with what serves now.
func (t *tx) compareAgain(rel *resource.Release) error {
	v, err := t.VersionByDigest(rel.Agent, rel.Digest)
	if err != nil {
		return err
	}
	return t.compare(rel, v)
}

// promoteOn starts the release into the next environment when the pipeline says
// that it starts by itself. It never goes over a held or newer version; why it
// did not start is in the ledger.
func (t *tx) promoteOn(rel resource.Release) error {
	v, err := t.VersionByDigest(rel.Agent, rel.Digest)
	if err != nil {
		return err
	}
	pl, err := pipelineOf(t, v)
	if err != nil {
		return err
	}
	next, ok := pipeline.Next(pl, rel.Environment)
	if !ok || !next.Auto || rel.Drill {
		return nil
	}
	rs, err := pipeline.StageOf(pl, next.Name, false)
	if err != nil {
		return err
	}
	rs.Makers = makersOf(pl)
	why, err := t.notByItself(v, rs, pl.Spec.Spec.Resolved().Concurrency)
	if err != nil {
		return err
	}
	if why != "" {
		return t.record(resource.Event{Actor: resource.System, Action: "release.not_started", SubjectKind: "release", SubjectID: rel.ID, Digest: rel.Digest,
			Agent: rel.Agent, Environment: next.Name, Reason: why, Attrs: map[string]string{"version": strconv.Itoa(rel.Version), "pipeline": pl.Name}})
	}
	if err := t.yieldDrill(rel.CreatedBy, v.Agent, next.Name, v.Name+" is released"); err != nil {
		return err
	}
	if err := t.makeWay(resource.System, v, next.Name, pl.Spec.Spec.Resolved().Concurrency); err != nil {
		return err
	}
	// Whoever took it here is whom the approval of the next release keeps apart.
	_, err = t.openRelease(rel.CreatedBy, v, rs, fmt.Sprintf("promoted in %s by release %s", rel.Environment, rel.ID))
	return err
}

// notByItself says why a release into an environment does not start by itself, ""
// when it does.
func (t *tx) notByItself(v resource.Version, rs resource.ReleaseStage, how blueprint.Concurrency) (string, error) {
	switch err := t.c.mayRelease(t, v, rs); {
	case fault.Is(err, fault.Blocked), fault.Is(err, fault.Conflict):
		return sentenceOf(err), nil
	case err != nil:
		return "", err
	}
	d, err := t.Deployment(v.Agent, rs.Stage.Name)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", err
	}
	if d.Stable != "" && !d.Stopped {
		serving, err := t.VersionByDigest(v.Agent, d.Stable)
		if err != nil {
			return "", err
		}
		if serving.Number > v.Number {
			return fmt.Sprintf("the newer %s serves in %s", serving.Name, rs.Stage.Name), nil
		}
	}
	list, err := unfinishedIn(t, v.Agent, rs.Stage.Name)
	if err != nil {
		return "", err
	}
	if len(list) >= maxWaiting {
		return tooManyWait(v.Agent, rs.Stage.Name, len(list)), nil
	}
	for _, other := range list {
		switch {
		case other.Drill:
		case other.State == resource.ReleasePaused:
			return fmt.Sprintf("release %s of v%d is held in %s", other.ID, other.Version, rs.Stage.Name), nil
		case other.Version >= v.Number:
			return fmt.Sprintf("release %s of v%d, which is not older, is under way in %s", other.ID, other.Version, rs.Stage.Name), nil
		case how == blueprint.ConcurrencyRefuse:
			return fmt.Sprintf("release %s of v%d is under way in %s, and the pipeline refuses a second one", other.ID, other.Version, rs.Stage.Name), nil
		}
	}
	return "", nil
}
