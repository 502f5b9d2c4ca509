package control

import (
	"context"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// loadedVersion is a version made ready to run: verified and compiled.
type loadedVersion struct {
	version resource.Version
	guard   *guard.Compiled
	chain   *crv.Chain
	inputs  map[string]*crv.CompiledSchema // of tools
	success *crv.Criteria
	input   *crv.CompiledSchema // nil: anything
	model   agentrun.Model
}

// load gives a version that may serve in env: its digest and signature hold, and
// so does the evidence that it was promoted there or, for the candidate of the
// release canaryOf, that it passed the environment before and the release's smoke
// tests. What is loaded stays loaded; a version never changes.
func (c *Control) load(ctx context.Context, agent, digest, env, canaryOf string) (*loadedVersion, error) {
	key := env + " " + canaryOf + " " + digest
	c.mu.Lock()
	have := c.loaded[key]
	c.mu.Unlock()
	if have != nil {
		return have, nil
	}
	var v resource.Version
	err := c.view(ctx, func(r Reader) (err error) {
		if v, err = r.VersionByDigest(agent, digest); err != nil {
			return err
		}
		return c.mayServe(r, v, env, canaryOf)
	})
	if err != nil {
		return nil, err
	}
	l, err := c.compile(v)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loaded[key] = l
	return l, nil
}

// mayServe is fault.Verification unless the signed evidence says that v may serve
// in env, as the candidate of a release or, with none, as what was promoted.
func (c *Control) mayServe(r Reader, v resource.Version, env, canaryOf string) error {
	if err := c.verifyVersion(r, v); err != nil {
		return err
	}
	promotedIn := env
	if canaryOf != "" {
		rel, err := r.Release(canaryOf)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Verification, "%s may not serve in %s: there is no release %q", v.Name, env, canaryOf)
		}
		if err != nil {
			return err
		}
		if promotedIn = rel.Stage.After; rel.Stage.Skips(gateOrder) {
			promotedIn = ""
		}
	}
	var err error
	if promotedIn != "" {
		_, err = c.promotionOf(r, v.Digest, promotedIn)
	}
	if err == nil && canaryOf != "" {
		err = c.smokedIn(r, v.Digest, env, canaryOf)
	}
	if canaryOf == "" && fault.Is(err, fault.NotFound) {
		by, e := servesBy(r, v, env)
		if e != nil {
			return e
		}
		if by != "" {
			return c.mayServe(r, v, env, by)
		}
	}
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.Verification, "%s may not serve in %s: %v", v.Name, env, err)
	}
	return err
}

// smokedIn asks for signed evidence that a version passed the smoke tests of a
// release, which come after its checks and its approval.
func (c *Control) smokedIn(r Reader, digest, env, rel string) error {
	wanted := EvidenceFilter{Subject: digest, Kind: resource.EvidenceSmoke, Release: rel, Environment: env}
	list, err := r.Evidence(wanted, Page{Limit: 1})
	if err != nil {
		return err
	}
	if len(list) > 0 && list[0].Verdict != resource.Pass {
		waived, err := c.smokeWaived(r, list[0])
		if err != nil || waived {
			return err
		}
	}
	if len(list) == 0 || list[0].Verdict != resource.Pass {
		return fault.New(fault.NotFound, "there is no evidence that it passed the smoke tests of release %q", rel)
	}
	return c.checkFound(list[0], wanted)
}

func (c *Control) compile(v resource.Version) (*loadedVersion, error) {
	spec := v.Manifest.Blueprint.Spec
	l := &loadedVersion{version: v}
	var err error
	if got := guard.BuiltInDigest(); v.Manifest.Policies.BuiltIn != got {
		return nil, fault.New(fault.Verification, "%s was registered with another built-in policy set than this Aureus has; push its blueprint again and release that version", v.Name)
	}
	if l.guard, err = guard.Compile(v.Manifest); err != nil {
		return nil, err
	}
	if l.chain, err = crv.Compile(spec.CRV, spec.Output); err != nil {
		return nil, err
	}
	l.inputs = crv.CompileInputs(v.Manifest)
	if l.success, err = crv.CompileCriteria(spec.Success); err != nil {
		return nil, err
	}
	if spec.Input != nil {
		if l.input, err = crv.CompileSchema(spec.Input.Schema); err != nil {
			return nil, err
		}
	}
	l.model, err = c.cfg.Models.Model(spec.Model)
	return l, err
}
