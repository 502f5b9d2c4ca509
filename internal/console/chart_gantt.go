package console

import (
	"math"

	"github.com/aureus-agents/aureus/resource"
)

// gantt is a run's steps on a time axis.
type gantt struct {
	TotalMs float64
	Ticks   []tickX
	Bars    []bar
}

// tickX is a line down the chart.
type tickX struct {
	Percent float64 // of the width
	Label   string
}

// bar is one step, in the units of plotW.
type bar struct{ X, W float64 }

// minBar keeps an instant step visible.
const minBar = 4.0

// ganttOf lays a run's steps on its time. Steps with no or wrong times stay
// inside the chart.
func ganttOf(r resource.Run) gantt {
	total := float64(r.LatencyMs)
	for _, s := range r.Steps {
		if end := float64(s.AtMs) + s.TookMs; finite(end) {
			total = math.Max(total, end)
		}
	}
	if total <= 0 {
		total = 1
	}
	g := gantt{TotalMs: total}
	for _, s := range r.Steps {
		x := clamp(float64(s.AtMs)/total, 0, 1) * plotW
		took := s.TookMs
		if !finite(took) || took < 0 {
			took = 0
		}
		w := math.Max(minBar, took/total*plotW)
		x = math.Min(x, plotW-minBar)
		g.Bars = append(g.Bars, bar{X: round2(x), W: round2(math.Min(w, plotW-x))})
	}
	step := niceCeil(total / 5)
	for t := 0.0; t < total; t += step {
		g.Ticks = append(g.Ticks, tickX{Percent: round2(t / total * 100), Label: millis(t)})
	}
	return g
}

func clamp(v, lo, hi float64) float64 {
	if math.IsNaN(v) {
		return lo
	}
	return math.Max(lo, math.Min(hi, v))
}

func round2(v float64) float64 { return math.Round(v*100) / 100 }
