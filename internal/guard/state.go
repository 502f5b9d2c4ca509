package guard

import (
	"math"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// Start is the state of a new run whose user said input.
func (c *Compiled) Start(input string) State {
	s := State{GuardState: resource.GuardState{Phase: c.initial, Confidentiality: string(blueprint.ZonePublic)}}
	s.Asks = asksOf(input)
	s.Sources = remember(nil, Source{Origin: OriginUser, Trusted: true, Text: clip(normalise(input), MaxUserText)})
	return s
}

// Hear moves the state of a session by a further message of its user: it adds to
// what was asked for, and to where values can come from. The oldest messages are
// forgotten over twice MaxUserText.
func (c *Compiled) Hear(s State, text string) State {
	s = c.effective(s)
	said := Source{Origin: OriginUser, Trusted: true, Text: clip(normalise(text), MaxUserText)}
	s.Sources = remember(s.Sources, said)
	s.Asks = slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.Asks, asksOf(text)))))
	total := 0
	for i := len(s.Sources) - 1; i >= 0; i-- {
		if s.Sources[i].Origin != OriginUser {
			continue
		}
		if total += s.Sources[i].size(); total > 2*MaxUserText {
			s.Sources = slices.Delete(slices.Clone(s.Sources), i, i+1)
		}
	}
	return s
}

// Observe moves the state by the result of a call. A result taints and reveals
// also when it is an error: error texts are written by others too. The phase
// moves only when the call succeeded.
//
// A tool that outsiders do not write into may still give back what the agent
// brought it: its result is not trusted when the call carried words from outside
// or from nowhere, and none is after such words were written inside.
func (c *Compiled) Observe(s State, o Observation) State {
	s = c.effective(s)
	g, ok := c.tools[o.Tool]
	if !ok {
		// Nothing is known about where this came from.
		s.Tainted, s.Confidentiality = true, string(blueprint.ZoneRestricted)
		s.Outside = &resource.OutsideText{Tool: o.Tool, Call: o.Call}
		s.Sources = remember(s.Sources, resultSource(Source{Origin: originTool + o.Tool}, o.Text, false))
		return s
	}
	s.GuardState = c.moved(s.GuardState, g, o.IsError)
	if !g.trusted {
		s.Outside = &resource.OutsideText{Tool: o.Tool, Call: o.Call}
	}
	from := c.trace(s, g, o.Args)
	carries := from.carries() && s.Tainted
	src := Source{Origin: originTool + o.Tool, Trusted: g.trusted && !carries && !s.Mixed}
	src.Selected = !g.trusted && from.selects(o.Args)
	s.Mixed = s.Mixed || carries && safe(g.tool.Labels.ActsInside)
	s.Sources = remember(s.Sources, resultSource(src, o.Text, g.trusted || g.givesRecords(o)))
	return s
}

// givesRecords reports whether the fields of a result are its server's. A server
// with an output schema may send a document as the text beside its structured
// content, and a stranger can write a document that looks like records.
func (g *toolGuard) givesRecords(o Observation) bool {
	return isTrue(g.tool.Labels.Records) && (o.Structured || !g.hinted)
}

// moved is the state after a result of g's tool. Exploration moves by it too.
func (c *Compiled) moved(s resource.GuardState, g *toolGuard, isError bool) resource.GuardState {
	s.Tainted = s.Tainted || !g.trusted
	if g.reads > rankOf(s) {
		s.Confidentiality = zoneName(g.reads)
	}
	if to, ok := c.moves[move{s.Phase, g.tool.Name}]; ok && !isError {
		s.Phase = to
	}
	return s
}

// Spend moves the state by one model call.
func (c *Compiled) Spend(s State, tokens int64, cost resource.MicroUSD) State {
	s = c.effective(s)
	s.Steps++
	s.Tokens = add(s.Tokens, tokens)
	s.Cost = resource.MicroUSD(add(int64(s.Cost), int64(cost)))
	return s
}

// add counts up and never wraps or goes down.
func add(have, more int64) int64 {
	if more < 0 {
		return have
	}
	if have > math.MaxInt64-more {
		return math.MaxInt64
	}
	return have + more
}

// effective is s as decisions see it. A state that is unknown, has no phase, or
// holds what no run can reach counts as tainted and restricted, with its damaged
// counters used up.
func (c *Compiled) effective(s State) State {
	damaged := s.ToolCalls < 0 || s.Steps < 0 || s.Tokens < 0 || s.Cost < 0 || s.Spent < 0 || math.IsNaN(s.Spent)
	if !s.Unknown && s.Phase != "" && !damaged {
		return s
	}
	s.Unknown, s.Tainted, s.Confidentiality = true, true, string(blueprint.ZoneRestricted)
	s.Allow = nil
	if s.Phase == "" && !c.workflow {
		s.Phase = onlyPhase
	}
	if damaged {
		s.ToolCalls, s.Spent = math.MaxInt32, math.MaxFloat64
		s.Steps, s.Tokens, s.Cost = max(s.Steps, 0), max(s.Tokens, 0), max(s.Cost, 0)
	}
	return s
}

// confidentiality is the highest zone read; one that is not known is restricted.
func confidentiality(s State) int64 { return rankOf(s.GuardState) }

func rankOf(s resource.GuardState) int64 {
	return min(dataRank(blueprint.Zone(s.Confidentiality)), rankRestricted)
}
