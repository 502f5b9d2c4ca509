package evaluate

import (
	"context"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// The pauses before a run is made again whose model did not answer, beyond what
// the model's client has tried by itself. A dead model is no failure of the agent.
var outagePauses = []time.Duration{time.Second, 4 * time.Second}

// one is one run: a kept one, or a new one that is kept.
func (e *evaluation) one(ctx context.Context, a *arm, c, r int) (run RunReport, kept bool, err error) {
	if e.Journal == nil && e.Cache == nil {
		run, err = e.measure(ctx, a, c, r)
		return run, false, err
	}
	key := e.key(a, c, r)
	for _, k := range []Keep{e.Journal, e.Cache} {
		if k == nil {
			continue
		}
		if run, kept, err = k.Load(ctx, key); kept || err != nil {
			return run, kept, err
		}
	}
	if run, err = e.measure(ctx, a, c, r); err != nil {
		return run, false, err
	}
	for _, k := range []Keep{e.Journal, e.Cache} {
		if k != nil && err == nil {
			err = k.Save(ctx, key, run)
		}
	}
	return run, false, err
}

// measure makes a run, again when its model did not answer.
func (e *evaluation) measure(ctx context.Context, a *arm, c, r int) (RunReport, error) {
	for try := 0; ; try++ {
		p, err := a.version.Play(ctx, a.model, e.cases[c],
			simulate.PlayOptions{Seed: e.Seed + int64(r), Mode: resource.RunEvaluation, Measured: true, Helpers: e.Helpers})
		if err != nil {
			return RunReport{}, err
		}
		if p.Outage == nil {
			return runOf(p), nil
		}
		if try == len(outagePauses) {
			return RunReport{}, e.gaveUp(p.Outage)
		}
		if err := e.Wait(ctx, outagePauses[try]); err != nil {
			return RunReport{}, err
		}
	}
}

// runOf is what a report keeps of a run.
func runOf(p simulate.Played) RunReport {
	r := RunReport{
		Passed:     p.Report.Passed,
		Outcome:    p.Report.Outcome,
		Message:    p.Report.Message,
		LatencyMs:  float64(p.Latency) / float64(time.Millisecond),
		CostUSD:    float64(p.Run.Stats.Cost) / 1e6,
		Tokens:     p.Run.Stats.PromptTokens + p.Run.Stats.CompletionTokens,
		Model:      p.Run.Stats.ModelVersion,
		Grades:     p.Report.Grades,
		Score:      scoreOf(p.Report),
		Output:     shownOutput(p.Run.Output),
		Transcript: transcriptOf(p),
	}
	for _, g := range p.Report.Grades {
		if g.Judge != nil {
			r.JudgeUSD += float64(g.Judge.Cost) / 1e6
		}
	}
	for _, s := range p.Run.Steps {
		if s.Tool != nil {
			r.Calls = append(r.Calls, s.Tool.Tool+" "+short(s.Tool.Decision.ArgsDigest))
		}
	}
	return r
}

// short is the head of a digest, enough to tell two apart.
func short(digest string) string {
	_, hex, _ := strings.Cut(digest, ":")
	return hex[:min(len(hex), 12)]
}

// scoreOf is the mean of the grades.
func scoreOf(s simulate.ScenarioReport) float64 {
	if len(s.Grades) == 0 {
		if s.Passed {
			return 1
		}
		return 0
	}
	sum := 0.0
	for _, g := range s.Grades {
		sum += g.Value()
	}
	return sum / float64(len(s.Grades))
}
