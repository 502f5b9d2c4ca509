package control

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// releaseWork is what a release's job works on, as it was when the job began.
type releaseWork struct {
	rel     resource.Release
	version resource.Version
}

// releaseStep does a release's job in state want: work returns the event that it
// ends with, and what to write with it. A job whose release has moved on since it
// was enqueued has nothing left to do.
func (c *Control) releaseStep(ctx context.Context, j Job, want resource.ReleaseState,
	work func(context.Context, releaseWork) (func(*tx, resource.Release) (release.Event, error), error)) (func(*tx) error, error) {
	w, pl, err := c.loadWork(ctx, j)
	if err != nil || w.rel.State != want || w.rel.Attempt != pl.Attempt {
		return nil, err
	}
	finish, err := work(ctx, w)
	if ctx.Err() != nil {
		// The server stops: what could not be asked any more says nothing about the
		// version. The next start does the step again.
		return nil, ctx.Err()
	}
	if err != nil {
		finish = c.giveUp(w.rel, err)
	}
	if finish == nil {
		return nil, again(err)
	}
	return func(t *tx) error {
		rel, err := t.Release(pl.Release)
		if err != nil || rel.State != want || rel.Attempt != pl.Attempt {
			return err
		}
		ev, err := finish(t, rel)
		if err != nil {
			return err
		}
		_, err = t.move(rel, ev)
		return err
	}, nil
}

func (c *Control) loadWork(ctx context.Context, j Job) (w releaseWork, pl releaseJobPayload, err error) {
	if err := json.Unmarshal(j.Payload, &pl); err != nil {
		return w, pl, fault.Wrap(err, fault.Invalid, "the job's payload does not name a release")
	}
	err = c.view(ctx, func(r Reader) (err error) {
		if w.rel, err = r.Release(pl.Release); err != nil {
			return err
		}
		w.version, err = r.VersionByDigest(w.rel.Agent, w.rel.Digest)
		return err
	})
	return w, pl, err
}

// checkRelease validates, simulates and evaluates; the gates then read the
// evidence of that.
func (c *Control) checkRelease(ctx context.Context, w releaseWork) (func(*tx, resource.Release) (release.Event, error), error) {
	if w.rel.Drill {
		return c.checkDrill(ctx, w)
	}
	claims, err := c.checks(ctx, w)
	if err != nil {
		return nil, err
	}
	signature, err := c.signatureGate(ctx, w.version) // nobody is asked about what was not signed
	if err != nil {
		return nil, err
	}
	return func(t *tx, rel resource.Release) (release.Event, error) {
		ev := release.Event{Kind: release.Checked, Actor: resource.System, Quorum: pipeline.Quorum(pipeline.Rules(rel.Stage, rel.Delta, rel.Tier))}
		for _, cl := range claims {
			if _, err := t.attest(cl); err != nil {
				return ev, err
			}
		}
		v, err := t.VersionByDigest(rel.Agent, rel.Digest)
		if err != nil {
			return ev, err
		}
		gates, err := c.checkGates(t, rel, v)
		if err != nil {
			return ev, err
		}
		if err := t.DropEvaluationRuns(releaseScope + rel.ID); err != nil {
			return ev, err
		}
		ev.Quorum = max(ev.Quorum, asked(claims))
		if unmet(rel) {
			ev.Quorum = max(ev.Quorum, 1)
		}
		ev.Gates = append([]resource.Gate{signature}, gates...)
		if ev.Again, err = c.lessThanApproved(t, rel, ev); err != nil {
			return ev, err
		}
		if ev.Again {
			ev.Quorum = max(ev.Quorum, 1)
		}
		ev.Reason = gatesReason(ev.Gates, "every gate passes")
		return ev, nil
	}, nil
}

// gatesReason names the first blocking gate, or says that all is well.
func gatesReason(gs []resource.Gate, well string) string {
	for _, g := range gs {
		if g.Verdict == resource.Block || g.Verdict == resource.Pending {
			return fmt.Sprintf("gate %s: %s", g.Name, g.Message)
		}
	}
	return well
}

