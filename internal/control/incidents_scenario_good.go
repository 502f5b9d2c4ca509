package control

import (
	"context"
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// playGood makes scenarios of the newest good runs and plays them on the version
// that holds the guardrail.
func (s *stand) playGood(ctx context.Context, limit int) error {
	versions := map[string]*resource.Manifest{}
	var list []blueprint.Scenario
	err := s.eachGood(ctx, s.in, func(run resource.Run) (more bool, err error) {
		if run.Input == nil {
			return true, nil // nothing to play
		}
		if versions[run.Digest] == nil {
			err := s.view(ctx, func(r Reader) error {
				v, err := r.VersionByDigest(run.Agent, run.Digest)
				versions[run.Digest] = v.Manifest
				return err
			})
			if err != nil {
				return false, err
			}
		}
		sc, err := simulate.FromRunOf(run, versions[run.Digest])
		if err != nil {
			return false, err
		}
		x, err := replayedRun(run, nil, anyStop)
		list, s.proof.Pass = append(list, sc), append(s.proof.Pass, x)
		return len(list) < limit, err
	})
	if err != nil {
		return err
	}
	played, err := s.playOn(ctx, s.holder, "good runs", list)
	for i, x := range played {
		if !x.Report.Passed {
			s.proof.Pass[i].Stopped, s.proof.Pass[i].Why = true, cutText(x.Report.Message, 300)
		}
	}
	return err
}

// judge says whether the good runs pass; all else was an error before.
func (s *stand) judge(named blueprint.Scenario) {
	p := s.proof
	passed := 0
	var broken resource.ReplayedRun
	for _, x := range p.Pass {
		if !x.Stopped {
			passed++
		} else if broken.Run == "" {
			broken = x
		}
	}
	what := fmt.Sprintf("scenario %q", named.Name)
	if more := len(p.Scenarios) - 1; more > 0 {
		what += " and " + plural(more, "other")
	}
	switch {
	case len(p.Pass) == 0:
		p.Message = noGoodRuns
	case float64(passed) < p.MinPass*float64(len(p.Pass)):
		p.Message = fmt.Sprintf("only %d of %d good runs, played again as scenarios, pass on %s, where %.1f %% have to; run %s does not: %s",
			passed, len(p.Pass), s.holder.Name, 100*p.MinPass, broken.Run, broken.Why)
	default:
		bad := int64(0)
		for _, id := range p.Groups {
			bad += s.groups[id].Runs
		}
		p.Passed = true
		p.Message = fmt.Sprintf("%s of %s fails on %s and passes on %s", what, s.holder.Name, s.bad.Name, s.holder.Name)
		if len(p.Groups) > 0 {
			p.Message += fmt.Sprintf(", by the cause of %d recorded bad runs in %s", bad, plural(len(p.Groups), "group"))
		}
		p.Message += fmt.Sprintf("; %d of %d good runs pass.", passed, len(p.Pass))
		if p.Others > 0 {
			p.Message += fmt.Sprintf(" %d failing runs are in other groups.", p.Others)
		}
	}
}
