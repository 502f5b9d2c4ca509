package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/folder"
	"github.com/aureus-agents/aureus/resource"
)

// asking is how many agents are planned at once: the server starts their tools.
const asking = 4

// planned asks the server what pushing each declared agent would do. What is wrong
// with any of them comes back as one error.
func (r *folderRun) planned(ctx context.Context) ([]folder.Agent, error) {
	out, refused, err := r.plans(ctx)
	if err != nil || len(refused) == 0 {
		return out, err
	}
	wrong := fault.New(fault.Blocked, "the server does not take what the folder says; nothing was changed")
	for _, a := range r.agents {
		if e := refused[a.bp.Metadata.Name]; e != nil {
			wrong = wrong.With(placed(a, e)...)
		}
	}
	return nil, wrong
}

// plans asks the server for the plan of each declared agent, and why it refuses
// those that it would not register, by name.
func (r *folderRun) plans(ctx context.Context) ([]folder.Agent, map[string]*client.Error, error) {
	plans, errs := make([]resource.PushPlan, len(r.agents)), make([]error, len(r.agents))
	var wg sync.WaitGroup
	places := make(chan struct{}, asking)
	for i, a := range r.agents {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			req := resource.PushRequest{Blueprint: a.bp}
			plans[i], errs[i] = retry(ctx, r.ciRun, func() (resource.PushPlan, error) { return r.c.PlanPush(ctx, req) })
		})
	}
	wg.Wait()
	var out []folder.Agent
	refused := map[string]*client.Error{}
	for i, a := range r.agents {
		var e *client.Error
		switch err := errs[i]; {
		case err == nil:
			out = append(out, folder.Agent{Declared: r.declaredAs(a), Owner: a.bp.Metadata.Owner, Plan: plans[i]})
		case errors.As(err, &e) && (e.Code == client.Blocked || e.Code == client.Invalid):
			refused[a.bp.Metadata.Name] = e
		default:
			return nil, nil, exitError{fault.Wrap(err, fault.CodeOf(err), "%s cannot be planned", a.out.File), exitStatus(err)}
		}
	}
	return out, refused, nil
}

func (r *folderRun) declaredAs(a *ciAgent) folder.Declared {
	i := slices.IndexFunc(r.declared, func(d folder.Declared) bool { return d.Kind == blueprint.KindAgent && d.Name == a.bp.Metadata.Name })
	return r.declared[i]
}

// placed are a server's problems with a blueprint at the lines where it is written.
func placed(a *ciAgent, e *client.Error) []fault.Detail {
	if len(e.Details) == 0 {
		return []fault.Detail{{File: a.out.File, Message: e.Detail}}
	}
	out := make([]fault.Detail, 0, len(e.Details))
	for _, d := range e.Details {
		f := fault.Detail(d)
		p := a.src.TextPosition(d.Path, d.Line)
		f.File, f.Line, f.Column = p.File, p.Line, p.Column
		out = append(out, f)
	}
	return out
}

// plan is what applying the folder does.
func (r *folderRun) plan(ctx context.Context, release string, prune bool) (folder.Plan, error) {
	agents, err := r.planned(ctx)
	if err != nil {
		return folder.Plan{}, err
	}
	var others []resource.AgentSummary
	if prune {
		if others, err = r.undeclared(ctx); err != nil {
			return folder.Plan{}, err
		}
	}
	pipelines, err := r.planPipelines(ctx, prune)
	return folder.Make(pipelines, agents, release, others), err
}

// undeclared are the server's agents that are in the scope and not in the folder.
func (r *folderRun) undeclared(ctx context.Context) ([]resource.AgentSummary, error) {
	l, err := retry(ctx, r.ciRun, func() (client.List[resource.AgentSummary], error) { return r.c.Agents(ctx) })
	if err != nil {
		return nil, err
	}
	var out []resource.AgentSummary
	for _, a := range l.Items {
		if slices.ContainsFunc(r.agents, func(d *ciAgent) bool { return d.bp.Metadata.Name == a.Name }) {
			continue
		}
		var labels map[string]string
		if len(r.scope.selectors) > 0 { // labels are in the version
			v, err := retry(ctx, r.ciRun, func() (resource.Version, error) { return r.c.Version(ctx, a.Name) })
			if err != nil {
				return nil, err
			}
			labels = v.Manifest.Blueprint.Metadata.Labels
		}
		if r.scope.has(a.Owner, labels) {
			out = append(out, a)
		}
	}
	return out, nil
}

