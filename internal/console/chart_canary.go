package console

import (
	"math"
	"strconv"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// E-values are drawn between these bounds: far beyond any threshold, short of
// what would flatten the rest.
const (
	eFloor = 1e-3
	eCeil  = 1e6
	// maxPoints bounds a path; each bucket keeps its lowest and highest value.
	maxPoints = 400
)

// eChart is e-values over outcomes on a log axis against one threshold.
type eChart struct {
	Empty     bool
	Curves    []curve
	Ticks     []tick
	Threshold tick
	First     string // label of the left edge
	Last      string // of the right edge
	Says      string
}

// curve is one process.
type curve struct {
	Class string
	Label string
	Path  string
	Value string // newest
}

// tick is a line across the chart with its label.
type tick struct {
	Y     float64
	Label string
}

// process is the values of one e-process, one for each outcome.
type process struct {
	class, label string
	values       []float64
}

// harmChart draws the processes that roll back: the E of each stream times its
// share, so that all have the one threshold 1/alpha.
func harmChart(v control.CanaryVerdict) eChart {
	var list []process
	for _, st := range v.Stored.Streams {
		if st.Off != "" {
			continue
		}
		list = append(list, process{"stream-" + st.Name, st.Name, pick(v.Outcomes, func(o resource.CanaryOutcome) float64 { return o.E[st.Name] * st.Share })})
	}
	if len(list) == 0 {
		list = []process{{"stream-failures", "E harm", pick(v.Outcomes, func(o resource.CanaryOutcome) float64 { return o.EHarm })}}
	}
	return eChartOf(list, inverse(v.Plan.Alpha), "1/α")
}

// safeChart draws the processes that promote against 1/beta.
func safeChart(v control.CanaryVerdict) eChart {
	return eChartOf([]process{
		{"safe", "E against control", pick(v.Outcomes, func(o resource.CanaryOutcome) float64 { return o.ESafe })},
		{"abs", "E against the bound", pick(v.Outcomes, func(o resource.CanaryOutcome) float64 { return o.EAbs })},
	}, inverse(v.Plan.Beta), "1/β")
}

func pick(outcomes []resource.CanaryOutcome, f func(resource.CanaryOutcome) float64) []float64 {
	out := make([]float64, len(outcomes))
	for i, o := range outcomes {
		out[i] = f(o)
	}
	return out
}

// inverse is 1/p, and infinite (drawn at the ceiling) when p is not a probability.
func inverse(p float64) float64 {
	if p > 0 && p <= 1 {
		return 1 / p
	}
	return math.Inf(1)
}

func eChartOf(processes []process, threshold float64, name string) eChart {
	n := len(processes[0].values)
	if n == 0 {
		return eChart{Empty: true, Says: "No outcome yet."}
	}
	lo, hi := 0.0, logOf(threshold)+0.5
	for _, p := range processes {
		for _, v := range p.values {
			if l, ok := logOK(v); ok {
				lo, hi = math.Min(lo, l), math.Max(hi, l)
			}
		}
	}
	lo, hi = math.Floor(lo-0.01), math.Ceil(hi)
	c := eChart{First: "1", Last: count(n), Threshold: tick{Y: within(logOf(threshold), lo, hi), Label: name + " = " + evalue(threshold)}}
	for d := lo; d <= hi; d += math.Max(1, math.Ceil((hi-lo)/6)) {
		c.Ticks = append(c.Ticks, tick{Y: within(d, lo, hi), Label: decade(d)})
	}
	for _, p := range processes {
		c.Curves = append(c.Curves, curve{Class: p.class, Label: p.label, Path: logPath(p.values, lo, hi), Value: evalue(p.values[n-1])})
		c.Says += p.label + " is " + evalue(p.values[n-1]) + " after " + count(n) + " outcomes; the threshold " + name + " is " + evalue(threshold) + ". "
	}
	return c
}

// logOf is log10 of e inside the drawn bounds; what is not a number is never
// reached and lies at the upper one.
func logOf(e float64) float64 {
	if math.IsNaN(e) {
		e = eCeil
	}
	return math.Log10(math.Max(eFloor, math.Min(eCeil, e)))
}

func logOK(e float64) (float64, bool) {
	if math.IsNaN(e) {
		return 0, false
	}
	return logOf(e), true
}

// logPath draws values, thinned to the lowest and highest of each bucket.
func logPath(values []float64, lo, hi float64) string {
	n := len(values)
	size := max(1, (2*n+maxPoints-1)/maxPoints)
	path := ""
	point := func(i int) {
		l, ok := logOK(values[i])
		if !ok {
			return
		}
		x := plotW
		if n > 1 {
			x = plotW * float64(i) / float64(n-1)
		}
		if path == "" {
			path = "M" + xy(x, within(l, lo, hi)) + "h0.01"
			return
		}
		path += "L" + xy(x, within(l, lo, hi))
	}
	for from := 0; from < n; from += size {
		to := min(n, from+size)
		low, high := extremes(values[from:to])
		a, b := from+min(low, high), from+max(low, high)
		point(a)
		if b != a {
			point(b)
		}
	}
	if size > 1 {
		point(n - 1)
	}
	return path
}

// extremes are the indexes of the lowest and highest value.
func extremes(v []float64) (low, high int) {
	for i := range v {
		if v[i] < v[low] {
			low = i
		}
		if v[i] > v[high] {
			high = i
		}
	}
	return low, high
}

// decade is 10^d as a label.
func decade(d float64) string {
	if d >= -2 && d <= 4 {
		return strconv.FormatFloat(math.Pow(10, d), 'f', -1, 64)
	}
	return "1e" + strconv.Itoa(int(d))
}