// deployGates are those of every deployment, a drill's too.
func (c *Control) deployGates(ctx context.Context, w releaseWork) ([]resource.Gate, error) {
	signature, err := c.signatureGate(ctx, w.version)
	if err != nil {
		return nil, err
	}
	tools, err := c.toolsGate(ctx, w.rel, w.version)
	return []resource.Gate{signature, tools}, err
}

// deployRelease checks the version's signature and reaches its servers, whose
// tools have to be the pinned ones. Time may have passed since the checks and the
// approval, so their gates are read again.
func (c *Control) deployRelease(ctx context.Context, w releaseWork) (func(*tx, resource.Release) (release.Event, error), error) {
	if w.rel.Drill {
		return c.deployDrill(ctx, w)
	}
	gates, err := c.deployGates(ctx, w)
	if err != nil {
		return nil, err
	}
	return func(t *tx, rel resource.Release) (release.Event, error) {
		ev := release.Event{Kind: release.Deployed, Actor: resource.System}
		again, err := t.trafficGates(rel)
		if err != nil {
			return ev, err
		}
		ev.Gates = append(again, gates...)
		ev.Reason = gatesReason(ev.Gates, "the version is signed and its tools are the pinned ones")
		return ev, nil
	}, nil
}

// signatureGate is no verdict when the evidence cannot be read now.
func (c *Control) signatureGate(ctx context.Context, v resource.Version) (resource.Gate, error) {
	g := resource.Gate{Name: gateSignature, Verdict: resource.Pass, At: c.now(), Message: "signature and digest hold"}
	err := c.view(ctx, func(r Reader) error { return c.verifyVersion(r, v) })
	if err != nil && !lasting(err) {
		return g, err
	}
	if err != nil {
		g.Verdict, g.Code, g.Message = resource.Block, resource.PolicyViolation, sentenceOf(err)
		g.Remediation = "push the version again and verify the ledger with `aureus audit verify`"
	}
	return g, nil
}

// toolsGate is no verdict while a server does not answer and the step is patient.
func (c *Control) toolsGate(ctx context.Context, rel resource.Release, v resource.Version) (resource.Gate, error) {
	g := resource.Gate{Name: gateTools, Verdict: resource.Pass, At: c.now(), Message: "every server answers with the pinned tools"}
	_, err := c.cfg.Adapters.Open(ctx, v.Manifest, v.Digest)
	if noAnswer(err) && c.patient(rel) {
		return g, err
	}
	if err != nil {
		g.Verdict, g.Code, g.Message = resource.Block, resource.ToolError, sentenceOf(err)
		g.Remediation = "bring the server back, or push a new version if its tools changed on purpose"
	}
	return g, nil
}

// verifyVersion checks that v's content has its digest and that its signed
// provenance holds.
func (c *Control) verifyVersion(r Reader, v resource.Version) error {
	digest, err := blueprint.Digest(v.Manifest)
	if err != nil {
		return err
	}
	if digest != v.Digest {
		return fault.New(fault.Verification, "%s: its content has digest %s, not %s", v.Name, digest, v.Digest)
	}
	wanted := EvidenceFilter{Subject: v.Digest, Kind: resource.EvidenceVersion}
	list, err := r.Evidence(wanted, Page{Limit: 1})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fault.New(fault.Verification, "%s has no signed provenance", v.Name)
	}
	return c.checkFound(list[0], wanted)
}

