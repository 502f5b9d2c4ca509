package evaluate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/simulate"
)

// engine is the version of the rules by which runs are made and judged. A change
// that gives the same run another result raises it, so that no kept run of the old
// rules is taken for one of the new.
const engine = "1"

// digestCases computes what each case depends on: itself with its graders, and
// what its suite gives it.
func (e *evaluation) digestCases() error {
	shared := map[string]string{}
	for _, s := range e.bp.Spec.Evaluation.Suites {
		d, err := blueprint.Digest(map[string]any{"starlark": s.Starlark, "state": s.State})
		if err != nil {
			return err
		}
		shared[s.Name] = d
	}
	e.digests = make([]string, len(e.cases))
	for i, c := range e.cases {
		d, err := blueprint.Digest(c.Scenario)
		if err != nil {
			return err
		}
		e.digests[i] = hashOf(c.Suite, shared[c.Suite], d)
	}
	return nil
}

// digestHelpers computes what each case depends on besides: the prompts of its
// judges and of the model that plays its user, and what the endpoints of those of
// them that have a model of their own serve. Only kept runs need it.
func (e *evaluation) digestHelpers(ctx context.Context) error {
	e.helpers = make([]string, len(e.cases))
	if e.Journal == nil && e.Cache == nil {
		return nil
	}
	served := map[string]string{} // by the model's digest
	for i, c := range e.cases {
		var parts []string
		add := func(prompt string, own *blueprint.Model) error {
			parts = append(parts, prompt)
			if own == nil {
				return nil // the agent's, which is in the key
			}
			d, err := blueprint.Digest(own)
			if err != nil {
				return err
			}
			if _, ok := served[d]; !ok {
				if served[d], err = e.servedBy(ctx, *own); err != nil {
					return err
				}
			}
			parts = append(parts, served[d])
			return nil
		}
		for _, g := range judgesOf(c.Scenario) {
			if err := add(simulate.JudgeOf(g, e.bp.Spec.Model).Digest(), g.Model); err != nil {
				return err
			}
		}
		if u := c.Scenario.User; u != nil {
			if err := add(simulate.UserPrompt, u.Model); err != nil {
				return err
			}
		}
		e.helpers[i] = hashOf(parts...)
	}
	return nil
}

func (e *evaluation) servedBy(ctx context.Context, m blueprint.Model) (string, error) {
	if e.Served == nil {
		return m.Name, nil
	}
	return e.Served(ctx, m)
}

// judgesOf are the judges of a case and of its turns.
func judgesOf(sc blueprint.Scenario) []blueprint.Grader {
	var out []blueprint.Grader
	add := func(list []blueprint.Grader) {
		for _, g := range list {
			if g.Type == "judge" {
				out = append(out, g)
			}
		}
	}
	add(sc.Expect.Graders)
	for _, t := range sc.Turns {
		add(t.Graders)
	}
	return out
}

// key names a run by all that it depends on: the version, the case with its
// graders, what judges it and plays its user, the seed, the repeat and the model
// that is served.
func (e *evaluation) key(a *arm, c, r int) string {
	return hashOf("run", engine, a.digest, e.digests[c], e.helpers[c], fmt.Sprint(e.Seed+int64(r)), fmt.Sprint(r), a.served)
}

// hashOf is a digest of parts that cannot run into each other.
func hashOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s,", len(p), p)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
