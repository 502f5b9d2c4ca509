package console

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/resource"
)

// Charts are drawn in a box of plotW x plotH that the page stretches to any
// width; labels stand beside it as text, so that they never stretch.
const (
	plotW = 1000.0
	plotH = 100.0
)

// axis is the time that a chart spans.
type axis struct{ From, To resource.Millis }

// line is a drawn line chart.
type line struct {
	Empty  bool
	Path   string // SVG path; gaps where there is no value
	Dots   string // SVG path of the values that stand alone
	Area   string // the same, closed to the floor
	Bars   string // SVG path of a bar chart, instead of the two
	Top    string // label of the upper edge
	Bottom string // label of the lower edge
	From   string // label of the left edge
	To     string
	Hits   []hit // one for each value, to hover
	Says   string
}

// hit is an invisible strip that tells a value.
type hit struct {
	X, W float64
	Text string
}

// scale chooses the edges of a chart from the finite values.
type scale func(lo, hi float64) (bottom, top float64)

// zeroScale starts at zero and ends at a round number.
func zeroScale(_, hi float64) (float64, float64) {
	if hi <= 0 {
		return 0, 1
	}
	return 0, niceCeil(hi)
}

// shareScale is for shares of 1: it ends at 1 and starts at the tenth below the
// lowest value, at most at 0.9.
func shareScale(lo, _ float64) (float64, float64) {
	return math.Max(0, math.Min(0.9, math.Floor(lo*10)/10)), 1
}

// niceCeil is the next number of the form 1, 2, 2.5, 5 x 10^n.
func niceCeil(v float64) float64 {
	if v <= 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if v <= m*unit*(1+1e-9) {
			return m * unit
		}
	}
	return 10 * unit
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// lineOf draws values at equal distances over at. A value that is not finite is
// a gap; a value between two gaps is a dot.
func lineOf(values []float64, at axis, choose scale, label func(float64) string) line {
	lo, hi, seen := math.Inf(1), math.Inf(-1), 0
	for _, v := range values {
		if finite(v) {
			lo, hi, seen = math.Min(lo, v), math.Max(hi, v), seen+1
		}
	}
	if seen == 0 {
		return line{Empty: true, Says: "No runs in this window."}
	}
	bottom, top := choose(lo, hi)
	step := plotW / float64(len(values))
	l := line{Top: label(top), Bottom: label(bottom), From: edge(at.From), To: edge(at.To)}
	l.Says = "From " + label(lo) + " to " + label(hi) + "."
	var path, area, dots strings.Builder
	start, last, pen := 0.0, 0.0, false
	for i, v := range values {
		if !finite(v) {
			if pen {
				closeArea(&area, start, last)
			}
			pen = false
			continue
		}
		x, y := (float64(i)+0.5)*step, within(v, bottom, top)
		if !pen {
			if i+1 == len(values) || !finite(values[i+1]) {
				dots.WriteString("M" + xy(x, y) + "h0.01")
			}
			start = x
			path.WriteString("M" + xy(x, y) + "h0.01")
			area.WriteString("M" + xy(x, y))
		} else {
			path.WriteString("L" + xy(x, y))
			area.WriteString("L" + xy(x, y))
		}
		pen, last = true, x
		l.Hits = append(l.Hits, hit{X: float64(i) * step, W: step, Text: label(v) + " · " + bucketTime(at, i, len(values))})
	}
	if pen {
		closeArea(&area, start, last)
	}
	l.Path, l.Area, l.Dots = path.String(), area.String(), dots.String()
	return l
}

// barsOf draws counts as bars, because a bucket that has just begun is no fall.
func barsOf(values []float64, at axis, label func(float64) string) line {
	l := lineOf(values, at, zeroScale, label)
	if l.Empty {
		return l
	}
	_, top := zeroScale(0, slices.MaxFunc(values, func(a, b float64) int { return cmp.Compare(a, b) }))
	step := plotW / float64(len(values))
	var bars strings.Builder
	for i, v := range values {
		if finite(v) && v > 0 {
			x, w := (float64(i)+0.15)*step, 0.7*step
			bars.WriteString("M" + xy(x, plotH) + "L" + xy(x, within(v, 0, top)) + "L" + xy(x+w, within(v, 0, top)) + "L" + xy(x+w, plotH) + "Z")
		}
	}
	l.Path, l.Area, l.Dots, l.Bars = "", "", "", bars.String()
	return l
}

func closeArea(b *strings.Builder, start, last float64) {
	b.WriteString("L" + xy(last, plotH) + "L" + xy(start, plotH) + "Z")
}

// within is the height of v between bottom and top, clamped to the box.
func within(v, bottom, top float64) float64 {
	if top <= bottom {
		return plotH
	}
	return plotH - math.Max(0, math.Min(1, (v-bottom)/(top-bottom)))*plotH
}

// xy writes a point with two decimals.
func xy(x, y float64) string {
	return strconv.FormatFloat(x, 'f', 2, 64) + " " + strconv.FormatFloat(y, 'f', 2, 64)
}

func edge(at resource.Millis) string {
	return time.UnixMilli(int64(at)).UTC().Format("2 Jan 15:04")
}

func bucketTime(at axis, i, n int) string {
	t := int64(at.From) + int64(at.To-at.From)*int64(i)/int64(n)
	return edge(resource.Millis(t))
}
