package control

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// maxChanges is how many changes a notice lists.
const maxChanges = 40

// askNotice is the notice that people are asked: what, by which rules, and what
// they have to know of it: of a request for a release, that release. The arguments
// of a tool call stay here.
func (t *tx) askNotice(kind, verb string, a resource.Approval, rel *resource.Release) (Notice, error) {
	who, err := t.whoIsAsked(a)
	if err != nil {
		return Notice{}, err
	}
	n := Notice{Kind: kind, Agent: a.Agent, Environment: a.Environment, Subject: a.ID, Digest: a.Digest,
		Text:       fmt.Sprintf("%s%s %s, until %s", a.Title, verb, who, stamp(a.ExpiresAt)),
		Answerable: a.Kind != approvalOfCall}
	if rel == nil {
		return n, nil
	}
	if len(rel.Delta.Changes) > maxChanges { // nobody answers by a channel for what it did not show
		n.Answerable = false
	}
	n.Details, err = askDetails(t, *rel)
	return n, err
}

// gravest are changes with those first that people have to see: by tier, then
// those that widen what the agent may do, then those that break.
func gravest(changes []resource.Change) []resource.Change {
	flag := func(b bool) int {
		if b {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(changes), func(a, b resource.Change) int {
		return cmp.Or(b.Tier.Rank()-a.Tier.Rank(), flag(a.Widens)-flag(b.Widens), flag(a.Breaking)-flag(b.Breaking), strings.Compare(a.Path, b.Path))
	})
}

// askDetails are what people have to know of a release, a line each.
func askDetails(r Reader, rel resource.Release) ([]string, error) {
	out := []string{"tier " + string(rel.Tier)}
	if p, err := previousOf(r, rel); err != nil {
		return nil, err
	} else if p != nil {
		out = append(out, "takes the place of "+p.Version)
	}
	if h := rel.Stage.Hotfix; h != nil {
		out = append(out, "HOTFIX: goes out without "+strings.Join(h.Skip, ", "))
	}
	if ch := rel.Stage.Change; ch != nil {
		for _, what := range ch.What {
			out = append(out, "the rules ask less than those of release "+ch.Release+": "+what)
		}
	}
	for n, c := range gravest(rel.Delta.Changes) {
		if n == maxChanges {
			out = append(out, fmt.Sprintf("and %d more changes; see all of them before you answer", len(rel.Delta.Changes)-n))
			break
		}
		line := c.Op + " " + c.Path + " (" + string(c.Tier)
		if c.Widens {
			line += ", widens"
		}
		if c.Breaking {
			line += ", breaking"
		}
		out = append(out, line+")")
	}
	for _, g := range rel.Gates {
		if g.Verdict != resource.Pass {
			out = append(out, fmt.Sprintf("gate %s: %s, %s", g.Name, g.Verdict, g.Message))
		}
	}
	list, err := evidenceOf(r, rel)
	if i := slices.IndexFunc(list, func(e resource.Evidence) bool { return e.Kind == resource.EvidenceEvaluation }); err == nil && i >= 0 {
		if d := evaluationDifference(list[i]); d != nil && d.Verdict != "" {
			out = append(out, fmt.Sprintf("evaluation: %s, %d fixed, %d broken", d.Verdict, len(d.Fixed), len(d.Broken)))
		}
	}
	return out, err
}
