package console

import (
	"math"

	"github.com/aureus-agents/aureus/resource"
)

// trends are the three lines that every agent shows.
type trends struct {
	Success, P95, Runs trend
}

// trend is a line with its newest or total figure.
type trend struct {
	Label string
	Value string
	Tone  string
	Line  line
}

// trendsOf draws the lines of a series under the figures of the whole window.
func trendsOf(total resource.Figures, series []resource.Figures, from, to resource.Millis) trends {
	success, p95, runs := make([]float64, len(series)), make([]float64, len(series)), make([]float64, len(series))
	for i, f := range series {
		success[i], p95[i], runs[i] = math.NaN(), math.NaN(), math.NaN()
		if f.Runs > 0 {
			success[i], p95[i], runs[i] = f.SuccessRate, f.P95Ms, float64(f.Runs)
		}
	}
	at := axis{From: from, To: to}
	t := trends{
		Success: trend{Label: "Success rate", Value: rate(total.SuccessRate, total.Runs), Line: lineOf(success, at, shareScale, percent)},
		P95:     trend{Label: "p95 latency", Value: latency(total.P95Ms, total.Runs), Line: lineOf(p95, at, zeroScale, millis)},
		Runs:    trend{Label: "Runs", Value: count(total.Runs), Line: barsOf(runs, at, wholeNumber)},
	}
	if total.Runs > 0 && total.SuccessRate < 0.95 {
		t.Success.Tone = "bad"
	}
	return t
}

func wholeNumber(f float64) string { return count(int64(math.Round(f))) }
