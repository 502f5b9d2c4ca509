package control

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// footing is an earlier release of an agent that the rules of another one are held
// against, with what became of its pipeline since.
type footing struct {
	rel     resource.Release
	was     *resource.Pipeline // as it is now; nil when it is gone
	deleted []deletion         // since the release
}

func (t *tx) footing(rel resource.Release) (f footing, err error) {
	f.rel = rel
	if f.was, err = t.pipelineNow(rel.Stage.Pipeline); err != nil {
		return f, err
	}
	f.deleted, err = deletionsOf(t, rel.Stage.Pipeline, rel.CreatedAt)
	return f, err
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

// stage says in what the stage of a release asks less than the pipeline of the
// earlier one did for that environment, and whom that one asked. here: the earlier
// one was in the environment, so that its own stage was compared already.
func (f footing) stage(rel resource.Release, is *resource.Pipeline, here bool) (before []blueprint.ApprovalRule, what []string) {
	what = f.gone()
	if f.was == nil {
		return nil, what
	}
	if f.was.Name != rel.Stage.Pipeline {
		s, err := pipeline.StageOf(*f.was, rel.Environment, false)
		switch {
		case err == nil:
			before, what = s.Stage.Approvals, append(what, pipeline.Weaker(s, rel.Stage)...)
		case !here:
			what = append(what, fmt.Sprintf("the pipeline %s, by which it went out before, has no environment %s", f.was.Name, rel.Environment))
		}
		if !here {
			what = append(what, f.eased(*f.was, rel.Environment)...)
		}
	}
	if is != nil && (!here || f.was.Name == is.Name) {
		what = append(what, f.eased(*is, rel.Environment)...)
	}
	return before, what
}

// path says in what the hotfix path of a release asks less than that of the
// earlier one, which was a hotfix or the agent's first release.
func (f footing) path(rel resource.Release, is *resource.Pipeline) []string {
	what := f.gone()
	other := f.was != nil && f.was.Name != rel.Stage.Pipeline
	switch {
	case f.rel.Stage.Hotfix != nil:
		what = append(what, pipeline.WeakerHotfix(f.rel.Stage.Hotfix, rel.Stage.Hotfix)...)
	case other:
		what = append(what, pipeline.WeakerHotfix(f.was.Spec.Spec.Hotfix, rel.Stage.Hotfix)...)
		what = append(what, f.eased(*f.was, "")...)
	}
	if is != nil && !(other && f.rel.Stage.Hotfix != nil) {
		what = append(what, f.eased(*is, "")...)
	}
	return what
}

// gone says that the pipeline of the release is gone, or was in between.
func (f footing) gone() []string {
	name := f.rel.Stage.Pipeline
	before := fmt.Sprintf("the pipeline %s, by which it went out before, is gone", name)
	switch {
	case f.was == nil && len(f.deleted) == 0:
		return []string{before}
	case len(f.deleted) == 0:
		return nil
	case f.was == nil || f.was.BuiltIn:
		var by []string
		for _, d := range f.deleted {
			by = append(by, d.By.Name)
		}
		return []string{before + " (deleted by " + strings.Join(by, ", ") + ")"}
	}
	return []string{fmt.Sprintf("the pipeline %s was deleted, and put again by %s", name, f.was.CreatedBy.Name)}
}

// eased says how a pipeline was made to ask less in an environment, or in its
// hotfix path, since the release.
func (f footing) eased(p resource.Pipeline, env string) []string {
	var out []string
	for _, e := range p.Eased {
		if e.At <= f.rel.CreatedAt || e.Environment != env || len(e.Names) > 0 {
			continue
		}
		for _, what := range e.What {
			out = append(out, what+" (by "+e.By.Name+")")
		}
	}
	return out
}

// footings are all that the release is held against.
func (c comparison) footings() []footing {
	if c.hotfix == nil {
		return c.before
	}
	return append(slices.Clone(c.before), *c.hotfix)
}