// smokeRelease runs the smoke tests with the model and guard that will serve.
func (c *Control) smokeRelease(ctx context.Context, w releaseWork) (func(*tx, resource.Release) (release.Event, error), error) {
	if w.rel.Drill {
		return c.smokeDrill(ctx, w)
	}
	cl, outage, err := c.smoke(ctx, w.version, w.rel.Environment, w.rel.ID)
	if err == nil && cl.verdict != resource.Pass {
		err = measured(w.version, outage)
	}
	if err != nil {
		return nil, err
	}
	return func(t *tx, rel resource.Release) (release.Event, error) {
		ev := release.Event{Kind: release.Smoked, Actor: resource.System}
		if _, err := t.attest(cl); err != nil {
			return ev, err
		}
		g, err := c.evidenceGate(t, rel, resource.EvidenceSmoke)
		if err != nil {
			return ev, err
		}
		d, err := t.deployment(&rel)
		if err != nil {
			return ev, err
		}
		again, err := t.trafficGates(rel)
		if err != nil {
			return ev, err
		}
		ev.Gates = append(again, g)
		ev.Serving = serving(d)
		ev.Reason = gatesReason(ev.Gates, "the smoke tests pass")
		return ev, nil
	}, nil
}

// smokeSuite is the suite that smoke tests run; a version without one runs all.
const smokeSuite = "smoke"

// smoke runs the smoke suite of a version. outage is why its model did not
// answer, nil when it always did.
func (c *Control) smoke(ctx context.Context, v resource.Version, env, rel string) (cl claim, outage error, err error) {
	opts := simulate.Options{Seed: 1, Helpers: c.helpers()}
	for _, s := range v.Manifest.Blueprint.Spec.Evaluation.Suites {
		if s.Name == smokeSuite {
			opts.Suites = []string{smokeSuite}
		}
	}
	m, err := c.cfg.Models.Model(v.Manifest.Blueprint.Spec.Model)
	if err != nil {
		return claim{}, nil, err
	}
	report, err := simulate.Run(ctx, v.Manifest, v.Digest, m, opts)
	if err != nil {
		return claim{}, nil, err
	}
	return simulationClaim(resource.EvidenceSmoke, v, report, env, rel, resource.System), report.Outage(), nil
}

// verifyGood checks what a rollback put on traffic: signature, digest,
// validation, tools and smoke tests.
func (c *Control) verifyGood(ctx context.Context, w releaseWork) (func(*tx, resource.Release) (release.Event, error), error) {
	if w.rel.RolledBackTo == "" {
		why := "there is no verified snapshot to restore; nothing serves until a version is released"
		if w.rel.Drill {
			why = "what serves is not the verified snapshot that a rollback would restore"
		}
		return func(*tx, resource.Release) (release.Event, error) {
			return release.Event{Kind: release.Unverified, Actor: resource.System, Reason: why}, nil
		}, nil
	}
	var good resource.Version
	if err := c.view(ctx, func(r Reader) (err error) {
		good, err = r.VersionByDigest(w.rel.Agent, w.rel.RolledBackTo)
		return err
	}); err != nil {
		return nil, err
	}
	signature, err := c.signatureGate(ctx, good)
	if err != nil {
		return nil, err
	}
	tools, err := c.toolsGate(ctx, w.rel, good)
	if err != nil {
		return nil, err
	}
	gates := []resource.Gate{signature, tools}
	validation := Validate(&good.Manifest.Blueprint, nil)
	smoke, outage, err := c.smoke(ctx, good, w.rel.Environment, w.rel.ID)
	if err == nil && smoke.verdict != resource.Pass && c.patient(w.rel) {
		err = outage // says nothing about the version: what serves is not stopped for it
	}
	if err != nil {
		return nil, err
	}
	return func(t *tx, rel resource.Release) (release.Event, error) {
		claims := []claim{validationClaim(good, validation, rel.Environment, rel.ID, resource.System), smoke}
		for _, cl := range claims {
			e, err := t.attest(cl)
			if err != nil {
				return release.Event{}, err
			}
			g := resource.Gate{Name: cl.kind, Verdict: e.Verdict, Evidence: e.Digest, At: t.c.now()}
			if e.Verdict != resource.Pass {
				g.Message = "the signed " + cl.kind + " evidence does not pass"
			}
			gates = append(gates, g)
		}
		return t.verdictOnGood(rel, good, gates)
	}, nil
}