// carryOut does what a plan says, in its order; tell is told of each thing done. A
// release that is not let out does not keep the others back.
func (r *folderRun) carryOut(ctx context.Context, plan folder.Plan, tell func(name, what string)) error {
	if err := r.putPipelines(ctx, plan, tell); err != nil {
		return err
	}
	for _, i := range plan.Items {
		if i.Kind == blueprint.KindPipeline {
			continue
		}
		if i.Action == folder.Retire {
			if err := r.retire(ctx, i, tell); err != nil {
				return err
			}
			continue
		}
		at := slices.IndexFunc(r.agents, func(a *ciAgent) bool { return a.bp.Metadata.Name == i.Name })
		if err := r.carryOutAgent(ctx, r.agents[at], i, tell); err != nil {
			return err
		}
	}
	if err := r.deletePipelines(ctx, plan, tell); err != nil {
		return err
	}
	return r.startReleases(ctx, plan, tell)
}

// startReleases starts the releases of a plan.
func (r *folderRun) startReleases(ctx context.Context, plan folder.Plan, tell func(name, what string)) error {
	var late []error
	var moving []resource.Release
	for _, i := range plan.Items {
		if i.Release == "" {
			continue
		}
		at := slices.IndexFunc(r.agents, func(a *ciAgent) bool { return a.bp.Metadata.Name == i.Name })
		rel, err := r.started(ctx, r.agents[at])
		switch {
		case err != nil:
			tell(i.Name, "no release: "+sentence(err))
			late = append(late, err)
		case rel == nil:
			tell(i.Name, "serves in "+i.Release+" already")
		default:
			tell(i.Name, "release "+rel.ID+" into "+i.Release+": "+string(rel.State))
			moving = append(moving, *rel)
		}
	}
	if !r.o.wait {
		moving = nil
	}
	ends := r.followAll(ctx, moving, tell)
	switch {
	case len(late) > 0:
		return exitError{fault.New(fault.CodeOf(late[0]), "%d releases could not be started: %s", len(late), sentence(late[0])), exitStatus(late[0])}
	case len(ends) > 0:
		return exitError{fault.New(fault.CodeOf(ends[0]), "%d of %d releases are not promoted: %s", len(ends), len(moving), sentence(ends[0])), exitStatus(ends[0])}
	}
	return nil
}

// followAll follows releases one after the other, which move at the same time, and
// gives how those stand that are not promoted: what failed before what waits.
func (r *folderRun) followAll(ctx context.Context, moving []resource.Release, tell func(name, what string)) (ends []error) {
	for _, rel := range moving {
		rel, err := r.follow(ctx, rel)
		if err == nil {
			err = releaseEnd(rel)
		}
		tell(rel.Agent, "release "+rel.ID+" into "+rel.Environment+": "+string(rel.State))
		if err != nil {
			ends = append(ends, err)
		}
	}
	waits := func(err error) int {
		if fault.Is(err, fault.Waiting) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(ends, func(a, b error) int { return cmp.Compare(waits(a), waits(b)) })
	return ends
}

func (r *folderRun) retire(ctx context.Context, i folder.Item, tell func(name, what string)) error {
	reason := r.o.reason
	if reason == "" {
		reason = "it is not in the folder that was applied; " + ciReason(buildOf(r.e, r.o.build))
	}
	_, err := retry(ctx, r.ciRun, func() (client.List[resource.Deployment], error) { return r.c.Retire(ctx, i.Name, reason) })
	if err == nil {
		tell(i.Name, "retired")
	}
	return err
}

// carryOutAgent registers an agent's version; of one that is registered it is
// looked up when it is to be released.
func (r *folderRun) carryOutAgent(ctx context.Context, a *ciAgent, i folder.Item, tell func(name, what string)) error {
	if i.Action == folder.Keep {
		a.version = resource.Version{Agent: i.Name, Name: i.Version, Digest: i.Digest}
		return nil
	}
	req, err := pushRequest(ctx, r.e, r.o.build, a.out.File, a.bp, a.src)
	if err != nil {
		return err
	}
	res, err := retry(ctx, r.ciRun, func() (resource.PushResult, error) { return r.c.Push(ctx, req) })
	if err != nil {
		return err
	}
	a.version = res.Version
	what := "registered"
	if !res.Created {
		what = "was registered meanwhile"
	}
	tell(i.Name, res.Version.Name+" "+what)
	return nil
}
