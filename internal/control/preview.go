package control

import (
	"context"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// previewed is the release whose candidate a caller asks for by name, "" when the
// run is to be routed.
func (c *Control) previewed(ctx context.Context, run resource.Run, r InvokeRequest) (rel string, err error) {
	if !r.Preview || r.Release != "" {
		return r.Release, nil
	}
	err = c.view(ctx, func(rd Reader) error {
		d, err := rd.Deployment(run.Agent, run.Environment)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if d.Candidate == "" || d.Weight > 0 || d.Release == "" {
			return fault.New(fault.NotFound, "no version of %s can be previewed in %s; start a blue-green release there first", run.Agent, run.Environment)
		}
		rel = d.Release
		return nil
	})
	return rel, err
}

// previewPin gives a run the candidate that it asks for by name. It has no time:
// the session does not keep it. fault.Conflict when the release is not in preview:
// sessions of a canary are drawn, never chosen.
func previewPin(r Reader, run resource.Run) (SessionPin, error) {
	rel, err := r.Release(run.Release)
	if err != nil {
		return SessionPin{}, err
	}
	if rel.Agent != run.Agent || rel.Environment != run.Environment {
		return SessionPin{}, fault.New(fault.Invalid, "release %s is of %s in %s, not of %s in %s", rel.ID, rel.Agent, rel.Environment, run.Agent, run.Environment)
	}
	d, err := r.Deployment(run.Agent, run.Environment)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return SessionPin{}, err
	}
	if d.Release != rel.ID || d.Candidate != rel.Digest || d.Weight > 0 {
		return SessionPin{}, fault.New(fault.Conflict, "release %s is %s: its version cannot be previewed; leave --release out to be routed", rel.ID, rel.State)
	}
	return SessionPin{Digest: rel.Digest, Release: rel.ID, Canary: true}, nil
}
