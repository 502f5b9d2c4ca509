package control

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Invoke runs an agent. The run is returned with its steps; outcome waiting means
// that a human has to approve a call first. fault.NotFound when nothing serves;
// fault.Unavailable when serving is stopped. A run that has begun goes on when
// the caller goes away. Developer or operator, or an agent or service token of any
// role.
func (c *Control) Invoke(ctx context.Context, p Principal, agent string, r InvokeRequest) (resource.Run, error) {
	run, err := c.newRun(p, agent, r)
	if err != nil {
		return resource.Run{}, err
	}
	if run.Release, err = c.previewed(ctx, run, r); err != nil {
		return resource.Run{}, err
	}
	c.runs.Add(1)
	defer c.runs.Done()
	run, loaded, err := c.begin(ctx, run, r.Session != "")
	if err != nil {
		return run, err
	}
	return c.drive(context.WithoutCancel(ctx), loaded, run, nil, agentrun.Grant{})
}

// newRun is the run that p asks for, not routed and not stored yet.
func (c *Control) newRun(p Principal, agent string, r InvokeRequest) (run resource.Run, err error) {
	if program := p.Actor.Kind == "agent" || p.Actor.Kind == "service"; !program || len(p.Roles) == 0 {
		if err := need(p, resource.RoleDeveloper, resource.RoleOperator); err != nil {
			return run, err
		}
	}
	if n := utf8.RuneCountInString(r.Session); n > 256 {
		return run, fault.New(fault.Invalid, "a session is at most 256 characters; this one has %d", n)
	}
	run = resource.Run{ID: c.cfg.NewID("run"), Agent: agent, Environment: cmp.Or(r.Environment, Production), Mode: resource.RunLive, Session: r.Session,
		Principal: p.Actor, Input: r.Input, Outcome: resource.OutcomeRunning, StartedAt: c.now(), Revision: 1}
	run.Session = cmp.Or(run.Session, run.ID)
	return run, nil
}

// begin routes the session, checks the input and stores the new run. keep says
// whether the session is to be found again by later runs.
func (c *Control) begin(ctx context.Context, run resource.Run, keep bool) (resource.Run, *loadedVersion, error) {
	var pin SessionPin
	if err := c.view(ctx, func(rd Reader) (err error) { pin, err = c.pinFor(rd, run); return err }); err != nil {
		return run, nil, err
	}
	loaded, err := c.load(ctx, run.Agent, pin.Digest, run.Environment, canaryOf(pin.Canary, pin.Release))
	if err != nil {
		return run, nil, err
	}
	if !run.Gateway || run.Input != nil { // a session's user may speak later, or not at all
		if err := loaded.checkInput(run.Input); err != nil {
			return run, nil, err
		}
	}
	err = c.update(ctx, func(t *tx) error {
		// Traffic may have moved since; the transaction has the last word.
		again, err := c.pinFor(t, run)
		if err != nil {
			return err
		}
		if again.Digest != pin.Digest || canaryOf(again.Canary, again.Release) != canaryOf(pin.Canary, pin.Release) {
			return errMoved
		}
		run.Digest, run.Version = again.Digest, loaded.version.Number
		if err := t.numberDraw(&again, run.ID); err != nil {
			return err
		}
		run.Release, run.Canary, run.Weight, run.Draw = again.Release, again.Canary, again.Weight, again.Draw
		if err := t.InsertRun(run); err != nil {
			return err
		}
		if err := t.watchMissing(run); err != nil {
			return err
		}
		if !keep || pin.At == 0 {
			return nil // a session of one run needs no memory, a preview leaves none
		}
		return t.PutSessionVersion(run.Agent, run.Environment, run.Session, again)
	})
	if err == errMoved {
		return c.begin(ctx, run, keep)
	}
	return run, loaded, err
}

// canaryOf is the release whose candidate serves, "" when what was promoted does.
func canaryOf(candidate bool, rel string) string {
	if !candidate {
		return ""
	}
	return cmp.Or(rel, "unknown")
}

var errMoved = fault.New(fault.Conflict, "traffic moved while the run was being routed")

