package control

import (
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// watchTime is how long what a rollback restored is watched: its failures call
// people meanwhile, and roll nothing back.
const (
	watchTime   = 10 * time.Minute
	watchMillis = resource.Millis(watchTime / time.Millisecond)
)

// deployment reads the routing entry of a release, or starts a new one.
func (t *tx) deployment(r *resource.Release) (resource.Deployment, error) {
	d, err := t.Deployment(r.Agent, r.Environment)
	if fault.Is(err, fault.NotFound) {
		return resource.Deployment{Agent: r.Agent, Environment: r.Environment}, nil
	}
	return d, err
}

func (t *tx) putDeployment(d resource.Deployment) error {
	d.Revision++
	d.UpdatedAt = t.c.now()
	return t.PutDeployment(d)
}

// serving reports whether something serves that a version can go beside.
func serving(d resource.Deployment) bool { return d.Stable != "" && !d.Stopped }

// setWeight gives the release's version its share of new sessions; 0 takes it out
// of the routing, if it is still in it.
func (t *tx) setWeight(r *resource.Release, weight int) error {
	d, err := t.deployment(r)
	if err != nil {
		return err
	}
	switch {
	case weight > 0:
		d.Candidate, d.Weight, d.Release, d.Drill = r.Digest, weight, r.ID, r.Drill
	case d.Release != r.ID || d.Candidate != r.Digest:
		return nil
	default:
		d.Candidate, d.Weight, d.Release, d.Drill = "", 0, "", false
	}
	return t.putDeployment(d)
}

// startPreview lets the version be asked for by name; no session is routed to it.
func (t *tx) startPreview(r *resource.Release) error {
	d, err := t.deployment(r)
	if err != nil {
		return err
	}
	d.Candidate, d.Weight, d.Release = r.Digest, 0, r.ID
	return t.putDeployment(d)
}

// setShadow begins or ends the copying of live runs to the release's version.
func (t *tx) setShadow(r *resource.Release, on bool) error {
	d, err := t.deployment(r)
	if err != nil {
		return err
	}
	switch {
	case on:
		d.Shadow = r.ID
	case d.Shadow == r.ID:
		d.Shadow = ""
	default:
		return nil
	}
	return t.putDeployment(d)
}

func (t *tx) resumeTraffic(r *resource.Release) error {
	d, err := t.deployment(r)
	if err != nil {
		return err
	}
	d.Paused, d.Reason, d.Release = false, "", ""
	if err := t.markIncidentMitigated(r); err != nil {
		return err
	}
	if r.Drill {
		return t.putDeployment(d) // what serves has served all the time
	}
	d.WatchedUntil = t.c.now() + watchMillis
	t.then(func() {
		t.c.cfg.Meter.RolledBack(r.Agent, r.Environment, time.Duration(r.UpdatedAt-r.DecidedAt)*time.Millisecond)
	})
	return t.putDeployment(d)
}

// stopTraffic takes the agent off: nothing that is left may serve. People are
// called.
func (t *tx) stopTraffic(r *resource.Release, why string) error {
	d, err := t.deployment(r)
	if err != nil {
		return err
	}
	if r.Drill { // it measured that nothing could be restored, and takes nothing off that serves
		d.Paused, d.Reason, d.Release = false, "", ""
		return t.putDeployment(d)
	}
	d.Stopped, d.Paused, d.Reason, d.Release = true, false, why, ""
	if err := t.closeWaiting(r.Agent, r.Environment, "stopped/"+r.ID); err != nil {
		return err
	}
	if err := t.notify(Notice{Kind: "traffic.stopped", Agent: r.Agent, Environment: r.Environment, Subject: r.ID, Digest: r.Digest,
		Text: r.Agent + " in " + r.Environment + " serves nothing any more: " + why + ". Release a version to serve again."}); err != nil {
		return err
	}
	return t.putDeployment(d)
}
