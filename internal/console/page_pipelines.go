package console

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// pipelinesView is the body of the page of pipelines.
type pipelinesView struct {
	Pipelines []pipelineView
}

// pipelineView is a pipeline as it is drawn.
type pipelineView struct {
	resource.Pipeline
	Agents, Owners string
	Second         string // what happens to a second release
	Stages         []stageView
	Hotfix         *hotfixView
}

// stageView is an environment with its defaults filled in.
type stageView struct {
	Name     string
	After    string // the environment before
	Facts    []fact
	Gates    []gateLine
	Machine  machine
	Strategy blueprint.Strategy
	Auto     bool
}

type fact struct{ Name, Text string }

// gateLine is a gate of a stage: what it reads.
type gateLine struct {
	Name, Text string
	Own        bool // the pipeline asks for it, or tightens it
}

type hotfixView struct {
	Skip      string
	Approvals []string
}

// pipelinesPage draws how versions go out.
func (s *server) pipelinesPage(rq *request) (view, error) {
	pls, err := s.control.Pipelines(rq.Context(), rq.who)
	if err != nil {
		return view{}, err
	}
	v := pipelinesView{}
	for _, p := range pls {
		one, err := pipelineViewOf(p)
		if err != nil {
			return view{}, err
		}
		v.Pipelines = append(v.Pipelines, one)
	}
	return view{template: "pipelines", title: "Pipelines", nav: "pipelines", body: v}, nil
}

func pipelineViewOf(p resource.Pipeline) (pipelineView, error) {
	spec := p.Spec.Spec.Resolved()
	v := pipelineView{Pipeline: p, Agents: strings.Join(spec.Agents, ", "), Owners: strings.Join(spec.Owners, ", "),
		Second: map[blueprint.Concurrency]string{blueprint.ConcurrencyRefuse: "is refused", blueprint.ConcurrencyWait: "waits",
			blueprint.ConcurrencySupersede: "takes the place of an older one without traffic, else waits"}[spec.Concurrency]}
	for _, name := range pipeline.Names(p) {
		rs, err := pipeline.StageOf(p, name, false)
		if err != nil {
			return v, err
		}
		v.Stages = append(v.Stages, stageViewOf(rs))
	}
	if h := spec.Hotfix; h != nil {
		v.Hotfix = &hotfixView{Skip: strings.Join(h.Skip, ", "), Approvals: ruleLines(h.Resolved().Approvals)}
	}
	return v, nil
}

func stageViewOf(rs resource.ReleaseStage) stageView {
	st := rs.Stage
	v := stageView{Name: st.Name, After: rs.After, Strategy: st.Rollout.Strategy, Auto: st.Auto, Gates: gateLines(st), Machine: machineOf(st)}
	add := func(name, format string, args ...any) {
		v.Facts = append(v.Facts, fact{name, fmt.Sprintf(format, args...)})
	}
	asks := ruleLines(st.Approvals)
	if len(asks) == 0 {
		asks = []string{"nobody is asked"}
	}
	add("Approval", "%s", strings.Join(asks, "; "))
	if sh := st.Rollout.Shadow; sh != nil {
		add("Shadow", "%d runs, %d %% copied", sh.Runs, sh.Percent)
	}
	if st.Soak > 0 {
		add("Soak", "%s", st.Soak.Brief())
	}
	for _, w := range st.Freeze {
		rule := "once"
		if w.RRule != "" {
			rule = w.RRule
		}
		add("Freeze", "%s: %s, from %s %s for %s", w.Name, rule, w.Start, w.TimeZone, w.Duration.Brief())
	}
	add("Evidence at most", "%s old", st.EvidenceMaxAge.Brief())
	return v
}

// gateLines are the gates before and after traffic, the built-in ones first.
func gateLines(st blueprint.Stage) []gateLine {
	var out []gateLine
	for _, name := range pipeline.BuiltInGates() {
		g := gateLine{Name: name, Text: "built in"}
		if i := slices.IndexFunc(st.Before, func(r blueprint.GateRule) bool { return r.Name == name }); i >= 0 {
			g.Own, g.Text = true, "at most "+st.Before[i].MaxAge.Brief()+" old"
		}
		out = append(out, g)
	}
	for _, r := range st.Before {
		if r.External {
			out = append(out, gateLine{Name: r.Name, Own: true, Text: "submitted, at most " + r.MaxAge.Brief() + " old"})
		}
	}
	for _, r := range st.After {
		text := "submitted, while it soaks"
		if r.Metric != "" && r.Above != nil {
			text = fmt.Sprintf("%s at most %g over %s", r.Metric, *r.Above, windowWords(r))
		}
		out = append(out, gateLine{Name: r.Name, Own: true, Text: text})
	}
	return out
}

// windowWords is the time that a metric of a soak looks back.
func windowWords(r blueprint.GateRule) string {
	if r.Window == 0 {
		return "the soak"
	}
	return r.Window.Brief() + " of the soak"
}

// ruleLines say whose yes a release needs.
func ruleLines(rules []blueprint.ApprovalRule) []string {
	var out []string
	for _, r := range rules {
		if r.Count == 0 {
			continue
		}
		var tiers []string
		for _, t := range r.Tiers {
			tiers = append(tiers, string(t))
		}
		line := fmt.Sprintf("%d %s", r.Count, r.Role)
		if r.Count > 1 {
			line += "s"
		}
		if len(r.Groups) > 0 {
			line += " of " + strings.Join(r.Groups, " or ")
		}
		if len(tiers) > 0 {
			line += " for tier " + strings.Join(tiers, " or ")
		}
		if len(r.Changes) > 0 {
			line += " when " + strings.Join(r.Changes, " or ") + " changes"
		}
		out = append(out, line)
	}
	return out
}
