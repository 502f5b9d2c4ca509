package guard

import "strings"

// remember appends a text and drops the oldest results over the bound.
func remember(sources []Source, src Source, limit int) []Source {
	src.Text = clip(normalise(src.Text), limit)
	if src.Text == "" {
		return sources
	}
	out := make([]Source, 0, len(sources)+1)
	total := len(src.Text)
	for _, s := range sources {
		if s == src {
			total -= len(s.Text) // the same text again is remembered once, as the newest
			continue
		}
		out = append(out, s)
		total += len(s.Text)
	}
	out = append(out, src)
	for i := 0; total > MaxSources && i < len(out)-1; {
		if !strings.HasPrefix(out[i].Origin, originTool) {
			i++
			continue
		}
		total -= len(out[i].Text)
		out = append(out[:i], out[i+1:]...)
	}
	return out
}