// verdictOnGood records that the restored snapshot holds, or that it does not.
func (t *tx) verdictOnGood(rel resource.Release, good resource.Version, gates []resource.Gate) (release.Event, error) {
	d, err := t.deployment(&rel)
	if err != nil {
		return release.Event{}, err
	}
	snap, err := t.Snapshot(d.Snapshot)
	if err != nil {
		return release.Event{}, err
	}
	why := gatesReason(gates, "")
	if snap.Verified = why == ""; snap.Verified {
		snap.VerifiedAt = t.c.now()
	}
	if snap.Verified || !rel.Drill { // a drill takes nothing from what serves
		if err := t.PutSnapshot(snap); err != nil {
			return release.Event{}, err
		}
	}
	if !snap.Verified {
		return release.Event{Kind: release.Unverified, Actor: resource.System, Reason: good.Name + " was restored and fails its checks: " + why}, nil
	}
	return release.Event{Kind: release.Verified, Actor: resource.System, Reason: good.Name + " serves and is verified again"}, nil
}

// recordVerdict signs what the canary found.
func (c *Control) recordVerdict(ctx context.Context, j Job) (func(*tx) error, error) {
	w, _, err := c.loadWork(ctx, j)
	if err != nil {
		return nil, err
	}
	outcomes, draws := listDigest{}, listDigest{}
	if err := c.view(ctx, func(r Reader) error { return digestRecord(r, w.rel.ID, &outcomes, &draws) }); err != nil {
		return nil, err
	}
	cl := claim{kind: resource.EvidenceCanary, agent: w.rel.Agent, name: w.version.Name, digest: w.rel.Digest, environment: w.rel.Environment,
		release: w.rel.ID, verdict: resource.Pass, actor: resource.System, report: w.rel.Canary, predicate: map[string]any{
			"plan": w.rel.Plan, "state": w.rel.Canary, "outcomes": outcomes.n, "outcomesDigest": outcomes.sum(), "drawsDigest": draws.sum(), "releaseState": w.rel.State,
			"release": w.rel.ID, "agent": w.rel.Agent, "version": w.rel.Version, "environment": w.rel.Environment}}
	if !passedCanary(w.rel) {
		cl.verdict = resource.Block
	}
	return c.onceClaim(cl), nil
}

// passedCanary reports whether the release left its canary for all traffic,
// whatever came after that.
func passedCanary(rel resource.Release) bool {
	return slices.ContainsFunc(rel.History, func(h resource.Transition) bool {
		on := h.To == resource.ReleaseSoaking || h.To == resource.ReleasePromoted
		return on && (h.Event == string(release.Outcome) || h.Event == string(release.Promote) && h.From != resource.ReleaseSoaking)
	})
}

// recordRollback signs what a rollback did.
func (c *Control) recordRollback(ctx context.Context, j Job) (func(*tx) error, error) {
	w, _, err := c.loadWork(ctx, j)
	if err != nil {
		return nil, err
	}
	return c.onceClaim(claim{kind: resource.EvidenceRollback, agent: w.rel.Agent, name: w.version.Name, digest: w.rel.Digest,
		environment: w.rel.Environment, release: w.rel.ID, verdict: resource.Block, actor: resource.System,
		predicate: map[string]any{"from": w.rel.Digest, "to": w.rel.RolledBackTo, "reason": w.rel.Reason, "incident": w.rel.Incident,
			"decidedAt": w.rel.DecidedAt, "goodAt": w.rel.GoodAt, "endedAt": w.rel.UpdatedAt, "history": w.rel.History}}), nil
}

// onceClaim stores a claim unless the release has evidence of its kind already.
func (c *Control) onceClaim(cl claim) func(*tx) error {
	return func(t *tx) error {
		have, err := t.Evidence(EvidenceFilter{Subject: cl.digest, Kind: cl.kind, Release: cl.release}, Page{Limit: 1})
		if err != nil || len(have) > 0 {
			return err
		}
		_, err = t.attest(cl)
		return err
	}
}
