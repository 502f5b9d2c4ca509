package control

import (
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// setStable gives a version all traffic, and takes the snapshot of that. It
// counts as verified once the promotion is signed.
func (t *tx) setStable(r *resource.Release, ev release.Event) error {
	d, err := t.deployment(r)
	if err != nil {
		return err
	}
	v, err := t.VersionByDigest(r.Agent, r.Digest)
	if err != nil {
		return err
	}
	if v.Drill {
		return errHarmless
	}
	if v.Quarantine != nil {
		return quarantined(v) // every way here has read that gate; none may have missed it
	}
	snap := resource.Snapshot{ID: t.c.cfg.NewID("snap"), Agent: r.Agent, Environment: r.Environment, Digest: r.Digest,
		Version: r.Version, Release: r.ID, CreatedAt: t.c.now()}
	if err := t.PutSnapshot(snap); err != nil {
		return err
	}
	if err := t.record(resource.Event{Actor: ev.Actor, Action: "snapshot.taken", SubjectKind: "snapshot", SubjectID: snap.ID,
		Digest: r.Digest, Agent: r.Agent, Environment: r.Environment}); err != nil {
		return err
	}
	d.Stable, d.Snapshot, d.Candidate, d.Weight = r.Digest, snap.ID, "", 0
	d.Release, d.Soaking, d.WatchedUntil = r.ID, true, 0
	d.Paused, d.Stopped, d.Retired, d.Reason = false, false, false, ""
	return t.putDeployment(d)
}

// signPromotion signs that the version, which has all traffic, is promoted: it
// may go on to the next environment, and a rollback may restore it.
func (t *tx) signPromotion(r *resource.Release, ev release.Event) error {
	d, err := t.deployment(r)
	if err != nil {
		return err
	}
	v, err := t.VersionByDigest(r.Agent, r.Digest)
	if err != nil {
		return err
	}
	if v.Quarantine != nil {
		return quarantined(v)
	}
	snap, err := t.Snapshot(d.Snapshot)
	if err != nil {
		return err
	}
	if snap.Release != r.ID || snap.Digest != r.Digest || d.Stable != r.Digest {
		return fault.New(fault.Conflict, "release %s cannot be promoted: another version serves in %s", r.ID, r.Environment)
	}
	now := t.c.now()
	snap.Verified, snap.VerifiedAt = true, now
	if err := t.PutSnapshot(snap); err != nil {
		return err
	}
	if _, err := t.attest(claim{kind: resource.EvidencePromotion, agent: r.Agent, name: v.Name,
		digest: r.Digest, environment: r.Environment, release: r.ID, verdict: resource.Pass, actor: ev.Actor,
		predicate: attest.VSA(*r, v.Manifest.Policies.Digest, t.c.cfg.Version, now)}); err != nil {
		return err
	}
	d.Release, d.Soaking = "", false
	return t.putDeployment(d)
}

// restoreGood takes the release's version off traffic: what served beside or
// before it, as the last verified snapshot records, gets all of it. Nothing else
// may change traffic until it is verified again. With no such snapshot nothing
// is served.
func (t *tx) restoreGood(r *resource.Release) error {
	d, err := t.deployment(r)
	if err != nil {
		return err
	}
	good, err := t.lastVerified(r, d.Snapshot)
	if err != nil {
		return err
	}
	switch {
	case !r.Drill:
		d.Stable, d.Snapshot, d.Stopped = good.Digest, good.ID, good.ID == ""
	case good.ID != d.Snapshot:
		good = resource.Snapshot{} // a drill changes nothing of what serves, and finds that it could not go back to it
	}
	d.Candidate, d.Weight, d.Release, d.Soaking, d.Shadow, d.Drill = "", 0, r.ID, false, "", false
	d.Paused, d.Reason = true, "rolling back "+r.ID
	r.RolledBackTo, r.GoodAt = good.Digest, t.c.now()
	if r.DecidedAt == 0 {
		r.DecidedAt = r.GoodAt
	}
	if err := t.putDeployment(d); err != nil {
		return err
	}
	return t.holdBeside(r)
}

// holdBeside holds the releases that were about to go beside what was rolled
// back: nothing serves any more that they were compared with.
func (t *tx) holdBeside(r *resource.Release) error {
	list, err := t.Releases(ReleaseFilter{Agent: r.Agent, Environment: r.Environment,
		States: []resource.ReleaseState{resource.ReleaseShadow, resource.ReleasePreview}}, Page{Limit: 1000})
	if err != nil {
		return err
	}
	for _, other := range list {
		if other.ID == r.ID {
			continue
		}
		if _, err := t.move(other, release.Event{Kind: release.Pause, Actor: resource.System,
			Reason: "release " + r.ID + " of what it was compared with is rolled back: start it again"}); err != nil {
			return err
		}
	}
	return nil
}

// lastVerified is the newest verified snapshot of another version than the
// release's; snapshots of that one are retired on the way. A version that was
// quarantined elsewhere is not brought back, but one that serves goes on serving.
// One whose signed evidence does not hold would not be served and is passed over.
func (t *tx) lastVerified(r *resource.Release, serving string) (resource.Snapshot, error) {
	snaps, err := t.Snapshots(r.Agent, r.Environment)
	if err != nil {
		return resource.Snapshot{}, err
	}
	var good resource.Snapshot
	for _, s := range snaps {
		switch {
		case s.Digest == r.Digest && s.RetiredAt == 0:
			s.RetiredAt = t.c.now()
			if err := t.PutSnapshot(s); err != nil {
				return good, err
			}
		case good.ID == "" && s.Digest != r.Digest && s.Verified && s.RetiredAt == 0:
			v, err := t.VersionByDigest(s.Agent, s.Digest)
			if err != nil {
				return good, err
			}
			if v.Quarantine != nil && s.ID != serving {
				continue
			}
			switch err := t.c.mayServe(t, v, r.Environment, ""); {
			case err == nil:
				good = s
			case !fault.Is(err, fault.Verification):
				return good, err
			}
		}
	}
	return good, nil
}
