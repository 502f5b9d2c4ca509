package control

import (
	"fmt"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// onTraffic is *agentrun.Off when a decision would have a call made, or people
// asked, for a version that was taken off traffic. It is read in the transaction
// that records the decision: a rollback that is committed before it ends what the
// version does, also in runs and sessions that began before.
func (t *tx) onTraffic(run resource.Run, d *resource.Decision) error {
	if d == nil || d.State != resource.DecisionApproved && d.State != resource.DecisionPending {
		return nil
	}
	why, err := offTraffic(t, run)
	if err == nil && why != "" {
		err = &agentrun.Off{Why: why}
	}
	return err
}

// offTraffic says why a run that has begun may make no further call, "" while it
// may: the agent was stopped or retired in its environment, or its version was
// rolled back there and sessions are not left to finish. One that another version
// merely replaced, or whose canary was cancelled, goes on.
func offTraffic(r Reader, run resource.Run) (why string, err error) {
	d, err := r.Deployment(run.Agent, run.Environment)
	switch {
	case err != nil && !fault.Is(err, fault.NotFound):
		return "", err
	case d.Stopped && (run.Digest != d.Candidate || run.Release != d.Release): // else a preview of what comes next
		return fmt.Sprintf("%s was taken off traffic in %s: %s", run.Agent, run.Environment, d.Reason), nil
	case run.Digest == d.Stable, run.Digest == d.Candidate:
		return "", nil
	}
	if stays, err := servedBefore(r, run, run.Digest); err != nil || stays {
		return "", err
	}
	v, err := r.VersionByDigest(run.Agent, run.Digest)
	if err != nil {
		return "", err
	}
	back, err := r.Releases(ReleaseFilter{Agent: run.Agent, Environment: run.Environment, Digest: run.Digest, States: rolledBackStates}, Page{Limit: 1})
	switch {
	case err != nil:
		return "", err
	case len(back) > 0 && letsFinish(back[0]), len(back) == 0 && v.Quarantine == nil:
		return "", nil
	}
	return fmt.Sprintf("%s was taken off traffic in %s", v.Name, run.Environment), nil
}
