package control

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// moveOne sends an event to a release: the pure machine decides, and state, ledger
// event, instant effects and jobs are written here, in one transaction.
func (t *tx) moveOne(rel resource.Release, ev release.Event) (resource.Release, error) {
	ev.FrozenUntil = t.c.frozenUntil(rel)
	next, effects, err := release.Next(rel, ev, t.c.now())
	if err != nil {
		return rel, err
	}
	if rel.Canary == nil && next.Canary != nil {
		if err := t.beginCanary(&next); err != nil {
			return rel, err
		}
		if next.Drill {
			if err := t.beginDrill(next); err != nil {
				return rel, err
			}
		}
	}
	for _, e := range effects {
		if err := t.effect(&next, e, ev); err != nil {
			return rel, err
		}
	}
	if err := t.spendApproval(next); err != nil {
		return rel, err
	}
	if err := t.PutRelease(next); err != nil {
		return rel, err
	}
	if !next.Drill {
		t.then(func() { t.c.cfg.Meter.ReleaseMoved(next, string(ev.Kind)) })
	}
	if len(next.History) == len(rel.History) {
		return next, nil // an outcome that decides nothing is no lifecycle event
	}
	return next, t.record(resource.Event{Actor: ev.Actor, Action: "release." + string(next.State), SubjectKind: "release", SubjectID: next.ID,
		Digest: next.Digest, Agent: next.Agent, Environment: next.Environment, Reason: next.Reason, Attrs: moveAttrs(rel, next, ev)})
}

func moveAttrs(from, to resource.Release, ev release.Event) map[string]string {
	a := map[string]string{"event": string(ev.Kind), "from": string(from.State), "version": strconv.Itoa(to.Version)}
	if to.State == resource.ReleaseCanary {
		a["step"] = strconv.Itoa(to.Step)
		a["weight"] = strconv.Itoa(to.Plan.Steps[to.Step].Weight)
	}
	if to.Canary != nil && from.State == resource.ReleaseCanary {
		a["eHarm"] = strconv.FormatFloat(to.Canary.EHarm, 'g', 6, 64)
		a["canaryRuns"] = strconv.FormatInt(to.Canary.Canary.Runs, 10)
		a["canaryFailures"] = strconv.FormatInt(to.Canary.Canary.Failures, 10)
	}
	return a
}

// effect applies an instant effect, or enqueues a job.
func (t *tx) effect(r *resource.Release, e release.Effect, ev release.Event) error {
	switch e.Kind {
	case release.AskApproval:
		return t.askRelease(r, ev.Quorum)
	case release.CloseApproval:
		return t.withdrawApproval(r.Approval, ev.Actor, "the release moved on")
	case release.SetWeight:
		return t.setWeight(r, e.Weight)
	case release.StartShadow, release.StopShadow:
		return t.setShadow(r, e.Kind == release.StartShadow)
	case release.StartPreview:
		return t.startPreview(r)
	case release.SetStable:
		return t.setStable(r, ev)
	case release.SignPromotion:
		return t.signPromotion(r, ev)
	case release.RestoreGood:
		return t.restoreGood(r)
	case release.OpenIncident:
		return t.openIncident(r, ev)
	case release.QuarantineBad:
		return t.quarantine(r)
	case release.ResumeTraffic:
		return t.resumeTraffic(r)
	case release.StopTraffic:
		return t.stopTraffic(r, ev.Reason)
	case release.Notify:
		if r.Drill {
			return nil // people hear how it ended
		}
		return t.notify(Notice{Kind: "release." + string(r.State), Agent: r.Agent, Environment: r.Environment, Subject: r.ID,
			Digest: r.Digest, Text: fmt.Sprintf("%s@v%d in %s: %s. %s", r.Agent, r.Version, r.Environment, r.State, r.Reason)})
	case release.ArmDeadline:
		if r.Deadline == 0 {
			return nil // it waits for a person
		}
		return t.releaseJob(r, string(e.Kind), r.Deadline)
	case release.ArmThaw:
		return t.releaseJob(r, string(e.Kind), r.FrozenUntil)
	case release.ArmProgress:
		return t.armProgress(r)
	case release.WatchGood:
		return t.releaseJob(r, string(e.Kind), t.c.now()+watchMillis)
	case release.DoCheck, release.DoDeploy, release.DoSmoke, release.DoGate, release.VerifyGood,
		release.RecordShadow, release.RecordVerdict, release.RecordRollback:
		return t.releaseJob(r, string(e.Kind), 0)
	}
	return fault.New(fault.Internal, "release effect %q has nobody to do it", e.Kind)
}

