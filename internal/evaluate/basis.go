package evaluate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/judge"
	"github.com/aureus-agents/aureus/internal/simulate"
)

// basis says what the report rests on.
func (e *evaluation) basis() (*Basis, error) {
	b := &Basis{Engine: engine, Models: e.models(0), Cases: hashOf(slices.Sorted(slices.Values(e.digests))...), Judges: e.judges()}
	expects := make([]string, len(e.cases))
	for i, c := range e.cases {
		d, err := blueprint.Digest(c.Scenario.Expect)
		if err != nil {
			return nil, err
		}
		expects[i] = d
	}
	slices.Sort(expects)
	b.Graders = hashOf(expects...)
	if len(e.arms) > 1 {
		b.BaselineModels = e.models(1)
	}
	var err error
	b.DataSets, err = e.dataSets()
	return b, err
}

// dataSets are those that the played suites have, in the blueprint's order. A set
// without a file is named by its rows.
func (e *evaluation) dataSets() ([]DataSetUsed, error) {
	var out []DataSetUsed
	for _, s := range e.bp.Spec.Evaluation.Suites {
		if s.Data == nil || len(e.Suites) > 0 && !slices.Contains(e.Suites, s.Name) {
			continue
		}
		d := DataSetUsed{Name: s.Name, Digest: s.Data.Digest, Cases: len(s.Data.Rows)}
		if d.Digest == "" {
			var err error
			if d.Digest, err = blueprint.Digest(s.Data.Rows); err != nil {
				return nil, err
			}
		}
		out = append(out, d)
	}
	return out, nil
}

// models are the versions that answered an arm, sorted.
func (e *evaluation) models(at int) []string {
	seen := map[string]bool{}
	for _, runs := range e.arms[at].runs {
		for _, r := range runs {
			if r.Model != "" {
				seen[r.Model] = true
			}
		}
	}
	return sorted(seen)
}

func sorted(set map[string]bool) []string {
	return append(make([]string, 0, len(set)), slices.Sorted(maps.Keys(set))...)
}

// judges are the judges of both versions' runs, by digest.
func (e *evaluation) judges() []JudgeUsed {
	type used struct {
		graders, models map[string]bool
		said            []judge.Judgement
		scale           int
	}
	found := map[string]*used{}
	each := func(g simulate.Grade, scales map[string]int) {
		if g.Judge == nil {
			return
		}
		u := found[g.Judge.Digest]
		if u == nil {
			u = &used{graders: map[string]bool{}, models: map[string]bool{}, scale: scales[g.Judge.Digest]}
			found[g.Judge.Digest] = u
		}
		u.graders[g.Name], u.models[g.Judge.Model] = true, true
		u.said = append(u.said, *g.Judge)
	}
	for _, a := range e.arms {
		for c, runs := range a.runs {
			scales := e.scales(c)
			for _, r := range runs {
				for _, g := range r.Grades {
					each(g, scales)
				}
			}
		}
	}
	out := make([]JudgeUsed, 0, len(found))
	for d, u := range found {
		out = append(out, JudgeUsed{Digest: d, Graders: sorted(u.graders), Models: sorted(u.models), Agreement: judge.Agree(u.said, u.scale)})
	}
	slices.SortFunc(out, func(a, b JudgeUsed) int { return cmp.Compare(a.Digest, b.Digest) })
	return out
}

// scales are the marks of a case's judges, by their digest.
func (e *evaluation) scales(c int) map[string]int {
	var out map[string]int
	for _, g := range judgesOf(e.cases[c].Scenario) {
		if out == nil {
			out = map[string]int{}
		}
		out[simulate.JudgeOf(g, e.bp.Spec.Model).Digest()] = g.Scale
	}
	return out
}
