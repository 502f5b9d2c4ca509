package control

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// storePipeline stores a pipeline in place of what was there, and records whose
// agents it changes and in what it asks less.
func (t *tx) storePipeline(p Principal, pl, was resource.Pipeline) error {
	var easier []string
	if was.Revision > 0 {
		for _, e := range ease(&pl, was, pl.UpdatedAt, p.Actor) {
			for _, what := range e.What {
				easier = append(easier, strings.TrimPrefix(e.Environment+": "+what, ": "))
			}
		}
	}
	agents, err := t.agentsChanged(pl.Name, &pl)
	if err != nil {
		return err
	}
	if err := t.PutPipeline(pl); err != nil {
		return err
	}
	attrs := map[string]string{"revision": strconv.FormatInt(pl.Revision, 10), "environments": strings.Join(pipeline.Names(pl), ","),
		"agents": listed(agents), "asksLess": listed(easier)}
	if !was.BuiltIn {
		attrs["was"] = was.Digest
	}
	return t.recordPipeline(p, pl, "pipeline.put", attrs)
}

// maxListed is how many names or sentences a ledger entry lists.
const maxListed = 50

// listed is a list as one attribute of a ledger entry.
func listed(list []string) string {
	if n := len(list) - maxListed; n > 0 {
		return strings.Join(list[:maxListed], "; ") + fmt.Sprintf("; and %d more", n)
	}
	return strings.Join(list, "; ")
}

// agentsChanged are the agents with a deployment whose pipeline changes when the
// one of that name becomes another one, or goes.
func (t *tx) agentsChanged(name string, to *resource.Pipeline) ([]string, error) {
	before, err := t.Pipelines()
	if err != nil {
		return nil, err
	}
	after := slices.DeleteFunc(slices.Clone(before), func(o resource.Pipeline) bool { return o.Name == name })
	if to != nil {
		after = append(after, *to)
	}
	ds, err := t.Deployments("")
	if err != nil {
		return nil, err
	}
	var agents []string
	for _, d := range ds {
		if d.Stable == "" || slices.Contains(agents, d.Agent) {
			continue
		}
		v, err := t.VersionByDigest(d.Agent, d.Stable)
		if err != nil {
			return nil, err
		}
		if pipeline.For(before, d.Agent, ownerOf(v)).Name == name || pipeline.For(after, d.Agent, ownerOf(v)).Name == name {
			agents = append(agents, d.Agent)
		}
	}
	slices.Sort(agents)
	return agents, nil
}

// ownerOf is the owner that a version's blueprint names.
func ownerOf(v resource.Version) string {
	if v.Manifest == nil {
		return ""
	}
	return v.Manifest.Blueprint.Metadata.Owner
}

// makersOf are the people who put the rules of a pipeline: who put it first and
// last, and who made it ask less.
func makersOf(p resource.Pipeline) []string {
	var out []string
	add := func(a resource.Actor) {
		if a.Name != "" && a != resource.System && !slices.ContainsFunc(out, samePerson(a.Name)) {
			out = append(out, a.Name)
		}
	}
	add(p.CreatedBy)
	add(p.UpdatedBy)
	for _, e := range p.Eased {
		add(e.By)
	}
	slices.Sort(out)
	return out
}

// ease notes on a pipeline in what its rules ask less than those of what was
// there, by environment. An easing is kept once for each environment and person.
func ease(pl *resource.Pipeline, was resource.Pipeline, at resource.Millis, by resource.Actor) []resource.Easing {
	var fresh []resource.Easing
	add := func(env string, what []string) {
		if len(what) > 0 {
			fresh = append(fresh, resource.Easing{Environment: env, At: at, By: by, What: what})
		}
	}
	for _, env := range pipeline.Names(*pl) {
		before, errBefore := pipeline.StageOf(was, env, false)
		after, err := pipeline.StageOf(*pl, env, false)
		switch {
		case err != nil:
		case errBefore != nil:
			add(env, []string{"the environment " + env + " is new in the pipeline"})
		default:
			add(env, pipeline.Weaker(before, after))
		}
	}
	add("", pipeline.WeakerHotfix(was.Spec.Spec.Hotfix, pl.Spec.Spec.Hotfix))
	pl.Eased = slices.DeleteFunc(slices.Clone(was.Eased), func(e resource.Easing) bool {
		return slices.ContainsFunc(fresh, func(f resource.Easing) bool { return f.Environment == e.Environment && f.By == e.By })
	})
	pl.Eased = append(pl.Eased, fresh...)
	return fresh
}
