package crv

import (
	"slices"
	"strconv"

	"github.com/aureus-agents/aureus/blueprint"
)

// workflow compares the phases. Without a workflow every tool may be called at
// any time, so adding one narrows and removing one widens.
func (d *differ) workflow(old, now *blueprint.Workflow) {
	switch {
	case old == nil && now == nil:
		return
	case old == nil:
		d.add("workflow", "added", "workflow", "", now.Initial, blueprint.TierMedium, false)
		return
	case now == nil:
		d.add("workflow", "removed", "workflow", old.Initial, "", blueprint.TierHigh, true)
		return
	}
	d.changed("workflow", "workflow.initial", old.Initial, now.Initial, blueprint.TierHigh, true)
	before, after := phasesOf(old), phasesOf(now)
	for _, p := range now.Phases {
		was, had := before[p.Name]
		if !had {
			d.add("workflow", "added", "workflow."+p.Name, "", "", blueprint.TierMedium, true)
		}
		d.phase("workflow."+p.Name, was, p, had)
	}
	for _, p := range old.Phases {
		if _, has := after[p.Name]; !has {
			d.add("workflow", "removed", "workflow."+p.Name, "", "", blueprint.TierMedium, false).Breaking = true
		}
	}
}

func phasesOf(w *blueprint.Workflow) map[string]blueprint.Phase {
	out := map[string]blueprint.Phase{}
	for _, p := range w.Phases {
		out[p.Name] = p
	}
	return out
}

// phase compares one phase; a new one is compared with an empty one that allows
// nothing.
func (d *differ) phase(at string, was, is blueprint.Phase, had bool) {
	for _, t := range is.Tools {
		if !slices.Contains(was.Tools, t) {
			d.add("workflow", "added", at+".tools."+t, "", t, d.forTool(t), true)
		}
	}
	for _, t := range was.Tools {
		if !slices.Contains(is.Tools, t) {
			d.add("workflow", "removed", at+".tools."+t, t, "", blueprint.TierMedium, false)
		}
	}
	if had {
		d.intents(at, was.Intents, is.Intents)
		d.changed("workflow", at+".final", strconv.FormatBool(was.Final), strconv.FormatBool(is.Final), blueprint.TierMedium, false)
	}
	d.transitions(at, was, is)
}

// intents compares what a phase allows; none is all.
func (d *differ) intents(at string, was, is []blueprint.Intent) {
	if len(was) == 0 {
		was = blueprint.Intents()
	}
	if len(is) == 0 {
		is = blueprint.Intents()
	}
	for _, in := range blueprint.Intents() {
		had, has := slices.Contains(was, in), slices.Contains(is, in)
		if has && !had {
			d.add("workflow", "added", at+".intents."+string(in), "", string(in), blueprint.TierHigh, true)
		} else if had && !has {
			d.add("workflow", "removed", at+".intents."+string(in), string(in), "", blueprint.TierMedium, false)
		}
	}
}

func (d *differ) transitions(at string, was, is blueprint.Phase) {
	find := func(p blueprint.Phase, tr blueprint.Transition) *blueprint.Transition {
		for i := range p.Transitions {
			if p.Transitions[i].On == tr.On && p.Transitions[i].To == tr.To {
				return &p.Transitions[i]
			}
		}
		return nil
	}
	for _, tr := range is.Transitions {
		p := at + ".transitions." + tr.On + "." + tr.To
		old := find(was, tr)
		switch {
		case old == nil:
			d.add("workflow", "added", p, "", approvalWord(tr), d.forTool(tr.On), true)
		case old.Approval && !tr.Approval:
			d.add("workflow", "changed", p+".approval", "true", "false", blueprint.TierHigh, true)
		case !old.Approval && tr.Approval:
			d.add("workflow", "changed", p+".approval", "false", "true", blueprint.TierMedium, false)
		}
	}
	for _, tr := range was.Transitions {
		if find(is, tr) == nil {
			d.add("workflow", "removed", at+".transitions."+tr.On+"."+tr.To, approvalWord(tr), "", blueprint.TierMedium, false).Breaking = true
		}
	}
}

func approvalWord(tr blueprint.Transition) string {
	if tr.Approval {
		return "with approval"
	}
	return "without approval"
}
