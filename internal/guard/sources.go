package guard

import (
	"slices"
	"strings"
)

// Source is what one text held, with its label: the user's message or a result.
type Source struct {
	Origin  string `json:"origin"` // user, blueprint or tool:NAME
	Trusted bool   `json:"trusted"`
	// Selected says that the lookup which gave it was the user's own, see class selected.
	Selected bool `json:"selected,omitempty"`
	// Text is a text, Records the fields of the objects of a structured result;
	// both normalised for search (lower case, single spaces).
	Text    string     `json:"text,omitempty"`
	Records [][]string `json:"records,omitempty"`
}

// size is what s counts against MaxSources.
func (s Source) size() int {
	n := len(s.Text)
	for _, r := range s.Records {
		for _, f := range r {
			n += len(f) + 1
		}
	}
	return n
}

func (s Source) equal(o Source) bool {
	return s.Origin == o.Origin && s.Trusted == o.Trusted && s.Selected == o.Selected && s.Text == o.Text &&
		slices.EqualFunc(s.Records, o.Records, slices.Equal[[]string])
}

// resultSource reads a result's text, as records where its tool gives records.
func resultSource(src Source, text string, records bool) Source {
	if records {
		src.Records, _ = recordsOf(text)
		if n := src.size(); 0 < n && n <= MaxResultText {
			return src
		}
		src.Records = nil
	}
	src.Text = clip(normalise(text), MaxResultText)
	return src
}

// remember appends a source and drops the oldest results over the bound.
func remember(sources []Source, src Source) []Source {
	total := src.size()
	if total == 0 {
		return sources
	}
	out := make([]Source, 0, len(sources)+1)
	for _, s := range sources {
		if s.equal(src) {
			continue // the same text again is remembered once, as the newest
		}
		out = append(out, s)
		total += s.size()
	}
	out = append(out, src)
	for i := 0; total > MaxSources && i < len(out)-1; {
		if !strings.HasPrefix(out[i].Origin, originTool) {
			i++
			continue
		}
		total -= out[i].size()
		out = append(out[:i], out[i+1:]...)
	}
	return out
}
