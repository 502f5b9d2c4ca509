package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/resource"
)

// printView prints what a request asks, and where it stands.
func printView(w io.Writer, v resource.ApprovalView) {
	a := v.Approval
	say(w, "%s\n  %s, tier %s, until %s\n  digest %s\n", a.Title, a.State, a.Tier, when(a.ExpiresAt), a.Digest)
	if v.Problem != "" {
		say(w, "  NOBODY CAN ANSWER: %s\n", v.Problem)
	}
	for _, s := range v.Rules {
		say(w, "  %s\n", ruleLine(s))
	}
	for _, d := range a.Decisions {
		say(w, "  %s\n", decisionLine(d))
	}
	if a.Tool != "" {
		printCall(w, a)
	}
	if v.Release != nil {
		printAskedRelease(w, v)
	}
}

// ruleLine says what a rule needs, who gave it, and who can.
func ruleLine(s resource.RuleStatus) string {
	who := "people with the role " + s.Rule.Role
	if s.Rule.Role == "" || s.Rule.Role == string(resource.RoleApprover) {
		who = "approvers"
	}
	if len(s.Rule.Groups) > 0 {
		who += " of " + strings.Join(s.Rule.Groups, " or ")
	}
	line := fmt.Sprintf("%d of %d %s", len(s.Given), s.Rule.Count, who)
	switch {
	case s.Satisfied:
		line += ": " + strings.Join(s.Given, ", ")
	case s.Problem != "":
		line += ": " + s.Problem
	case len(s.Able) > 0:
		line += "; can answer: " + strings.Join(s.Able, ", ")
	}
	if len(s.Unknown) > 0 && !s.Satisfied {
		line += "; is one of them " + strings.Join(s.Unknown, " or ") + ", who has no token and may not?"
	}
	return line
}

func decisionLine(d resource.ApprovalDecision) string {
	who := d.Actor.Name
	if d.For != "" {
		who += " for " + d.For
	}
	verb := "said no"
	if d.Approve {
		verb = "said yes"
	}
	line := fmt.Sprintf("%s %s at %s: %s", who, verb, when(d.At), oneLine(d.Reason))
	if d.WithdrawnAt != 0 {
		line += fmt.Sprintf(" (taken back at %s: %s)", when(d.WithdrawnAt), oneLine(d.WithdrawnReason))
	}
	return line
}

// printAskedRelease prints what the yes to a release lets out.
func printAskedRelease(w io.Writer, v resource.ApprovalView) {
	rel := v.Release
	switch p := v.Previous; {
	case p == nil:
		say(w, "  nothing serves in %s yet\n", rel.Environment)
	default:
		say(w, "  takes the place of %s (%s)\n", p.Version, short(p.Digest))
	}
	if h := rel.Stage.Hotfix; h != nil {
		say(w, "  HOTFIX: goes out without %s\n", strings.Join(h.Skip, ", "))
	}
	if c := rel.Stage.Change; c != nil {
		say(w, "  THE RULES ask less than those of release %s (pipeline %s), by which the agent went out before:\n", c.Release, c.Pipeline)
		for _, what := range c.What {
			say(w, "    %s\n", what)
		}
		if len(v.Approval.Parties.RuleMakers) > 0 {
			say(w, "    who put them cannot answer: %s\n", strings.Join(v.Approval.Parties.RuleMakers, ", "))
		}
		if v.Approval.Parties.RuleProgram != "" {
			say(w, "    %s is a program: a person has to put the same pipeline again first\n", v.Approval.Parties.RuleProgram)
		}
	}
	printDelta(w, rel.Delta)
	for _, g := range rel.Gates {
		say(w, "  gate %-12s %-7s %s\n", g.Name, g.Verdict, oneLine(g.Message))
	}
	for _, ev := range v.Evidence {
		say(w, "  evidence %-11s %s %s\n", ev.Kind, ev.Verdict, short(ev.Digest))
	}
	if e := v.Evaluation; e != nil {
		printDifference(w, *e)
	}
	for _, wv := range v.Waivers {
		say(w, "  waiver %s of gate %s, until %s: %s\n", wv.ID, wv.Gate, when(wv.ExpiresAt), oneLine(wv.Reason))
	}
	say(w, "  goes out: %s\n", rolloutLine(*rel))
	if len(rel.Plan.Steps) > 0 && rel.Baseline != "" {
		printForecast(w, canary.Forecast(nil, rel.Plan))
	}
}

func printDifference(w io.Writer, e resource.EvaluationDifference) {
	if e.Baseline == "" {
		say(w, "  evaluation: %.1f %% of the cases pass; nothing to compare with\n", 100*e.PassRate)
		return
	}
	say(w, "  evaluation: %s; %.1f %% of the runs pass, %.1f %% before\n", e.Verdict, 100*e.CandidatePassRate, 100*e.BaselinePassRate)
	for _, name := range e.Fixed {
		say(w, "    fixed  %s\n", name)
	}
	for _, name := range e.Broken {
		say(w, "    broken %s\n", name)
	}
}

// rolloutLine says how a release gets its traffic.
func rolloutLine(rel resource.Release) string {
	if len(rel.Plan.Steps) == 0 || rel.Baseline == "" {
		return "all at once"
	}
	steps := make([]string, len(rel.Plan.Steps))
	for i, s := range rel.Plan.Steps {
		steps[i] = stepText(s)
	}
	return "a canary, " + strings.Join(steps, ", ") + "; rolled back when it does harm, by a false alarm with at most " +
		fmt.Sprintf("%g", rel.Plan.Alpha)
}

func stepText(s blueprint.CanaryStep) string {
	return fmt.Sprintf("%d %% for %d sessions", s.Weight, s.Runs)
}

// printAnswered says what became of a request, and what a yes with a scope allows
// now.
func printAnswered(w io.Writer, a resource.Approval, approve bool, scope *resource.Scope) {
	switch {
	case !approve:
		say(w, "denied: %s\n", a.ID)
		return
	case a.State == resource.ApprovalPending:
		say(w, "%s: %s\n", stillNeeded(a), a.ID)
	default:
		say(w, "approved: %s\n", a.ID)
	}
	if scope == nil || len(a.Runs) == 0 {
		return
	}
	if a.State == resource.ApprovalPending {
		say(w, "allowed in run %s once the others give the same: %s\n", a.Runs[0].Run, scopeText(a.Tool, *scope))
		return
	}
	say(w, "allowed in run %s: %s\n", a.Runs[0].Run, scopeText(a.Tool, *scope))
}

// scopeText says what a scope lets a run do.
func scopeText(tool string, s resource.Scope) string {
	uses, last := s.Uses, time.Duration(s.ForMs)*time.Millisecond
	if uses == 0 {
		uses = 10
	}
	if last == 0 {
		last = time.Hour
	}
	text := fmt.Sprintf("%d more calls of %s within %s", uses, tool, last)
	for _, name := range slices.Sorted(slices.Values(s.Free)) {
		text += fmt.Sprintf(", with any %s", name)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Max)) {
		text += fmt.Sprintf(", with %s from 0 to %g", name, s.Max[name])
	}
	return text + "; every other argument as shown"
}

// stillNeeded says how far a request is.
func stillNeeded(a resource.Approval) string {
	yes := 0
	for _, d := range a.Decisions {
		if d.Approve && d.WithdrawnAt == 0 {
			yes++
		}
	}
	if len(a.Rules) > 1 {
		return fmt.Sprintf("%d approvals are given; `aureus approvals show %s` says whose are missing", yes, a.ID)
	}
	return fmt.Sprintf("%d of %d approvals are given", yes, a.Quorum)
}
