package control

import (
	"context"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// PutPipeline stores a pipeline, or a new revision of one; releases under way
// keep the stage that they began with. revision is the one that was read, 0 for
// whatever is there; fault.Conflict when somebody else changed it. The same content
// again changes nothing, but that a person who puts it answers for what a program put
// of it. fault.Invalid says what is wrong, with a detail for each
// problem. Admin or operator.
func (c *Control) PutPipeline(ctx context.Context, p Principal, spec blueprint.Pipeline, revision int64) (pl resource.Pipeline, err error) {
	if err := need(p, resource.RoleAdmin, resource.RoleOperator); err != nil {
		return pl, err
	}
	problems := spec.Problems()
	if len(problems) == 0 {
		problems = pipeline.Check(&spec)
	}
	if len(problems) > 0 {
		first := problems[0]
		return pl, fault.New(fault.Invalid, "the pipeline cannot be used: %s: %s; %s", first.Path, first.Message, first.Fix).With(problems...)
	}
	digest, err := blueprint.Digest(spec.Spec)
	if err != nil {
		return pl, err
	}
	err = c.update(ctx, func(t *tx) error {
		old, err := t.Pipeline(spec.Metadata.Name)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if revision != 0 && old.Revision == 0 {
			return fault.New(fault.Conflict, "nobody has put a pipeline %s yet, so there is no revision %d of it; leave the revision out", spec.Metadata.Name, revision)
		}
		if revision != 0 && old.Revision != revision {
			return fault.New(fault.Conflict, "the pipeline %s is at revision %d, not %d: somebody else changed it; read it again", spec.Metadata.Name, old.Revision, revision)
		}
		if err := t.noClash(spec); err != nil {
			return err
		}
		if same, err := samePipeline(old.Spec, spec); err != nil || same && old.Revision > 0 {
			if pl = old; err != nil {
				return err
			}
			return t.answerFor(p, &pl)
		}
		was := old
		if old.Revision == 0 && spec.Metadata.Name == pipeline.DefaultName {
			was = pipeline.BuiltIn()
		}
		if err := t.keepsEnvironments(was, &spec); err != nil {
			return err
		}
		pl = resource.Pipeline{Name: spec.Metadata.Name, Digest: digest, Spec: spec, Revision: old.Revision + 1,
			UpdatedAt: t.c.now(), UpdatedBy: p.Actor, CreatedAt: old.CreatedAt, CreatedBy: old.CreatedBy}
		if old.Revision == 0 {
			pl.CreatedAt, pl.CreatedBy = pl.UpdatedAt, pl.UpdatedBy
		}
		return t.storePipeline(p, pl, was)
	})
	return pl, err
}

// samePipeline reports whether two pipelines say the same, also of themselves.
func samePipeline(a, b blueprint.Pipeline) (bool, error) {
	one, err := blueprint.Digest(a)
	if err != nil {
		return false, err
	}
	two, err := blueprint.Digest(b)
	return one == two, err
}

// noClash refuses a pipeline that names an agent or owner that another one names.
func (t *tx) noClash(spec blueprint.Pipeline) error {
	all, err := t.Pipelines()
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.Name == spec.Metadata.Name {
			continue
		}
		if what := pipeline.Clash(spec, other.Spec); what != "" {
			return fault.New(fault.Conflict, "the pipeline %s already names the %s; remove it there first, or here", other.Name, what)
		}
	}
	return nil
}

func (t *tx) recordPipeline(p Principal, pl resource.Pipeline, action string, attrs map[string]string) error {
	return t.record(resource.Event{Actor: p.Actor, Action: action, SubjectKind: "pipeline", SubjectID: pl.Name, Digest: pl.Digest, Attrs: attrs})
}

