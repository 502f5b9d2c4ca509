package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// CauseOf is the group that a failing run belongs to, without counts. What failed
// last before the run ended says most about why it ended: a tool that reported an
// error, a gate that blocked, a call that was refused; without such a step, the
// run's message.
func CauseOf(run resource.Run) resource.FailureGroup {
	g := resource.FailureGroup{Outcome: run.Outcome, Code: run.Code}
	if !lastFailure(run.Steps, &g) {
		g.Pattern = pattern(run.Message, true)
	}
	g.ID, g.Title = groupID(g), Title(g)
	return g
}

// lastFailure fills g with the last step that failed.
func lastFailure(steps []resource.Step, g *resource.FailureGroup) bool {
	for _, s := range slices.Backward(steps) {
		switch {
		case s.CRV != nil && s.CRV.Verdict == resource.Block:
			g.Gate, g.Pattern = s.CRV.Gate, pattern(s.CRV.Message, true)
		case s.Tool != nil && s.Tool.Decision.State == resource.DecisionRejected:
			d := s.Tool.Decision
			g.Tool, g.Policies, g.Pattern = s.Tool.Tool, slices.Sorted(slices.Values(d.Policies)), pattern(refusal(d), true)
		case s.Tool != nil && s.Tool.IsError:
			g.Tool, g.Pattern = s.Tool.Tool, pattern(s.Tool.Result, false)
		case s.Model != nil && s.Model.Error != "":
			g.Pattern = pattern(s.Model.Error, true)
		default:
			continue
		}
		return true
	}
	return false
}

// refusal is why a call was refused. What a human said with a no is not part of it:
// the next one uses other words for the same.
func refusal(d resource.Decision) string {
	const no = "a human denied the call"
	if strings.HasPrefix(d.Reason, no+":") {
		return no
	}
	return d.Reason
}

// groupID names a group by what tells it apart.
func groupID(g resource.FailureGroup) string {
	parts := append([]string{string(g.Outcome), string(g.Code), g.Tool, g.Gate, g.Pattern}, g.Policies...)
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "g" + hex.EncodeToString(sum[:4])
}

// Title is what a group is called. Without the pattern, which may hold words of
// payloads, it says only what failed.
func Title(g resource.FailureGroup) string {
	var what string
	switch {
	case g.Gate != "":
		what = "gate " + g.Gate + " blocked"
	case len(g.Policies) > 0:
		what = fmt.Sprintf("%s was refused by %s", g.Tool, strings.Join(g.Policies, ", "))
	case g.Tool != "" && g.Outcome == resource.OutcomeDenied:
		what = g.Tool + " was refused"
	case g.Tool != "":
		what = g.Tool + " reported an error"
	default:
		what = "the run ended"
	}
	title := string(g.Outcome) + ": " + what
	if g.Pattern != "" {
		title += ": " + g.Pattern
	}
	return title
}

// Redact takes the patterns out of groups, for those who see no payloads.
func Redact(groups []resource.FailureGroup) {
	for i := range groups {
		groups[i].Pattern = ""
		groups[i].Title = Title(groups[i])
	}
}
