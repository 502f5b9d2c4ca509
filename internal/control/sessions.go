package control

import (
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// finishSessions is the pipeline's word for leaving sessions on a version that was
// rolled back; any other moves them to the good one with their next run.
const finishSessions = "finish"

// rolledBackStates are those of a release whose version was taken off traffic.
var rolledBackStates = []resource.ReleaseState{resource.ReleaseRollingBack, resource.ReleaseRolledBack}

func letsFinish(rel resource.Release) bool {
	return rel.Stage.Stage.Rollout.Sessions == finishSessions
}

// finishes reports whether a version in quarantine goes on with the sessions and
// runs that it has in an environment, as the pipeline of its rollback says. No new
// session gets it.
func finishes(r Reader, v resource.Version, env string) (bool, error) {
	if v.Quarantine == nil {
		return false, nil
	}
	list, err := r.Releases(ReleaseFilter{Agent: v.Agent, Environment: env, Digest: v.Digest, States: rolledBackStates}, Page{Limit: 1})
	return err == nil && len(list) > 0 && letsFinish(list[0]), err
}

// servesBy is the release by which a version serves that has no promotion here:
// one that gave it all traffic and still watches it, or one that was rolled back
// and lets its sessions finish. "" is none.
func servesBy(r Reader, v resource.Version, env string) (string, error) {
	d, err := r.Deployment(v.Agent, env)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", err
	}
	if d.Soaking && d.Stable == v.Digest {
		rel, err := r.Release(d.Release)
		if err == nil && (rel.Digest != v.Digest || !release.IsSoaking(rel)) {
			err = fault.New(fault.Verification, "%s may not serve in %s: release %s does not give it traffic", v.Name, env, d.Release)
		}
		return rel.ID, err
	}
	list, err := r.Releases(ReleaseFilter{Agent: v.Agent, Environment: env, Digest: v.Digest, States: rolledBackStates}, Page{Limit: 1})
	if err != nil || len(list) == 0 || !letsFinish(list[0]) {
		return "", err
	}
	return list[0].ID, nil
}
