package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

func printPipeline(w io.Writer, p resource.Pipeline) {
	from := fmt.Sprintf("revision %d, put by %s at %s", p.Revision, p.UpdatedBy.Name, when(p.UpdatedAt))
	if p.BuiltIn {
		from = "built in"
	}
	say(w, "%s (%s)\n", p.Name, from)
	for name, list := range map[string][]string{"agents": p.Spec.Spec.Agents, "owners": p.Spec.Spec.Owners} {
		if len(list) > 0 {
			say(w, "  %s: %s\n", name, strings.Join(list, ", "))
		}
	}
	say(w, "  a second release: %s\n", p.Spec.Spec.Resolved().Concurrency)
	for i, s := range p.Spec.Spec.Environments {
		printStage(w, i+1, s.Resolved(i == len(p.Spec.Spec.Environments)-1))
	}
	if h := p.Spec.Spec.Hotfix; h != nil {
		say(w, "hotfix, without %s\n", strings.Join(h.Skip, ", "))
		printRules(w, h.Resolved().Approvals)
	}
}

func printStage(w io.Writer, n int, s blueprint.Stage) {
	say(w, "%d. %s: %s", n, s.Name, s.Rollout.Strategy)
	if s.Rollout.Shadow != nil {
		say(w, " after a shadow of %d runs", s.Rollout.Shadow.Runs)
	}
	if s.Soak > 0 {
		say(w, ", soaks %s", s.Soak)
	}
	if s.Auto {
		fmt.Fprint(w, ", starts by itself")
	}
	fmt.Fprintln(w)
	gates := pipeline.BuiltInGates()
	for _, g := range s.Before {
		if g.External {
			gates = append(gates, g.Name+" (external)")
		}
	}
	say(w, "   gates before: %s\n", strings.Join(gates, ", "))
	for _, g := range s.After {
		what := "external"
		if g.Metric != "" {
			what = fmt.Sprintf("%s at most %g over the soak", g.Metric, *g.Above)
			if g.Window > 0 {
				what = fmt.Sprintf("%s at most %g over %s of the soak", g.Metric, *g.Above, g.Window)
			}
		}
		say(w, "   gate after: %s (%s)\n", g.Name, what)
	}
	printRules(w, s.Approvals)
	for _, f := range s.Freeze {
		rule := "once"
		if f.RRule != "" {
			rule = f.RRule
		}
		say(w, "   freeze: %s, %s from %s %s for %s\n", f.Name, rule, f.Start, f.TimeZone, f.Duration)
	}
}

func printRules(w io.Writer, rules []blueprint.ApprovalRule) {
	for _, r := range rules {
		if r.Count == 0 {
			continue
		}
		of := "every release"
		var tiers []string
		for _, t := range r.Tiers {
			tiers = append(tiers, string(t))
		}
		switch {
		case len(tiers) > 0 && len(r.Changes) > 0:
			of = "tier " + strings.Join(tiers, " or ") + " with a change of " + strings.Join(r.Changes, " or ")
		case len(tiers) > 0:
			of = "tier " + strings.Join(tiers, " or ")
		case len(r.Changes) > 0:
			of = "a change of " + strings.Join(r.Changes, " or ")
		}
		who := r.Role
		if r.Count > 1 {
			who += "s"
		}
		if len(r.Groups) > 0 {
			who += " of " + strings.Join(r.Groups, " or ")
		}
		say(w, "   approval: %d %s for %s, within %s\n", r.Count, who, of, r.Expires)
	}
}
