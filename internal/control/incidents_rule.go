package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/incident"
	"github.com/aureus-agents/aureus/resource"
)

// maxBadRuns is how many recorded bad runs a rule is replayed over: the newest.
const maxBadRuns = 1000

// ruleProof replays the recorded bad runs of an incident, and good runs of what
// serves, through the guard and the CRV gates of the version that holds a rule.
func (c *Control) ruleProof(ctx context.Context, in resource.Incident, holder resource.Version, r GuardrailRequest, proof *resource.GuardrailProof) (err error) {
	if proof.Rule, err = ruleDigest(holder, r.Kind, r.Name); err != nil {
		return err
	}
	rules, err := stoppersOf(holder)
	if err != nil {
		return err
	}
	g, impact, err := c.groupRuns(ctx, in)
	if err != nil {
		return err
	}
	if err := toStop(g.Groups(impact.Runs, impact.Control.Runs), r.Groups, proof); err != nil {
		return err
	}
	if err := c.replayBad(ctx, in, g, rules, proof); err != nil {
		return err
	}
	err = c.eachGood(ctx, in, func(run resource.Run) (more bool, err error) {
		x, err := replayedRun(run, rules.Stops(run), anyStop)
		proof.Pass = append(proof.Pass, x)
		return len(proof.Pass) < r.GoodRuns, err
	})
	judgeProof(proof, holder.Name)
	return err
}

// stoppersOf compiles what of a version can stop a run.
func stoppersOf(v resource.Version) (rules backtest.Rules, err error) {
	if rules.Guard, err = guardOf(v); err != nil {
		return rules, err
	}
	spec := v.Manifest.Blueprint.Spec
	rules.Gates, err = crv.Compile(spec.CRV, spec.Output)
	return rules, err
}

// ruleDigest names a rule of a version by its content.
func ruleDigest(v resource.Version, kind, name string) (string, error) {
	spec := v.Manifest.Blueprint.Spec
	names := []string{}
	if kind == resource.GuardrailPolicy {
		for _, p := range spec.Policies {
			if p.ID == name {
				return blueprint.Digest(p)
			}
			names = append(names, p.ID)
		}
	} else {
		for _, g := range spec.CRV {
			if g.Name == name {
				return blueprint.Digest(g)
			}
			names = append(names, g.Name)
		}
	}
	what := map[string]string{resource.GuardrailPolicy: "policy with the id", resource.GuardrailCRV: "CRV gate named"}[kind]
	return "", fault.New(fault.NotFound, "%s has no %s %q; it has: %s", v.Name, what, name, strings.Join(append(names, "no other"), ", "))
}

// toStop says which groups a proof is about: those that were asked for, else those
// that stand out. Where some stand out, one of these has to be among them.
func toStop(groups []resource.FailureGroup, asked []string, proof *resource.GuardrailProof) error {
	own, some := "", false
	for _, g := range groups {
		if g.StandsOut && own == "" {
			own = g.ID
		}
		if g.StandsOut && len(asked) == 0 || slices.Contains(asked, g.ID) {
			proof.Groups = append(proof.Groups, g.ID)
			some = some || g.StandsOut
		} else {
			proof.Others += g.Runs
		}
	}
	for _, id := range asked {
		if !slices.Contains(proof.Groups, id) {
			return fault.New(fault.NotFound, "the incident has no group %q of failing runs; `aureus incident show` lists them", id)
		}
	}
	switch {
	case len(proof.Groups) == 0:
		return fault.New(fault.Blocked, "no failing run of the incident is kept that a rule could stop, or none fails more often than beside it; "+
			"name groups with --group, or prove a scenario")
	case own != "" && !some:
		return fault.New(fault.Blocked, "the groups that are named fail as often beside the version; what it did itself is group %s: name it with --group, too", own)
	}
	slices.Sort(proof.Groups)
	return nil
}

// replayBad replays the newest bad runs of the groups. Each has to be stopped by
// the rule itself.
func (c *Control) replayBad(ctx context.Context, in resource.Incident, g *incident.Grouper, rules backtest.Rules, proof *resource.GuardrailProof) error {
	return c.eachFailed(ctx, in, func(run resource.Run) (more bool, err error) {
		group := g.Of(run.ID)
		if !slices.Contains(proof.Groups, group) {
			return true, nil
		}
		x, err := replayedRun(run, rules.Stops(run), stopsBy(proof.Kind, proof.Name))
		x.Group = group
		proof.Stop = append(proof.Stop, x)
		return len(proof.Stop) < maxBadRuns, err
	})
}

