package control

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// Nobody loosens the rules of an agent alone: a release whose rules ask less than
// those by which the agent went out before needs somebody else's yes, however the
// rules came to be other ones: by another owner in the blueprint, by another
// pipeline that names the agent, by a change of its pipeline, or by its deletion.

// comparison is what the rules of a release are held against.
type comparison struct {
	last   resource.Release // of the agent, in the environment or, without any there, anywhere
	here   bool             // last is of the environment
	is     *resource.Pipeline
	before []footing // the last release here; else the first and the last one anywhere
	// hotfix is what a hotfix path is held against: the last hotfix here, else the
	// first release anywhere. An ordinary release says nothing about it.
	hotfix *footing
}

// compareRules sets in what the rules of a release ask less than before.
func (t *tx) compareRules(rel *resource.Release, v resource.Version, d resource.Deployment) error {
	rel.Stage.Change = nil
	c, ok, err := t.rulesBefore(*rel)
	if err != nil || !ok {
		return err
	}
	change := resource.RuleChange{Release: c.last.ID, Pipeline: c.last.Stage.Pipeline, What: []string{}}
	least := blueprint.ApprovalRule{Count: 1}.Resolved()
	for _, r := range rel.Stage.Stage.Approvals {
		least.Expires = max(least.Expires, r.Expires) // it ends no request before the stage's own rules do
	}
	change.Approvals = []blueprint.ApprovalRule{least}
	add := func(before []blueprint.ApprovalRule, what ...string) {
		for _, w := range what {
			if !slices.Contains(change.What, w) {
				change.What = append(change.What, w)
			}
		}
		if len(what) > 0 && rel.Stage.Hotfix == nil {
			change.Approvals = append(change.Approvals, unlisted(before, rel.Stage.Stage.Approvals, change.Approvals)...)
		}
	}
	if c.here {
		add(c.last.Stage.Stage.Approvals, pipeline.Weaker(c.last.Stage, rel.Stage)...)
	}
	for _, f := range c.before {
		before, what := f.stage(*rel, c.is, c.here)
		add(before, what...)
	}
	if c.hotfix != nil {
		add(nil, c.hotfix.path(*rel, c.is)...)
	}
	if without := goesWithout(*rel, d); without != "" {
		add(nil, without)
	}
	if len(change.What) > 0 {
		c.answerable(rel, &change, ownerOf(v))
		rel.Stage.Change = &change
	}
	return nil
}

// rulesBefore finds what the rules of a release are held against: releases that
// got all traffic, whatever became of them since. false when there is none.
func (t *tx) rulesBefore(rel resource.Release) (c comparison, ok bool, err error) {
	first, last, ok, err := t.wentOut(rel.Agent)
	if err != nil || !ok {
		return c, false, err
	}
	hotfix := first
	if here, ok, err := t.lastOutIn(rel.Agent, rel.Environment, anyRelease); err != nil {
		return c, false, err
	} else if c.here = ok; ok {
		first, last = here, here
	}
	c.last = last
	if c.is, err = t.pipelineNow(rel.Stage.Pipeline); err != nil {
		return c, false, err
	}
	for _, r := range []resource.Release{first, last} {
		if len(c.before) > 0 && c.before[0].rel.ID == r.ID {
			continue
		}
		f, err := t.footing(r)
		if err != nil {
			return c, false, err
		}
		c.before = append(c.before, f)
	}
	if rel.Stage.Hotfix == nil {
		return c, true, nil
	}
	if r, ok, err := t.lastOutIn(rel.Agent, rel.Environment, func(r resource.Release) bool { return r.Stage.Hotfix != nil }); err != nil {
		return c, false, err
	} else if ok {
		hotfix = r
	}
	f, err := t.footing(hotfix)
	c.hotfix = &f
	return c, true, err
}

// wentOut are the first and the last release of an agent that got all traffic in
// any environment.
func (t *tx) wentOut(agent string) (first, last resource.Release, ok bool, err error) {
	ds, err := t.Deployments(agent)
	if err != nil {
		return first, last, false, err
	}
	for _, d := range ds {
		snaps, err := t.Snapshots(agent, d.Environment)
		if err != nil {
			return first, last, false, err
		}
		newest, found, err := t.outOf(snaps, anyRelease)
		if err != nil {
			return first, last, false, err
		}
		if !found {
			continue
		}
		slices.Reverse(snaps)
		oldest, _, err := t.outOf(snaps, anyRelease)
		if err != nil {
			return first, last, false, err
		}
		if !ok || oldest.CreatedAt < first.CreatedAt {
			first = oldest
		}
		if !ok || newest.CreatedAt > last.CreatedAt {
			last = newest
		}
		ok = true
	}
	return first, last, ok, nil
}

func anyRelease(resource.Release) bool { return true }

// lastOutIn is the release of an agent that last got all traffic in an
// environment, of those that are wanted.
func (t *tx) lastOutIn(agent, env string, wanted func(resource.Release) bool) (rel resource.Release, ok bool, err error) {
	snaps, err := t.Snapshots(agent, env)
	if err != nil {
		return rel, false, err
	}
	return t.outOf(snaps, wanted)
}

// outOf is the release of the first of the snapshots that is wanted and no drill's.
func (t *tx) outOf(snaps []resource.Snapshot, wanted func(resource.Release) bool) (rel resource.Release, ok bool, err error) {
	for _, s := range snaps {
		if rel, err = t.Release(s.Release); err != nil {
			return rel, false, err
		}
		if !rel.Drill && wanted(rel) {
			return rel, true, nil
		}
	}
	return resource.Release{}, false, nil
}

// goesWithout says what a release goes without because nothing serves that it
// could go beside, when something did before: the agent was taken off, or a
// rollback left nothing.
func goesWithout(rel resource.Release, d resource.Deployment) string {
	if !d.Stopped {
		return ""
	}
	var what []string
	if release.Strategy(rel) == blueprint.StrategyCanary {
		what = append(what, "canary")
	}
	if rel.Stage.Stage.Rollout.Shadow != nil && !rel.Stage.Skips(release.SkipShadow) {
		what = append(what, "shadow")
	}
	if len(what) == 0 {
		return ""
	}
	return fmt.Sprintf("nothing serves in %s (%s): the version gets all traffic at once, without %s", rel.Environment, d.Reason, strings.Join(what, " and "))
}

// unlisted are the rules that ask somebody and are in none of the lists.
func unlisted(rules []blueprint.ApprovalRule, lists ...[]blueprint.ApprovalRule) []blueprint.ApprovalRule {
	return slices.DeleteFunc(slices.Clone(rules), func(r blueprint.ApprovalRule) bool {
		return r.Count == 0 || slices.ContainsFunc(slices.Concat(lists...), func(o blueprint.ApprovalRule) bool { return reflect.DeepEqual(o, r) })
	})
}
