package control

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// jobShadow copies one live run to the candidate of a release in shadow.
const jobShadow = "shadow.run"

// mostCopies is how many copies of a shadow may be under way. Live runs that end
// meanwhile are not copied: that has nothing to do with how they ended.
const mostCopies = 100

// shadowPayload names the live run, the release and the pair's place in it.
type shadowPayload struct {
	Release string `json:"release"`
	Run     string `json:"run"`
	Seq     int64  `json:"seq"`
}

// copyToShadow has a live run of what serves copied, once it has ended, when a
// release shadows it. The pair gets its place now: in the order of the live runs,
// and not of the copies, of which those that fail may be the slow ones. Sessions
// behind the gateway have no input to copy, and a run that broke down has nothing to
// compare with.
func (t *tx) copyToShadow(run resource.Run) error {
	if run.Mode != resource.RunLive || run.Gateway || run.EndedAt == 0 || run.Input == nil || simulate.BrokeDown(run) {
		return nil
	}
	d, err := t.Deployment(run.Agent, run.Environment)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || d.Shadow == "" || run.Digest != d.Stable {
		return err
	}
	rel, err := t.Release(d.Shadow)
	if err != nil || rel.State != resource.ReleaseShadow {
		return err // a held one copies no more
	}
	if bucket(rel.ID, run.ID) >= canary.ShadowPlan(*rel.Stage.Stage.Rollout.Shadow).Percent {
		return nil
	}
	last, err := t.LastShadowSeq(rel.ID)
	if err != nil || last-taken(rel) >= mostCopies {
		return err
	}
	pair := resource.ShadowResult{Release: rel.ID, Seq: last + 1, Run: run.ID, LiveFailed: run.Outcome.Failed()}
	if err := t.InsertShadowResult(pair); err != nil {
		return err
	}
	payload, err := json.Marshal(shadowPayload{Release: rel.ID, Run: run.ID, Seq: pair.Seq})
	if err != nil {
		return err
	}
	return t.Enqueue(Job{Kind: jobShadow, Key: "shadow/" + rel.ID + "/" + run.ID, Payload: payload})
}

// taken is how many pairs a release's shadow has looked at, in their order.
func taken(rel resource.Release) int64 { return rel.Shadow.Runs + rel.Shadow.Skipped }

// shadowRun runs the copy and gives the pair to the release.
func (c *Control) shadowRun(ctx context.Context, j Job) (func(*tx) error, error) {
	var pl shadowPayload
	if err := json.Unmarshal(j.Payload, &pl); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the job's payload does not name a run")
	}
	var rel resource.Release
	var live resource.Run
	var v resource.Version
	var result resource.ShadowResult
	err := c.view(ctx, func(r Reader) (err error) {
		if rel, err = r.Release(pl.Release); err != nil || !comparing(rel) {
			return err
		}
		if result, err = r.ShadowResult(pl.Release, pl.Seq); err != nil {
			return err
		}
		if live, err = r.Run(pl.Run); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		v, err = r.VersionByDigest(rel.Agent, rel.Digest)
		return err
	})
	if err != nil || !comparing(rel) || result.At != 0 {
		return nil, err
	}
	if live.ID == "" { // or those after it would wait for it for ever
		result.Error = "the live run is not kept any more"
		return func(t *tx) error { return t.compared(live, resource.Run{}, result) }, nil
	}
	pair, err := c.shadow(ctx, v, live)
	if ctx.Err() != nil {
		return nil, ctx.Err() // the server stops; the next start copies the run again
	}
	if err != nil {
		result.Error = sentenceOf(err)
	} else {
		result.CopyFailed, result.Differs, result.Error = pair.Copy.Outcome.Failed(), pair.Differs, pair.Incomparable
	}
	return func(t *tx) error { return t.compared(live, pair.Copy, result) }, nil
}

// comparing reports whether pairs still count for a release.
func comparing(rel resource.Release) bool { return release.InShadow(rel) && rel.ShadowedAt == 0 }

func (c *Control) shadow(ctx context.Context, v resource.Version, live resource.Run) (simulate.Shadowed, error) {
	m, err := c.cfg.Models.Model(v.Manifest.Blueprint.Spec.Model)
	if err != nil {
		return simulate.Shadowed{}, err
	}
	ready, err := simulate.Prepare(v.Manifest, v.Digest)
	if err != nil {
		return simulate.Shadowed{}, err
	}
	return ready.Shadow(ctx, m, live)
}

// compared stores a pair and its copy, and tells the release of every pair whose
// turn has come.
func (t *tx) compared(live, again resource.Run, result resource.ShadowResult) error {
	rel, err := t.Release(result.Release)
	if err != nil || !comparing(rel) {
		return err
	}
	if stored, err := t.ShadowResult(result.Release, result.Seq); err != nil || stored.At != 0 {
		return err // this pair has come before
	}
	result.At = t.c.now()
	if again.ID != "" {
		again.ID, again.Environment, again.Version, again.Release = t.c.cfg.NewID("run"), rel.Environment, rel.Version, rel.ID
		again.Session, again.Principal, again.Scenario = live.ID, live.Principal, ""
		again.StartedAt, again.EndedAt, again.Revision = result.At, cmp.Or(again.EndedAt, result.At), 1
		if err := t.InsertRun(again); err != nil {
			return err
		}
		result.Copy = again.ID
	}
	if err := t.PutShadowResult(result); err != nil {
		return err
	}
	for comparing(rel) {
		next, err := t.ShadowResult(rel.ID, taken(rel)+1)
		if fault.Is(err, fault.NotFound) || err == nil && next.At == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if rel, err = t.move(rel, release.Event{Kind: release.Compared, Actor: resource.System, Run: next.Run, Pair: next}); err != nil {
			return err
		}
	}
	return nil
}

// recordShadow signs what the shadow found.
func (c *Control) recordShadow(ctx context.Context, j Job) (func(*tx) error, error) {
	w, _, err := c.loadWork(ctx, j)
	if err != nil {
		return nil, err
	}
	var results []resource.ShadowResult
	if err := c.view(ctx, func(r Reader) (err error) { results, err = r.ShadowResults(w.rel.ID, taken(w.rel)); return err }); err != nil {
		return nil, err
	}
	digest, err := blueprint.Digest(results)
	if err != nil {
		return nil, err
	}
	cl := claim{kind: resource.EvidenceShadow, agent: w.rel.Agent, name: w.version.Name, digest: w.rel.Digest, environment: w.rel.Environment,
		release: w.rel.ID, verdict: resource.Warn, actor: resource.System, report: w.rel.Shadow, predicate: map[string]any{
			"rules": w.rel.Stage.Stage.Rollout.Shadow, "state": w.rel.Shadow, "results": len(results), "resultsDigest": digest}}
	switch w.rel.Shadow.Verdict {
	case canary.Promote:
		cl.verdict = resource.Pass
	case canary.Rollback:
		cl.verdict = resource.Block
	}
	return c.onceClaim(cl), nil
}

// ShadowResults lists the live runs that a release's shadow has looked at, in the
// order in which they ended. Viewer.
func (c *Control) ShadowResults(ctx context.Context, p Principal, id string) (out []resource.ShadowResult, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) error {
		rel, err := r.Release(id)
		if err != nil {
			return err
		}
		if rel.Shadow == nil {
			return fault.New(fault.NotFound, "release %s has had no shadow", id)
		}
		out, err = r.ShadowResults(id, taken(rel))
		return err
	})
	return out, err
}
