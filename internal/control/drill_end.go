package control

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// armDrillEnd arms the latest end of a drill.
func (t *tx) armDrillEnd(rel resource.Release, at resource.Millis) error {
	payload, err := json.Marshal(drillPayload{Release: rel.ID, At: at})
	if err != nil {
		return err
	}
	return t.Enqueue(Job{Kind: jobEndDrill, Key: fmt.Sprintf("drill/%s/end/%s", rel.ID, rel.State), Payload: payload, RunAt: at})
}

// endLate ends a drill that nothing has ended by its latest end.
func (c *Control) endLate(_ context.Context, j Job) (func(*tx) error, error) {
	var pl drillPayload
	if err := json.Unmarshal(j.Payload, &pl); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the job's payload does not name a drill")
	}
	return func(t *tx) error {
		if t.c.now() < pl.At {
			return errEarly
		}
		return t.endDrill(pl.Release, "the drill's version was not detected in time")
	}, nil
}

// endDrill takes the version of a drill off that is still on: by a rollback when
// runs were played, which then is no detection. Without one there was nothing to
// detect.
func (t *tx) endDrill(id, why string) error {
	rel, err := t.Release(id)
	switch {
	case err != nil:
		return err
	case !release.InCanary(rel):
		return t.cancelDrill(id, why)
	case rel.Canary.Control.Runs+rel.Canary.Canary.Runs == 0:
		return t.cancelDrill(id, "no run of the drill ended")
	}
	_, err = t.move(rel, release.Event{Kind: release.Rollback, Actor: resource.System, Reason: why})
	return err
}

// cancelDrill ends a drill that could not be carried out.
func (t *tx) cancelDrill(id, why string) error {
	rel, err := t.Release(id)
	if err != nil || rel.State.Final() || rel.State == resource.ReleaseRollingBack {
		return err // a rollback always ends by itself
	}
	_, err = t.move(rel, release.Event{Kind: release.Cancel, Actor: resource.System, Reason: why})
	return err
}

// yieldDrill ends a drill that moves in an environment at once: whatever people
// want there goes first. One that is rolling back does not verify what serves any
// more, which it never changed.
func (t *tx) yieldDrill(by resource.Actor, agent, env, why string) error {
	list, err := unfinishedIn(t, agent, env)
	if err != nil {
		return err
	}
	for _, rel := range list {
		if !rel.Drill {
			continue
		}
		ev := release.Event{Kind: release.Cancel, Actor: by, Reason: "the drill makes way: " + why}
		if rel.State == resource.ReleaseRollingBack {
			ev.Kind = release.Unverified
		}
		if _, err := t.move(rel, ev); err != nil {
			return err
		}
	}
	return nil
}

// notForPeople refuses what a person may not do with a drill.
func notForPeople(rel resource.Release, kind release.EventKind) error {
	if !rel.Drill || kind == release.Cancel {
		return nil
	}
	return fault.New(fault.Conflict, "release %s is a drill and ends by itself; it can only be cancelled", rel.ID)
}

// closeDrill follows the end of a drill in the transaction that ends it: what was
// measured is signed, and the incident of a drill that went well is closed.
func (t *tx) closeDrill(rel resource.Release) error {
	d, err := drillOf(t, rel)
	if err != nil {
		return err
	}
	record := func(action, why string) error {
		return t.record(resource.Event{Actor: resource.System, Action: action, SubjectKind: "release", SubjectID: rel.ID, Digest: rel.Digest,
			Agent: rel.Agent, Environment: rel.Environment, Reason: why, Attrs: map[string]string{"good": d.Good,
				"recoveryMs": strconv.FormatInt(d.RecoveryMs, 10), "failedRuns": strconv.FormatInt(d.FailedRuns, 10)}})
	}
	if d.State == resource.DrillCancelled {
		if rel.Incident != "" {
			if err := t.closeDrillIncident(rel, d); err != nil {
				return err
			}
		}
		if err := record("drill.cancelled", rel.Reason); err != nil || !givenUp(rel) {
			return err
		}
		return t.drillNotice(rel, "drill.not_run", "The drill could not be carried out: "+rel.Reason)
	}
	if err := t.signDrill(rel, d); err != nil {
		return err
	}
	if d.State == resource.DrillPassed {
		t.then(func() {
			t.c.cfg.Meter.DrillRecovered(rel.Agent, rel.Environment, time.Duration(d.RecoveryMs)*time.Millisecond)
		})
		if err := t.closeDrillIncident(rel, d); err != nil {
			return err
		}
		return record("drill.passed", "")
	}
	if err := record("drill.missed", d.Why); err != nil {
		return err
	}
	return t.drillNotice(rel, "drill.missed", fmt.Sprintf("The drill in %s shows that a bad version of %s would not be off traffic in time: %s. Its version is off; incident %s is open.",
		rel.Environment, rel.Agent, d.Why, rel.Incident))
}

// givenUp reports whether a drill ended without a verdict and without anybody
// wanting that.
func givenUp(rel resource.Release) bool {
	return rel.State == resource.ReleaseRejected || rel.History[len(rel.History)-1].Actor == resource.System
}

func (t *tx) drillNotice(rel resource.Release, kind, text string) error {
	return t.notify(Notice{Kind: kind, Agent: rel.Agent, Environment: rel.Environment, Subject: rel.ID, Digest: rel.Digest, Text: text})
}

// missed says why a drill whose rollback was verified, or made way, is no success.
func missed(rel resource.Release, d resource.Drill) string {
	switch {
	case !detected(rel):
		return rolledBackWhy(rel)
	case d.VerifiedAt == 0:
		return fmt.Sprintf("what serves was not verified again within %s, the target", time.Duration(d.Within)*time.Millisecond)
	}
	return fmt.Sprintf("the recovery took %s, and %s is the target", time.Duration(d.RecoveryMs)*time.Millisecond, time.Duration(d.Within)*time.Millisecond)
}

// signDrill signs what a drill measured, about the version that it went back to.
func (t *tx) signDrill(rel resource.Release, d resource.Drill) error {
	good, err := t.VersionByDigest(rel.Agent, rel.Baseline)
	if err != nil {
		return err
	}
	_, err = t.attest(claim{kind: resource.EvidenceDrill, agent: rel.Agent, name: good.Name, digest: good.Digest, environment: rel.Environment,
		release: rel.ID, verdict: verdictOf(d.State == resource.DrillPassed), actor: resource.System, report: d, predicate: d})
	return err
}

// closeDrillIncident resolves the incident of a drill that passed or made way: its
// cause is known. The version stays in quarantine for ever.
func (t *tx) closeDrillIncident(rel resource.Release, d resource.Drill) error {
	in, err := t.Incident(rel.Incident)
	if err != nil {
		return err
	}
	in.RCA = &resource.RCA{Cause: "drill", Category: "process", Author: resource.System, At: t.c.now(), DoneAt: t.c.now(), Done: "the drill has ended",
		Detection:  fmt.Sprintf("by the canary, after %d failed runs of the drill", d.FailedRuns),
		Prevention: "none is needed: the version was bad on purpose"}
	in.State, in.ResolvedAt = incidentResolved, t.c.now()
	if in, err = t.putIncident(in); err != nil {
		return err
	}
	return t.recordIncident(in, "incident.resolved", resource.System, "drill")
}
