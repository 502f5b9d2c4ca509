package control

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// storePipeline stores a pipeline in place of what was there, and records whose
// agents it changes and in what it asks less.
func (t *tx) storePipeline(p Principal, pl, was resource.Pipeline) error {
	var easier []string
	if was.Revision > 0 {
		for _, e := range ease(&pl, was, pl.UpdatedAt, p.Actor) {
			if len(e.Names) > 0 {
				continue // the entry's agents say it
			}
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

// ease notes on a pipeline in what its rules ask less than those of what was
// there, by environment, and whom it names or names no more. An easing is kept once
// for each environment and person.
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
	if names := otherNames(was.Spec.Spec, pl.Spec.Spec); len(names) > 0 {
		fresh = append(fresh, resource.Easing{At: at, By: by, Names: names, What: []string{"it names others: " + listed(names)}})
	}
	pl.Eased = onceEach(append(slices.Clone(was.Eased), fresh...))
	return fresh
}

// otherNames are the agents and owners that one of two pipelines names and the
// other one does not, sorted.
func otherNames(was, is blueprint.PipelineSpec) []string {
	a, b := slices.Concat(was.Agents, was.Owners), slices.Concat(is.Agents, is.Owners)
	var out []string
	for _, n := range slices.Concat(a, b) {
		if slices.Contains(a, n) != slices.Contains(b, n) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// onceEach keeps the newest easing of each environment and person, and of what
// they had the pipeline name everything.
func onceEach(all []resource.Easing) []resource.Easing {
	var out []resource.Easing
	for _, e := range all {
		i := slices.IndexFunc(out, func(o resource.Easing) bool {
			return o.Environment == e.Environment && o.By == e.By && len(o.Names) > 0 == (len(e.Names) > 0)
		})
		if i < 0 {
			out = append(out, e)
			continue
		}
		older := out[i]
		if older.At > e.At {
			older, e = e, older
		}
		if len(e.Names) > 0 {
			e.Names = slices.Concat(older.Names, e.Names)
			slices.Sort(e.Names)
			e.Names = slices.Compact(e.Names)
		}
		out = append(slices.Delete(out, i, i+1), e)
	}
	return out
}

// answerFor has a person who puts a pipeline as it is answer for what programs
// put of it: who wrote that is not known.
func (t *tx) answerFor(p Principal, pl *resource.Pipeline) error {
	var programs []string
	answer := func(a *resource.Actor) {
		if a.Name != "" && a.Kind != "human" {
			programs = addMaker(programs, *a)
			*a = p.Actor
		}
	}
	if p.Actor.Kind != "human" {
		return nil
	}
	pl.Eased = slices.Clone(pl.Eased)
	for i := range pl.Eased {
		answer(&pl.Eased[i].By)
	}
	answer(&pl.CreatedBy)
	answer(&pl.UpdatedBy)
	if len(programs) == 0 {
		return nil
	}
	pl.Eased = onceEach(pl.Eased)
	pl.Revision, pl.UpdatedAt, pl.UpdatedBy = pl.Revision+1, t.c.now(), p.Actor
	if err := t.PutPipeline(*pl); err != nil {
		return err
	}
	return t.recordPipeline(p, *pl, "pipeline.put", map[string]string{"revision": strconv.FormatInt(pl.Revision, 10), "answersFor": listed(programs)})
}
