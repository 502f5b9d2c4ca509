package control

import (
	"context"
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// A drill goes through the states of every release. Its version fails on purpose
// what others have to pass, so those gates say that they were left out; the ones
// that keep what serves safe are read.

// notForDrills are the gates that a drill goes without.
func (c *Control) notForDrills(names ...string) []resource.Gate {
	gates := make([]resource.Gate, len(names))
	for i, name := range names {
		gates[i] = resource.Gate{Name: name, Verdict: resource.Warn, At: c.now(), Message: "skipped: a drill's version fails on purpose, and no session meets it"}
	}
	return gates
}

// checkDrill stands for the checks.
func (c *Control) checkDrill(ctx context.Context, w releaseWork) (func(*tx, resource.Release) (release.Event, error), error) {
	signature, err := c.signatureGate(ctx, w.version)
	if err != nil {
		return nil, err
	}
	return func(t *tx, rel resource.Release) (release.Event, error) {
		gates := append([]resource.Gate{signature}, c.notForDrills(drillSkips...)...)
		gates, _, err := t.drillGates(rel, gates)
		return release.Event{Kind: release.Checked, Actor: resource.System, Gates: gates, Reason: gatesReason(gates, "a drill is not checked")}, err
	}, nil
}

// deployDrill checks the signature and the tools, as for every release.
func (c *Control) deployDrill(ctx context.Context, w releaseWork) (func(*tx, resource.Release) (release.Event, error), error) {
	gates, err := c.deployGates(ctx, w)
	if err != nil {
		return nil, err
	}
	return func(t *tx, rel resource.Release) (release.Event, error) {
		gates, _, err := t.drillGates(rel, slices.Clone(gates))
		return release.Event{Kind: release.Deployed, Actor: resource.System, Gates: gates,
			Reason: gatesReason(gates, "the version is signed and its tools are the pinned ones")}, err
	}, nil
}

// smokeDrill stands for the smoke tests: the version would fail them.
func (c *Control) smokeDrill(context.Context, releaseWork) (func(*tx, resource.Release) (release.Event, error), error) {
	return func(t *tx, rel resource.Release) (release.Event, error) {
		gates, serves, err := t.drillGates(rel, nil)
		return release.Event{Kind: release.Smoked, Actor: resource.System, Gates: gates, Serving: serves,
			Reason: gatesReason(gates, "a drill has no smoke tests")}, err
	}, nil
}

// drillGates adds the gates that are read again at every step of a drill.
func (t *tx) drillGates(rel resource.Release, gates []resource.Gate) ([]resource.Gate, bool, error) {
	v, err := t.VersionByDigest(rel.Agent, rel.Digest)
	if err != nil {
		return nil, false, err
	}
	d, err := t.deployment(&rel)
	if err != nil {
		return nil, false, err
	}
	serves := serving(d)
	g := resource.Gate{Name: gateDrill, Verdict: resource.Pass, At: t.c.now(), Message: "a version serves that the drill goes back to"}
	if !serves || !v.Drill || len(rel.Plan.Steps) == 0 {
		g.Verdict, g.Code = resource.Block, resource.ConflictData
		g.Message = fmt.Sprintf("nothing serves in %s any more that a drill could go back to", rel.Environment)
		g.Remediation = "release a version there, then start the drill again"
	}
	return append(gates, t.c.quarantineGate(v), t.c.baselineGate(rel, d), g), serves, nil
}
