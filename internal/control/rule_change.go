package control

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
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
	last resource.Release // of the agent, in the environment or, without any there, anywhere
	here bool             // last is of the environment
	was  *resource.Pipeline
	is   *resource.Pipeline // nil when it is gone since the release was started
}

// compareRules sets in what the rules of a release ask less than before.
func (t *tx) compareRules(rel *resource.Release, d resource.Deployment) error {
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
	switch {
	case c.was == nil:
		add(nil, fmt.Sprintf("the pipeline %s, by which it went out before, is gone", c.last.Stage.Pipeline))
	case c.was.Name != rel.Stage.Pipeline:
		before, err := pipeline.StageOf(*c.was, rel.Environment, false)
		if err == nil {
			add(before.Stage.Approvals, pipeline.Weaker(before, rel.Stage)...)
		} else if !c.here {
			add(nil, fmt.Sprintf("the pipeline %s, by which it went out before, has no environment %s", c.was.Name, rel.Environment))
		}
		if rel.Stage.Hotfix != nil {
			add(nil, pipeline.WeakerHotfix(c.was.Spec.Spec.Hotfix, rel.Stage.Hotfix)...)
		}
	case c.is != nil:
		add(nil, easedSince(*c.is, *rel, c.last)...)
	}
	if without := goesWithout(*rel, d); without != "" {
		add(nil, without)
	}
	if len(change.What) > 0 {
		rel.Stage.Change = &change
	}
	return nil
}

// rulesBefore finds what the rules of a release are held against: the release
// that last got all traffic, whatever became of it since. false when there is none.
func (t *tx) rulesBefore(rel resource.Release) (c comparison, ok bool, err error) {
	if c.last, c.here, ok, err = t.lastOut(rel.Agent, rel.Environment); err != nil || !ok {
		return c, false, err
	}
	if c.was, err = t.pipelineNow(c.last.Stage.Pipeline); err != nil {
		return c, false, err
	}
	c.is, err = t.pipelineNow(rel.Stage.Pipeline)
	return c, true, err
}

// lastOut is the release of an agent that last got all traffic in an environment,
// else in any other one.
func (t *tx) lastOut(agent, env string) (last resource.Release, here, ok bool, err error) {
	last, ok, err = t.lastOutIn(agent, env)
	if err != nil || ok {
		return last, true, ok, err
	}
	ds, err := t.Deployments(agent)
	if err != nil {
		return last, false, false, err
	}
	for _, d := range ds {
		rel, found, err := t.lastOutIn(agent, d.Environment)
		if err != nil {
			return last, false, false, err
		}
		if found && (!ok || rel.CreatedAt > last.CreatedAt) {
			last, ok = rel, true
		}
	}
	return last, false, ok, nil
}

func (t *tx) lastOutIn(agent, env string) (rel resource.Release, ok bool, err error) {
	snaps, err := t.Snapshots(agent, env)
	if err != nil {
		return rel, false, err
	}
	for _, s := range snaps {
		if rel, err = t.Release(s.Release); err != nil || !rel.Drill {
			return rel, err == nil, err
		}
	}
	return rel, false, nil
}

// pipelineNow is a pipeline as it is now, nil when there is none of that name.
func (t *tx) pipelineNow(name string) (*resource.Pipeline, error) {
	p, err := t.Pipeline(name)
	switch {
	case err == nil:
		return &p, nil
	case !fault.Is(err, fault.NotFound):
		return nil, err
	case name != pipeline.DefaultName:
		return nil, nil
	}
	p = pipeline.BuiltIn()
	return &p, nil
}

// easedSince says how a pipeline was made to ask less since a release of it.
func easedSince(p resource.Pipeline, rel, last resource.Release) []string {
	var out []string
	if p.CreatedAt > last.CreatedAt {
		out = append(out, fmt.Sprintf("the pipeline %s was deleted, and put again by %s", p.Name, p.CreatedBy.Name))
	}
	for _, e := range p.Eased {
		if e.At <= last.CreatedAt || e.Environment != rel.Environment && (e.Environment != "" || rel.Stage.Hotfix == nil) {
			continue
		}
		for _, what := range e.What {
			out = append(out, what+" (by "+e.By.Name+")")
		}
	}
	return out
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
	if rel.Stage.Stage.Rollout.Shadow != nil && !pipeline.Skips(rel.Stage, release.SkipShadow) {
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