// stopsBy is what counts as the rule stopping a run.
func stopsBy(kind, name string) func(backtest.Stop) bool {
	if kind == resource.GuardrailPolicy {
		return func(s backtest.Stop) bool { return s.Policy(name) }
	}
	return func(s backtest.Stop) bool { return s.Gate(name) }
}

// anyStop counts whatever stops a run.
func anyStop(backtest.Stop) bool { return true }

// replayedRun is a run with its digest and the first stop that counts.
func replayedRun(run resource.Run, stops []backtest.Stop, counts func(backtest.Stop) bool) (resource.ReplayedRun, error) {
	x := resource.ReplayedRun{Run: run.ID}
	var err error
	if x.Digest, err = blueprint.Digest(run); err != nil {
		return x, fault.Wrap(err, fault.Internal, "run %s has no canonical form, so no proof can name it", run.ID)
	}
	if i := slices.IndexFunc(stops, counts); i >= 0 {
		x.Stopped, x.Step, x.Why = true, stops[i].Step, cutText(stops[i].Why(), 300)
	}
	return x, nil
}

func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// eachGood reads the newest successful live runs of what serves in the incident's
// environment, or of any version but the bad one when nothing serves. Where none is
// recorded it takes those of other environments, and then smoke tests.
func (c *Control) eachGood(ctx context.Context, in resource.Incident, do func(resource.Run) (more bool, err error)) error {
	here := RunFilter{Agent: in.Agent, Environment: in.Environment, Mode: resource.RunLive, Outcomes: []resource.Outcome{resource.OutcomeSuccess}}
	err := c.view(ctx, func(r Reader) error {
		d, err := r.Deployment(in.Agent, in.Environment)
		if err == nil && d.Stable != in.Digest {
			here.Digest = d.Stable
		}
		return err
	})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	anywhere := RunFilter{Agent: in.Agent, Mode: resource.RunLive, Outcomes: here.Outcomes}
	smoke := anywhere
	smoke.Mode = resource.RunSmoke
	for _, f := range []RunFilter{here, anywhere, smoke} {
		none := true
		err := c.eachRun(ctx, f, func(run resource.Run) (more bool, err error) {
			if run.Digest == in.Digest {
				return true, nil
			}
			none = false
			return do(run)
		})
		if err != nil || !none {
			return err
		}
	}
	return nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// noGoodRuns is why nothing can be said about good work.
const noGoodRuns = "no successful run of what serves is kept, so it cannot be shown that good work passes; release a version that works first"

// judgeProof says whether a proof holds: every bad run is stopped by the rule, and
// enough good runs by nothing.
func judgeProof(p *resource.GuardrailProof, holder string) {
	stopped, passed := 0, 0
	var open, broken *resource.ReplayedRun
	for i, x := range p.Stop {
		if x.Stopped {
			stopped++
		} else if open == nil {
			open = &p.Stop[i]
		}
	}
	for i, x := range p.Pass {
		if !x.Stopped {
			passed++
		} else if broken == nil {
			broken = &p.Pass[i]
		}
	}
	rule := fmt.Sprintf("%s %q of %s", p.Kind, p.Name, holder)
	switch {
	case len(p.Stop) == 0:
		p.Message = "no recorded run of the chosen groups is kept, so nothing can be shown"
	case open != nil:
		p.Message = fmt.Sprintf("%s stops %d of %d bad runs; run %s (group %s) for one gets through. Mend the rule, or name with --group what it is for", rule, stopped, len(p.Stop), open.Run, open.Group)
	case len(p.Pass) == 0:
		p.Message = noGoodRuns
	case float64(passed) < p.MinPass*float64(len(p.Pass)):
		p.Message = fmt.Sprintf("%s stops all %d bad runs, but only %d of %d good runs pass, where %.1f %% have to; run %s for one does not: %s",
			rule, stopped, passed, len(p.Pass), 100*p.MinPass, broken.Run, broken.Why)
	default:
		p.Passed = true
		p.Message = fmt.Sprintf("%s stops all %d recorded bad runs, of %s, and %d of %d good runs pass.", rule, stopped, plural(len(p.Groups), "cause"), passed, len(p.Pass))
		if p.Others > 0 {
			p.Message += fmt.Sprintf(" %d failing runs are in other groups.", p.Others)
		}
	}
}