func (c *Control) pinFor(r Reader, run resource.Run) (SessionPin, error) {
	if run.Release != "" {
		return previewPin(r, run)
	}
	d, err := r.Deployment(run.Agent, run.Environment)
	if fault.Is(err, fault.NotFound) {
		if err := knownEnvironment(r, run.Environment); err != nil {
			return SessionPin{}, err
		}
		d = resource.Deployment{Agent: run.Agent, Environment: run.Environment}
	} else if err != nil {
		return SessionPin{}, err
	}
	if d.Drill { // its candidate gets the drill's own runs and no session
		d.Candidate, d.Weight, d.Release = "", 0, ""
	}
	var pin *SessionPin
	mayStay := false
	got, err := r.SessionVersion(run.Agent, run.Environment, run.Session)
	switch {
	case err == nil:
		pin = &got
		if got.Digest != d.Stable && got.Digest != d.Candidate {
			if mayStay, err = servedBefore(r, run, got.Digest); err != nil {
				return got, err
			}
		}
	case !fault.Is(err, fault.NotFound):
		return got, err
	}
	return route(d, run.Session, pin, mayStay, run.StartedAt)
}

// servedBefore reports whether a version that was replaced may go on serving the
// sessions that it has: it had all traffic here, was not rolled back, and is not
// in quarantine; or its rollback lets sessions finish.
func servedBefore(r Reader, run resource.Run, digest string) (bool, error) {
	v, err := r.VersionByDigest(run.Agent, digest)
	if err != nil {
		return false, err
	}
	if keeps, err := finishes(r, v, run.Environment); err != nil || keeps || v.Quarantine != nil {
		return keeps, err
	}
	snaps, err := r.Snapshots(run.Agent, run.Environment)
	return slices.ContainsFunc(snaps, func(s resource.Snapshot) bool { return s.Digest == digest && s.RetiredAt == 0 }), err
}

// checkInput holds an input against the blueprint's input schema.
func (l *loadedVersion) checkInput(input any) error {
	if input == nil || input == "" {
		return fault.New(fault.Invalid, "the request has no input; send it as the field \"input\"")
	}
	if agentrun.TooDeep(input) {
		return fault.New(fault.Invalid, "the input is nested deeper than %d; send it flatter", agentrun.MaxDepth)
	}
	if l.input == nil {
		return nil
	}
	fs := l.input.Check(input)
	if len(fs) == 0 {
		return nil
	}
	err := fault.New(fault.Invalid, "the input does not fit the input schema of %s", l.version.Name)
	for _, f := range fs {
		err = err.With(fault.Detail{Path: strings.TrimPrefix("input."+f.Path, "."), Code: f.Rule, Message: f.Message, Fix: f.Remediation})
	}
	return err
}

// drive makes a run, or goes on with one from a checkpoint.
func (c *Control) drive(ctx context.Context, l *loadedVersion, run resource.Run, cp *agentrun.Checkpoint, g agentrun.Grant) (resource.Run, error) {
	u := c.usageOf(l, run)
	j := &journal{c: c, revision: run.Revision, usage: u}
	tools, err := c.cfg.Adapters.Open(ctx, l.version.Manifest, l.version.Digest)
	if err != nil {
		return c.endUnstarted(ctx, j, run, err)
	}
	runner := &agentrun.Runner{Model: l.model, Tools: tools, Journal: j, Now: c.cfg.Now, Logger: c.cfg.Logger}
	if cp == nil {
		run, err = runner.Run(ctx, c.spec(ctx, l, u))
	} else {
		run, err = runner.Resume(ctx, c.spec(ctx, l, u), *cp, g)
	}
	run.Revision = j.revision
	if j.approval != "" {
		run.Approval = j.approval
	}
	return run, err
}

// endUnstarted ends a run whose tools could not be reached.
func (c *Control) endUnstarted(ctx context.Context, j *journal, run resource.Run, cause error) (resource.Run, error) {
	run.Outcome, run.Code, run.Message = resource.OutcomeError, resource.ToolError, sentenceOf(cause)
	run.EndedAt = c.now()
	run.LatencyMs = int64(run.EndedAt - run.StartedAt)
	err := j.Record(ctx, agentrun.Checkpoint{Run: run})
	run.Revision = j.revision
	return run, err
}
