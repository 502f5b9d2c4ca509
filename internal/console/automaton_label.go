package console

import (
	"math"
	"slices"
)

// caption is a text in the middle of a box.
type caption struct {
	Box  box
	X, Y float64
	Text string
}

const (
	charW  = 6.1 // of a label's character, a little over the mean
	labelH = 15.0
)

// label finds a place for a text on the link where it covers nothing in taken;
// false when there is none: the text is then in the edge's title and the list only.
func (l link) label(text string, taken []box, bounds box) (caption, bool) {
	w := float64(len([]rune(text)))*charW + 6
	lift := 0.0
	if flat := math.Abs(l.start.Y-l.end.Y) < labelH; flat && w > 0.6*math.Abs(l.end.X-l.start.X) {
		lift = labelH * 0.8 // on the line it would hide all of it
	}
	for _, t := range []float64{0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74} {
		p := l.at(t)
		p.Y -= lift
		b := box{p.X - w/2, p.Y - labelH/2, w, labelH}
		free := b.X >= bounds.X && b.Y >= bounds.Y && b.X+b.W <= bounds.X+bounds.W && b.Y+b.H <= bounds.Y+bounds.H
		if free && !slices.ContainsFunc(taken, b.overlaps) {
			return caption{box{round2(b.X), round2(b.Y), round2(b.W), b.H}, round2(p.X), round2(p.Y), text}, true
		}
	}
	return caption{}, false
}
