package release

import (
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/resource"
)

// stops reports whether a gate keeps the release from its next step: everything
// but a pass and a warning does, also a verdict that nobody knows.
func stops(g resource.Gate) bool { return g.Verdict != resource.Pass && g.Verdict != resource.Warn }

func blocked(s situation) bool { return len(s.ev.Gates) == 0 || slices.ContainsFunc(s.ev.Gates, stops) }

// blockedBy names the first gate that stops the release.
func blockedBy(_ resource.Release, s situation) string {
	i := slices.IndexFunc(s.ev.Gates, stops)
	if i < 0 {
		return "No gate was read: without evidence the release stops."
	}
	g := s.ev.Gates[i]
	msg := g.Message
	if msg == "" {
		msg = "verdict " + string(g.Verdict)
	}
	return fmt.Sprintf("Gate %s: %s", g.Name, msg)
}

// merge adds gates to those of earlier steps; a gate that was read again takes
// the place of its older verdict.
func merge(old, gates []resource.Gate) []resource.Gate {
	out := slices.Clone(old)
	for _, g := range gates {
		if i := slices.IndexFunc(out, func(o resource.Gate) bool { return o.Name == g.Name }); i >= 0 {
			out[i] = g
			continue
		}
		out = append(out, g)
	}
	return out
}
