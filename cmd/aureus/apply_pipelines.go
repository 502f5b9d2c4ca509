package main

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/folder"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// declares reports whether a pipeline of the folder has an environment.
func (r *folderRun) declares(environment string) bool {
	return slices.ContainsFunc(r.pipelines, func(p folder.Pipeline) bool {
		return slices.Contains(pipeline.Names(resource.Pipeline{Spec: p.Spec}), environment)
	})
}

func (r *folderRun) serverPipelines(ctx context.Context) ([]resource.Pipeline, error) {
	l, err := retry(ctx, r.ciRun, func() (client.List[resource.Pipeline], error) { return r.c.Pipelines(ctx) })
	return l.Items, err
}

// planPipelines says what becomes of the pipelines. Two that would name the same
// agent or owner when all is done are refused before anything is.
func (r *folderRun) planPipelines(ctx context.Context, prune bool) ([]folder.Item, error) {
	have, err := r.serverPipelines(ctx)
	if err != nil {
		return nil, err
	}
	items, err := folder.Pipelines(r.pipelines, have, func(m blueprint.PipelineMetadata) bool { return prune && r.scope.has(m.Owner, m.Labels) })
	if err != nil {
		return nil, err
	}
	stay := slices.DeleteFunc(slices.Clone(have), func(p resource.Pipeline) bool {
		return p.BuiltIn || slices.ContainsFunc(items, func(i folder.Item) bool { return i.Name == p.Name })
	})
	if wrong := clashes(r.pipelines, stay); len(wrong) > 0 {
		return nil, fault.New(fault.Invalid, "the folder's pipelines do not go with those of the server; nothing was changed").With(wrong...)
	}
	return items, nil
}

// putPipelines puts the pipelines of a plan. One that names what another one lets
// go of has to come after it, so what conflicts is tried again as long as others
// get on.
func (r *folderRun) putPipelines(ctx context.Context, plan folder.Plan, tell func(name, what string)) error {
	var todo []folder.Pipeline
	for _, i := range plan.Items {
		if i.Kind == blueprint.KindPipeline && (i.Action == folder.Create || i.Action == folder.Change) {
			at := slices.IndexFunc(r.pipelines, func(p folder.Pipeline) bool { return p.Name == i.Name })
			todo = append(todo, r.pipelines[at])
		}
	}
	for gone := false; len(todo) > 0; {
		var again []folder.Pipeline
		var conflict error
		for _, p := range todo {
			put, err := retry(ctx, r.ciRun, func() (resource.Pipeline, error) { return r.c.PutPipeline(ctx, p.Spec, 0) })
			var e *client.Error
			switch {
			case err == nil:
				tell(p.Name, "pipeline at revision "+strconv.FormatInt(put.Revision, 10))
			case errors.As(err, &e) && e.Code == client.Conflict:
				again, conflict = append(again, p), err
			default:
				return err
			}
		}
		if len(again) == len(todo) {
			if gone {
				return conflict
			}
			// A pipeline that goes may hold what they name: it goes first then.
			if err := r.deletePipelines(ctx, plan, tell); err != nil {
				return err
			}
			gone = true
		}
		todo = again
	}
	return nil
}

// deletePipelines deletes the pipelines that are not in the folder; one that is
// gone is as it should be.
func (r *folderRun) deletePipelines(ctx context.Context, plan folder.Plan, tell func(name, what string)) error {
	for _, i := range plan.Items {
		if i.Kind != blueprint.KindPipeline || i.Action != folder.Retire {
			continue
		}
		_, err := retry(ctx, r.ciRun, func() (struct{}, error) { return struct{}{}, r.c.DeletePipeline(ctx, i.Name) })
		var e *client.Error
		if errors.As(err, &e) && e.Code == client.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		tell(i.Name, "pipeline deleted")
	}
	return nil
}
