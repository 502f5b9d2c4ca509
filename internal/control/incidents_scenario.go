package control

import (
	"context"
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/incident"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// scenarioProof plays scenarios for the recorded bad runs of an incident. For each
// group one of the version that holds them has the input of a recorded run of it,
// fails on the bad version by the same cause, and passes on its own. The newest good
// runs, made into scenarios, have to pass on that version as well.
func (c *Control) scenarioProof(ctx context.Context, in resource.Incident, bad, holder resource.Version, r GuardrailRequest, proof *resource.GuardrailProof) error {
	named, err := scenarioOf(holder, r.Name)
	if err != nil {
		return err
	}
	if proof.Rule, err = blueprint.Digest(named); err != nil {
		return err
	}
	s := stand{Control: c, in: in, bad: bad, holder: holder, proof: proof, groups: map[string]resource.FailureGroup{}, byInput: map[string][]resource.ReplayedRun{}}
	if err := s.readBad(ctx, r.Groups); err != nil {
		return err
	}
	if err := s.cover(ctx, named); err != nil {
		return err
	}
	if err := s.coverRest(ctx); err != nil {
		return err
	}
	if err := s.playGood(ctx, r.GoodRuns); err != nil {
		return err
	}
	s.judge(named)
	return nil
}

// stand is a proof by scenarios while it is made.
type stand struct {
	*Control
	in          resource.Incident
	bad, holder resource.Version
	proof       *resource.GuardrailProof
	groups      map[string]resource.FailureGroup  // by id
	byInput     map[string][]resource.ReplayedRun // recorded bad runs, by the digest of their input
}

// readBad reads the recorded bad runs that a scenario can stand for: the failing
// live runs of the groups, or, where no group stands out, all runs of the version,
// wherever it served.
func (s *stand) readBad(ctx context.Context, asked []string) error {
	g, impact, err := s.groupRuns(ctx, s.in)
	if err != nil {
		return err
	}
	groups := g.Groups(impact.Runs, impact.Control.Runs)
	for _, x := range groups {
		s.groups[x.ID] = x
	}
	if len(asked) == 0 && !slices.ContainsFunc(groups, func(g resource.FailureGroup) bool { return g.StandsOut }) {
		n := 0
		return s.eachRun(ctx, RunFilter{Agent: s.in.Agent, Digest: s.in.Digest}, func(run resource.Run) (bool, error) { n++; return n < maxGrouped, s.add(run, "") })
	}
	if err := toStop(groups, asked, s.proof); err != nil {
		return err
	}
	return s.eachFailed(ctx, s.in, func(run resource.Run) (bool, error) {
		if group := g.Of(run.ID); slices.Contains(s.proof.Groups, group) {
			return true, s.add(run, group)
		}
		return true, nil
	})
}

func (s *stand) add(run resource.Run, group string) error {
	if run.Input == nil || run.Mode != resource.RunLive && run.Mode != resource.RunSmoke {
		return nil
	}
	input, err := blueprint.Digest(run.Input)
	if err != nil {
		return err
	}
	x, err := replayedRun(run, nil, anyStop)
	x.Group = group
	s.byInput[input] = append(s.byInput[input], x)
	return err
}

// cover plays a scenario on the bad version, which has to fail it as a recorded run
// did, and on the version that holds it, which has to pass.
func (s *stand) cover(ctx context.Context, sc blueprint.Scenario) error {
	input, err := blueprint.Digest(sc.Input)
	if err != nil {
		return err
	}
	runs := s.byInput[input]
	if len(runs) == 0 && len(s.byInput) > 0 {
		return fault.New(fault.Blocked, "scenario %q has the input of no recorded bad run of %s; make one of each cause with `aureus incident regress %s`", sc.Name, s.in.ID, s.in.ID)
	}
	onBad, err := s.play(ctx, s.bad, sc)
	if err != nil {
		return err
	}
	onGood, err := s.play(ctx, s.holder, sc)
	if err != nil {
		return err
	}
	cause := incident.CauseOf(onBad.Run)
	at := slices.IndexFunc(runs, func(x resource.ReplayedRun) bool { return x.Group == "" || x.Group == cause.ID })
	switch {
	case onBad.Report.Passed:
		return fault.New(fault.Blocked, "scenario %q passes on %s: it would not have caught it; make one from a failing run with `aureus scenario from-run`", sc.Name, s.bad.Name)
	case at < 0 && len(runs) > 0:
		return fault.New(fault.Blocked, "scenario %q fails on %s as %q, but the recorded run %s of the same input as %q: it shows another mistake",
			sc.Name, s.bad.Name, cause.Title, runs[0].Run, s.groups[runs[0].Group].Title)
	case !onGood.Report.Passed:
		return fault.New(fault.Blocked, "scenario %q fails on %s as well (%s): mend the version, push it and prove again", sc.Name, s.holder.Name, onGood.Report.Message)
	}
	proven := resource.ProvenScenario{Name: sc.Name}
	if proven.Digest, err = blueprint.Digest(sc); err != nil {
		return err
	}
	if at >= 0 {
		x := runs[at]
		x.Stopped, x.Why = true, cutText(fmt.Sprintf("scenario %q: %s", sc.Name, onBad.Report.Message), 300)
		s.proof.Stop = append(s.proof.Stop, x)
		proven.Run, proven.Group = x.Run, x.Group
	}
	s.proof.Scenarios = append(s.proof.Scenarios, proven)
	return nil
}

func (s *stand) play(ctx context.Context, v resource.Version, sc blueprint.Scenario) (simulate.Played, error) {
	played, err := s.playOn(ctx, v, "guardrail", []blueprint.Scenario{sc})
	if err != nil {
		return simulate.Played{}, err
	}
	return played[0], nil
}

// coverRest looks for scenarios of the version that were made of runs of the groups
// that are not covered yet.
func (s *stand) coverRest(ctx context.Context) error {
	all, err := scenariosOf(s.holder)
	if err != nil {
		return err
	}
	groupOf := map[string]string{}
	for _, runs := range s.byInput {
		for _, x := range runs {
			groupOf[x.Run] = x.Group
		}
	}
	for _, id := range s.proof.Groups {
		var why error = fault.New(fault.Blocked, "%s has no scenario made of a run of group %s (%s): make one of each cause with `aureus incident regress %s`, "+
			"or name with --group what it is for", s.holder.Name, id, s.groups[id].Title, s.in.ID)
		for _, sc := range all {
			if s.covered(id) {
				break
			}
			if sc.FromRun == "" || groupOf[sc.FromRun] != id {
				continue
			}
			if err := s.cover(ctx, sc); err != nil && !fault.Is(err, fault.Blocked) {
				return err
			} else if err != nil {
				why = err
			}
		}
		if !s.covered(id) {
			return why
		}
	}
	return nil
}

func (s *stand) covered(group string) bool {
	return slices.ContainsFunc(s.proof.Scenarios, func(p resource.ProvenScenario) bool { return p.Group == group })
}
