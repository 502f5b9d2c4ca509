package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// ciRun is one `aureus ci`.
type ciRun struct {
	e            *env
	o            ciOptions
	output       string
	c            *client.Client // nil without a server
	base         string         // address of the server
	agents       []*ciAgent
	environments []resource.Environment
}

// ciAgent is one blueprint on its way.
type ciAgent struct {
	out      ci.Agent
	bp       *blueprint.Agent
	src      *blueprint.Source
	version  resource.Version
	serving  map[string]resource.Deployment // by environment
	baseline string                         // digest
	err      error                          // why it does not pass
}

// all runs the steps. A commit goes out as a whole: nothing is registered before
// every blueprint is valid, and nothing released before every one passes.
func (r *ciRun) all(ctx context.Context) error {
	for _, a := range r.agents {
		r.validate(a)
	}
	if err := r.twice(); err != nil {
		return err
	}
	if err := r.verdict(); err != nil {
		return err
	}
	if r.c == nil {
		for _, a := range r.agents {
			r.checkHere(ctx, a)
		}
		return r.verdict()
	}
	if err := r.know(ctx); err != nil {
		return err
	}
	for _, a := range r.agents {
		r.check(ctx, a)
	}
	if err := r.verdict(); err != nil || !r.o.release {
		return err
	}
	for _, a := range r.agents {
		r.step(a, ci.StepRelease, func(s *ci.Step) error { return r.release(ctx, a, s) })
	}
	return r.verdict()
}

// twice refuses two files with one agent.
func (r *ciRun) twice() error {
	files := map[string]string{}
	for _, a := range r.agents {
		if a.bp == nil {
			continue
		}
		name := a.bp.Metadata.Name
		if other, ok := files[name]; ok {
			return fault.New(fault.Invalid, "the agent %q is in %s and in %s; a build has one version of an agent", name, other, a.out.File)
		}
		files[name] = a.out.File
	}
	return nil
}

// know asks the server for its environments, and refuses one that is not there.
func (r *ciRun) know(ctx context.Context) error {
	l, err := retry(ctx, r, func() (client.List[resource.Environment], error) { return r.c.Environments(ctx) })
	if err != nil {
		return err
	}
	var names []string
	for _, e := range l.Items {
		names = append(names, e.Name)
	}
	if !slices.Contains(names, r.o.environment) {
		return fault.New(fault.Invalid, "there is no environment %q; the environments are %v", r.o.environment, names)
	}
	r.environments = l.Items
	return nil
}

// step runs one step of an agent that has passed the ones before.
func (r *ciRun) step(a *ciAgent, name string, do func(s *ci.Step) error) {
	if a.err != nil {
		return
	}
	began := time.Now()
	s := ci.Step{Name: name, Verdict: ci.Pass}
	err := do(&s)
	s.Ms = time.Since(began).Milliseconds()
	if err != nil {
		s.Verdict = ciVerdict(err)
		if s.Message == "" {
			s.Message = err.Error()
		}
		a.err = err
	}
	a.out.Steps = append(a.out.Steps, s)
	fmt.Fprintf(r.e.stderr, "%s %s: %s\n", ci.Plain(a.out.File), name, s.Verdict)
}

// ciVerdict is the verdict of a step that ended with err.
func ciVerdict(err error) ci.Verdict {
	switch exitStatus(err) {
	case fault.ExitDone:
		return ci.Pass
	case fault.ExitWaiting:
		return ci.Wait
	case fault.ExitUsage, fault.ExitBlocked, fault.ExitVerify:
		return ci.Block
	}
	return ci.Fail
}

// graver orders exit statuses: what has to be known first comes first.
var graver = []int{fault.ExitUnreached, fault.ExitFailed, fault.ExitUsage, fault.ExitVerify, fault.ExitBlocked, fault.ExitWaiting}

// verdict is nil when every agent passes so far, and else the gravest error.
func (r *ciRun) verdict() error {
	var worst *ciAgent
	rank := func(a *ciAgent) int { return slices.Index(graver, exitStatus(a.err)) }
	failed := 0
	for _, a := range r.agents {
		if a.err == nil {
			continue
		}
		failed++
		if worst == nil || rank(a) < rank(worst) {
			worst = a
		}
	}
	if worst == nil {
		return nil
	}
	err := fault.New(fault.CodeOf(worst.err), "%s: %s", worst.out.File, sentence(worst.err))
	if failed > 1 {
		err = fault.New(err.Code, "%d of %d blueprints do not pass; %s", failed, len(r.agents), err.Message)
	}
	return exitError{err, exitStatus(worst.err)}
}

// sentence is an error as a user reads it, without its details, which the
// findings have.
func sentence(err error) string {
	if e, ok := asFault(err); ok {
		return e.Error()
	}
	return err.Error()
}

// result is what came of the run; err is its end.
func (r *ciRun) result(err error) ci.Result {
	res := ci.Result{Exit: exitStatus(err), Environment: r.o.environment, Server: r.base, Agents: []ci.Agent{}, Build: buildOf(r.e, r.o.build)}
	vs := []ci.Verdict{ciVerdict(err)}
	for _, a := range r.agents {
		res.Agents = append(res.Agents, a.out)
		if v := a.out.Verdict(); v != ci.Skip {
			vs = append(vs, v)
		}
	}
	res.Verdict = ci.Worst(vs...)
	if err != nil {
		res.Message = sentence(err)
	}
	return res
}
