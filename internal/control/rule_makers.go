package control

import (
	"encoding/json"
	"slices"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// makersOf are the people who put the rules of a pipeline: who put it first and
// last, who made it ask less, and who had it name somebody or cease to.
func makersOf(p resource.Pipeline) []string {
	var out []string
	out = addMaker(out, p.CreatedBy)
	out = addMaker(out, p.UpdatedBy)
	for _, e := range p.Eased {
		out = addMaker(out, e.By)
	}
	slices.Sort(out)
	return out
}

func addMaker(to []string, a resource.Actor) []string {
	if a.Name == "" || a == resource.System || slices.ContainsFunc(to, samePerson(a.Name)) {
		return to
	}
	return append(to, a.Name)
}

// answerable adds to the makers of a release's rules those who changed or deleted
// the pipeline that the agent went out by, for it may be by that that it goes by
// others now, and names a program that had a part in it.
func (c comparison) answerable(rel *resource.Release, change *resource.RuleChange, owner string) {
	makers := slices.Clone(rel.Stage.Makers)
	for _, f := range c.footings() {
		for _, d := range f.deleted {
			makers = addMaker(makers, d.By)
		}
		if p := f.was; p != nil {
			if p.UpdatedAt > f.rel.CreatedAt {
				makers = addMaker(makers, p.UpdatedBy)
			}
			for _, e := range p.Eased {
				if e.At > f.rel.CreatedAt {
					makers = addMaker(makers, e.By)
				}
			}
		}
		if change.Program == "" {
			change.Program = f.program(*rel, c.is, owner)
		}
	}
	slices.Sort(makers)
	rel.Stage.Makers = makers
}

// program is a program that made the rules of a release other ones since the
// earlier one, "" when people did: who wrote what a program puts is not known.
func (f footing) program(rel resource.Release, is *resource.Pipeline, owner string) string {
	byProgram := func(a resource.Actor, at resource.Millis) bool {
		return at > f.rel.CreatedAt && a.Kind != "human" && a != resource.System
	}
	if f.was == nil || f.was.BuiltIn {
		for _, d := range f.deleted {
			if byProgram(d.By, d.At) {
				return d.By.Name
			}
		}
	}
	for _, p := range []*resource.Pipeline{is, f.was} {
		if p == nil {
			continue
		}
		for _, e := range p.Eased {
			touches := e.Environment == rel.Environment || e.Environment == "" && rel.Stage.Hotfix != nil
			if len(e.Names) > 0 {
				touches = slices.Contains(e.Names, rel.Agent) || slices.Contains(e.Names, owner)
			}
			if touches && byProgram(e.By, e.At) {
				return e.By.Name
			}
		}
	}
	if is != nil && (is.Name != f.rel.Stage.Pipeline || len(f.deleted) > 0) && byProgram(is.CreatedBy, is.CreatedAt) {
		return is.CreatedBy.Name
	}
	return ""
}

// deletion is what remains of a pipeline that was deleted.
type deletion struct {
	At resource.Millis `json:"at"`
	By resource.Actor  `json:"by"`
}

func metaDeleted(pipeline string) string { return "pipelines/deleted/" + pipeline }

// deletionsOf are the deletions of a pipeline after a time, the newest of each person.
func deletionsOf(r Reader, pipeline string, after resource.Millis) ([]deletion, error) {
	text, err := r.Meta(metaDeleted(pipeline))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []deletion
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "who deleted the pipeline %s cannot be read from the database", pipeline)
	}
	return slices.DeleteFunc(all, func(d deletion) bool { return d.At <= after }), nil
}

// noteDeleted remembers who deleted a pipeline.
func (t *tx) noteDeleted(pipeline string, by resource.Actor) error {
	all, err := deletionsOf(t, pipeline, 0)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(d deletion) bool { return d.By == by })
	text, err := json.Marshal(append(all, deletion{At: t.c.now(), By: by}))
	if err != nil {
		return err
	}
	return t.PutMeta(metaDeleted(pipeline), string(text))
}