// releaseJobPayload is what a release's job needs to find its work again.
type releaseJobPayload struct {
	Release string `json:"release"`
	Attempt int    `json:"attempt"`
}

func (t *tx) releaseJob(r *resource.Release, kind string, at resource.Millis) error {
	payload, err := json.Marshal(releaseJobPayload{Release: r.ID, Attempt: r.Attempt})
	if err != nil {
		return err
	}
	return t.Enqueue(Job{Kind: "release." + kind, Key: fmt.Sprintf("release/%s/%s/%d", r.ID, kind, r.Attempt), Payload: payload, RunAt: at})
}

func (t *tx) quarantine(r *resource.Release) error {
	q := &resource.Quarantine{Incident: r.Incident, Reason: r.Reason, Since: t.c.now()}
	if err := t.SetQuarantine(r.Agent, r.Digest, q); err != nil {
		return err
	}
	if err := t.holdElsewhere(r); err != nil {
		return err
	}
	if err := t.closeWaiting(r.Agent, r.Environment, r.ID); err != nil {
		return err
	}
	if err := t.sayServesElsewhere(r); err != nil {
		return err
	}
	return t.record(resource.Event{Actor: resource.System, Action: "version.quarantined", SubjectKind: "version",
		SubjectID: fmt.Sprintf("%s@v%d", r.Agent, r.Version), Digest: r.Digest, Agent: r.Agent, Environment: r.Environment,
		Reason: r.Reason, Attrs: map[string]string{"incident": r.Incident}})
}

// holdElsewhere holds the releases that take the same version into other
// environments: they end in a gate or by hand, never by themselves in traffic.
func (t *tx) holdElsewhere(r *resource.Release) error {
	list, err := t.Releases(ReleaseFilter{Agent: r.Agent, Digest: r.Digest, States: movingStates}, Page{Limit: 1000})
	if err != nil {
		return err
	}
	for _, other := range list {
		if other.Environment == r.Environment || other.State == resource.ReleasePaused || other.State == resource.ReleaseRollingBack {
			continue
		}
		if _, err := t.move(other, release.Event{Kind: release.Pause, Actor: resource.System,
			Reason: "the version is in quarantine since incident " + r.Incident}); err != nil {
			return err
		}
	}
	return nil
}

// sayServesElsewhere is loud about other environments that a version in
// quarantine serves: it goes on serving there, because taking an environment back
// that nobody looked at can do more harm than the version does there. People
// decide, with `aureus rollback`.
func (t *tx) sayServesElsewhere(r *resource.Release) error {
	ds, err := t.Deployments(r.Agent)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if d.Environment == r.Environment || d.Stable != r.Digest && d.Candidate != r.Digest || d.Stopped {
			continue
		}
		text := fmt.Sprintf("%s@v%d is in quarantine since incident %s and still serves in %s; take it off there with `aureus rollback %s --env %s`",
			r.Agent, r.Version, r.Incident, d.Environment, r.Agent, d.Environment)
		if err := t.record(resource.Event{Actor: resource.System, Action: "version.still_serves", SubjectKind: "version",
			SubjectID: fmt.Sprintf("%s@v%d", r.Agent, r.Version), Digest: r.Digest, Agent: r.Agent, Environment: d.Environment,
			Reason: text, Attrs: map[string]string{"incident": r.Incident}}); err != nil {
			return err
		}
		if err := t.notify(Notice{Kind: "version.still_serves", Agent: r.Agent, Environment: d.Environment, Subject: r.Incident, Digest: r.Digest, Text: text}); err != nil {
			return err
		}
	}
	return nil
}
