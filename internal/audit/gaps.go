package audit

import "slices"

// span is the indexes from lo to hi-1 that were skipped, and where it was seen.
type span struct {
	lo, hi int64
	line   int64
}

// gaps are the indexes that an export skipped so far, ascending.
type gaps struct{ spans []span }

// maxGaps bounds what a hostile export can make Verify remember.
const maxGaps = 10_000

func (g *gaps) skip(lo, hi, line int64) bool {
	if len(g.spans) >= maxGaps {
		return false
	}
	g.spans = append(g.spans, span{lo, hi, line})
	return true
}

// fill takes an index out of the gaps and reports whether it was in one.
func (g *gaps) fill(index int64) bool {
	i, found := slices.BinarySearchFunc(g.spans, index, func(s span, x int64) int {
		switch {
		case s.hi <= x:
			return -1
		case s.lo > x:
			return 1
		}
		return 0
	})
	if !found {
		return false
	}
	s := g.spans[i]
	var rest []span
	if s.lo < index {
		rest = append(rest, span{s.lo, index, s.line})
	}
	if index+1 < s.hi {
		rest = append(rest, span{index + 1, s.hi, s.line})
	}
	g.spans = slices.Replace(g.spans, i, i+1, rest...)
	return true
}
