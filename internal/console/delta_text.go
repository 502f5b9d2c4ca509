package console

import (
	"slices"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// deltaTexts puts the instructions themselves into deltas, which name them by
// digest: a person who approves has to read what changed.
type deltaTexts struct {
	s     *server
	rq    *request
	agent string
	read  map[string]string // instructions by the version's digest
}

// instructionsOf reads the instructions of an agent's versions, each once.
func (s *server) instructionsOf(rq *request, agent string) deltaTexts {
	return deltaTexts{s: s, rq: rq, agent: agent, read: map[string]string{}}
}

// fill returns d with the texts in place of the digests of instructions.
func (t deltaTexts) fill(d resource.Delta) (resource.Delta, error) {
	d.Changes = slices.Clone(d.Changes)
	for i, c := range d.Changes {
		if c.Kind != "instructions" {
			continue
		}
		from, err := t.of(d.From, c.From)
		if err != nil {
			return d, err
		}
		to, err := t.of(d.To, c.To)
		if err != nil {
			return d, err
		}
		d.Changes[i].From, d.Changes[i].To = from, to
	}
	return d, nil
}

// of is the instructions of a version; given stays when it is a text already or
// the version is not kept.
func (t deltaTexts) of(version, given string) (string, error) {
	if shortDigest(given) == given || version == "" {
		return given, nil
	}
	if text, ok := t.read[version]; ok {
		return text, nil
	}
	v, err := t.s.control.Version(t.rq.Context(), t.rq.who, t.agent+"@"+version)
	if fault.Is(err, fault.NotFound) || err == nil && v.Manifest == nil {
		return given, nil
	}
	if err != nil {
		return "", err
	}
	t.read[version] = v.Manifest.Blueprint.Spec.Instructions
	return t.read[version], nil
}