// Pipeline is one pipeline by name; the built-in one when nobody put a default.
// Viewer.
func (c *Control) Pipeline(ctx context.Context, p Principal, name string) (pl resource.Pipeline, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return pl, err
	}
	err = c.view(ctx, func(r Reader) (err error) {
		if pl, err = r.Pipeline(name); fault.Is(err, fault.NotFound) && name == pipeline.DefaultName {
			pl, err = pipeline.BuiltIn(), nil
		}
		return err
	})
	return pl, err
}

// Pipelines lists pipelines, the built-in one with them unless it was replaced.
// Viewer.
func (c *Control) Pipelines(ctx context.Context, p Principal) (pls []resource.Pipeline, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { pls, err = allPipelines(r); return err })
	return pls, err
}

func allPipelines(r Reader) ([]resource.Pipeline, error) {
	pls, err := r.Pipelines()
	return pipeline.WithBuiltIn(pls), err
}

// DeletePipeline removes a pipeline: its agents go by the default one from then
// on. fault.Conflict while a release goes by it, or while something serves in an
// environment that no other pipeline has. Admin or operator.
func (c *Control) DeletePipeline(ctx context.Context, p Principal, name string) error {
	if err := need(p, resource.RoleAdmin, resource.RoleOperator); err != nil {
		return err
	}
	return c.update(ctx, func(t *tx) error {
		pl, err := t.Pipeline(name)
		if fault.Is(err, fault.NotFound) && name == pipeline.DefaultName {
			return fault.New(fault.Conflict, "the pipeline default is the built-in one and serves every agent that no other one names; put another one of that name to change it")
		}
		if err != nil {
			return err
		}
		if err := t.notNeeded(pl); err != nil {
			return err
		}
		agents, err := t.agentsChanged(name, nil)
		if err != nil {
			return err
		}
		if err := t.Tx.DeletePipeline(name, pl.Revision); err != nil {
			return err
		}
		if err := t.noteDeleted(name, p.Actor); err != nil {
			return err
		}
		return t.recordPipeline(p, pl, "pipeline.deleted", map[string]string{"agents": listed(agents)})
	})
}

// notNeeded is fault.Conflict while something needs the pipeline.
func (t *tx) notNeeded(pl resource.Pipeline) error {
	moving, err := t.Releases(ReleaseFilter{States: movingStates}, Page{Limit: 1000})
	if err != nil {
		return err
	}
	for _, rel := range moving {
		if rel.Stage.Pipeline == pl.Name {
			return fault.New(fault.Conflict, "release %s of %s@v%d goes by the pipeline %s; let it end, or cancel it first", rel.ID, rel.Agent, rel.Version, pl.Name)
		}
	}
	return t.keepsEnvironments(pl, nil)
}

// keepsEnvironments is fault.Conflict when a pipeline goes, or becomes another one,
// and something serves in an environment that no pipeline has then.
func (t *tx) keepsEnvironments(pl resource.Pipeline, to *blueprint.Pipeline) error {
	all, err := t.Pipelines()
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(o resource.Pipeline) bool { return o.Name == pl.Name })
	if to != nil {
		all = append(all, resource.Pipeline{Name: to.Metadata.Name, Spec: *to})
	}
	rest := pipeline.Environments(pipeline.WithBuiltIn(all))
	ds, err := t.Deployments("")
	if err != nil {
		return err
	}
	for _, d := range ds {
		known := slices.ContainsFunc(rest, func(e resource.Environment) bool { return e.Name == d.Environment })
		if !known && d.Stable != "" && slices.Contains(pipeline.Names(pl), d.Environment) {
			return fault.New(fault.Conflict, "%s serves in %s, which only the pipeline %s has; put that environment into another one, or retire the agent there", d.Agent, d.Environment, pl.Name)
		}
	}
	return nil
}

// pipelineOf is the pipeline that serves a version's agent now.
func pipelineOf(r Reader, v resource.Version) (resource.Pipeline, error) {
	all, err := r.Pipelines()
	if err != nil {
		return resource.Pipeline{}, err
	}
	return pipeline.For(all, v.Agent, ownerOf(v)), nil
}
