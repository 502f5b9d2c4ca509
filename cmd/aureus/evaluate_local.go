package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/keep"
	"github.com/aureus-agents/aureus/internal/model"
)

// userCache stands for the cache folder of the user.
const userCache = "user"

// files evaluates blueprint files on this machine, with a progress bar on a
// terminal.
func (f evaluateFlags) files(ctx context.Context, e *env, file string) (report evaluate.Report, err error) {
	candidate, err := f.subject(ctx, e, file)
	if err != nil {
		return report, err
	}
	var base *evaluate.Subject
	if f.baseline != "" {
		if !isFile(f.baseline) {
			return report, fault.New(fault.Invalid, "a file is compared with a file; push it to compare it with %s", f.baseline)
		}
		b, err := f.subject(ctx, e, f.baseline)
		if err != nil {
			return report, err
		}
		base = &b
	}
	f.override(candidate.Manifest.Blueprint.Spec.Evaluation)
	done, err := f.open(candidate, base)
	if err != nil {
		return report, err
	}
	if f.Helpers, err = localHelpers(e); err != nil {
		return report, err
	}
	f.Served = func(ctx context.Context, m blueprint.Model) (string, error) { return servedModel(ctx, e, m) }
	f.Progress = progress(e.rawErr)
	report, err = evaluate.Run(ctx, candidate, base, f.Options)
	if cerr := done(); err == nil {
		err = cerr
	}
	if errors.Is(err, context.Canceled) && f.resume != "" {
		return report, fault.Wrap(err, fault.Unavailable, "the evaluation was stopped; the same command goes on with the runs in %s", f.resume)
	}
	return report, err
}

func (f evaluateFlags) subject(ctx context.Context, e *env, file string) (evaluate.Subject, error) {
	m, digest, mod, err := localVersion(ctx, e, file)
	if err != nil {
		return evaluate.Subject{}, err
	}
	s := evaluate.Subject{Manifest: m, Digest: digest, Model: mod}
	if f.resume != "" || f.cache != "" {
		s.ModelVersion, err = servedModel(ctx, e, m.Blueprint.Spec.Model)
	}
	return s, err
}

// servedModel names the endpoint and the model that it serves; it is only ever
// hashed.
func servedModel(ctx context.Context, e *env, m blueprint.Model) (string, error) {
	cfg, err := modelConfig(e, "")
	if err != nil {
		return "", err
	}
	models, err := model.New(cfg)
	if err != nil {
		return "", err
	}
	p := cfg.Providers[m.Resolved().Provider]
	return strings.Join([]string{p.URL, p.Name, m.Name, models.Version(ctx, m)}, "\n"), nil
}

// override puts the flags over what the blueprint says.
func (f *evaluateFlags) override(spec blueprint.Evaluation) {
	f.OnUnclear = blueprint.UnclearAction(f.unclear)
	if f.margin != 0 {
		f.Margin = &f.margin
	}
	f.budget.Duration = blueprint.Duration(f.budgetTime)
	if f.budget != (blueprint.EvaluationBudget{}) {
		f.Budget = merged(spec.Budget, f.budget, func(into *blueprint.EvaluationBudget, set blueprint.EvaluationBudget) {
			into.CostUSD, into.Duration = cmp.Or(set.CostUSD, into.CostUSD), cmp.Or(set.Duration, into.Duration)
		})
	}
	if f.limits != (blueprint.EvaluationLimits{}) {
		f.Limits = merged(spec.Limits, f.limits, func(into *blueprint.EvaluationLimits, set blueprint.EvaluationLimits) {
			into.RequestsPerMinute = cmp.Or(set.RequestsPerMinute, into.RequestsPerMinute)
			into.TokensPerMinute = cmp.Or(set.TokensPerMinute, into.TokensPerMinute)
		})
	}
}

// merged is what the blueprint says, nil for nothing, with what flags set over it.
func merged[T any](said *T, set T, over func(into *T, set T)) *T {
	if said == nil {
		return &set
	}
	out := *said
	over(&out, set)
	return &out
}

// open opens the journal and the cache. done closes them.
func (f *evaluateFlags) open(candidate evaluate.Subject, base *evaluate.Subject) (done func() error, err error) {
	done = func() error { return nil }
	if f.resume != "" {
		f.resume = journalFile(f.resume, candidate, base)
		j, err := keep.OpenJournal(f.resume)
		if err != nil {
			return done, err
		}
		f.Journal, done = j, j.Close
	}
	dir := f.cache
	if dir == "" {
		return done, nil
	}
	if dir == userCache {
		home, err := os.UserCacheDir()
		if err != nil {
			return done, fault.Wrap(err, fault.Invalid, "there is no cache folder of the user; name one with --cache=DIR")
		}
		dir = filepath.Join(home, "aureus", "evaluations")
	}
	f.Cache, err = keep.OpenCache(dir)
	return done, err
}

// journalFile is the file itself, or in a folder the one that is named by what is
// evaluated.
func journalFile(path string, candidate evaluate.Subject, base *evaluate.Subject) string {
	if st, err := os.Stat(path); (err != nil || !st.IsDir()) && !strings.HasSuffix(path, string(filepath.Separator)) {
		return path
	}
	name := candidate.Manifest.Blueprint.Metadata.Name + "-" + shortDigest(candidate.Digest)
	if base != nil {
		name += "-" + shortDigest(base.Digest)
	}
	return filepath.Join(path, name+".jsonl")
}

// shortDigest is the head of a digest's hex.
func shortDigest(d string) string {
	_, hex, _ := strings.Cut(d, ":")
	return hex[:min(12, len(hex))]
}
