package judge

import (
	"math"
	"strconv"
)

// Agreement is how far the repeats of a judge agree, over the runs that it judged
// more than once.
type Agreement struct {
	Judged    int `json:"judged"`    // runs
	NoVerdict int `json:"noVerdict"` // runs without a verdict
	Repeated  int `json:"repeated"`  // runs with at least two opinions
	// Share is the mean share of a run's opinions that say what most of them say;
	// nil when no run was judged twice.
	Share *float64 `json:"share,omitempty"`
	// Alpha is Krippendorff's alpha over the runs: 1 is full agreement, 0 is what
	// chance gives. Nominal, for marks interval. nil when all opinions of all runs
	// are the same word, which shows nothing, or no run was judged twice.
	Alpha *float64 `json:"alpha,omitempty"`
	// Swaps are pairs of orders of a pairwise judge; Kept those that named the same
	// answer in both.
	Swaps int `json:"swaps,omitempty"`
	Kept  int `json:"kept,omitempty"`
}

// Agree measures the judgements of one judge. scale is as in [Judge].
func Agree(list []Judgement, scale int) Agreement {
	out := Agreement{Judged: len(list)}
	var units [][]string
	sum := 0.0
	for _, g := range list {
		if g.Score == nil {
			out.NoVerdict++
		}
		words := g.Words()
		if len(words) > 1 {
			out.Repeated++
			sum += g.Agreement
		}
		var said []string
		for _, w := range words {
			if w != None {
				said = append(said, w)
			}
		}
		units = append(units, said)
		for i := 0; i+1 < len(g.Opinions); i++ {
			a, b := g.Opinions[i], g.Opinions[i+1]
			if !a.Swapped && b.Swapped && a.Verdict != None && b.Verdict != None {
				out.Swaps++
				if a.Verdict == b.Verdict {
					out.Kept++
				}
			}
		}
	}
	if out.Repeated > 0 {
		mean := sum / float64(out.Repeated)
		out.Share = &mean
	}
	distance := nominal
	if scale > 0 {
		distance = interval
	}
	out.Alpha = alpha(units, distance)
	return out
}

func nominal(a, b string) float64 {
	if a == b {
		return 0
	}
	return 1
}

// interval is the squared difference of two marks.
func interval(a, b string) float64 {
	x, _ := strconv.ParseFloat(a, 64) // marks are numbers
	y, _ := strconv.ParseFloat(b, 64)
	return (x - y) * (x - y)
}

// alpha is Krippendorff's alpha: 1 - observed / expected disagreement, over units
// with at least two values (Krippendorff, "Computing Krippendorff's
// Alpha-Reliability", 2011). nil when there is nothing to compare, or all values
// are the same.
func alpha(units [][]string, distance func(a, b string) float64) *float64 {
	count := map[string]float64{}
	observed, n := 0.0, 0.0
	for _, u := range units {
		if len(u) < 2 {
			continue
		}
		d := 0.0
		for i, a := range u {
			count[a]++
			for j, b := range u {
				if i != j {
					d += distance(a, b)
				}
			}
		}
		observed += d / float64(len(u)-1)
		n += float64(len(u))
	}
	expected := 0.0
	for a, x := range count {
		for b, y := range count {
			expected += x * y * distance(a, b)
		}
	}
	if n < 2 || expected == 0 {
		return nil
	}
	out := 1 - (observed/n)/(expected/(n*(n-1)))
	return &out
}

// Calibration is how far a judge agrees with people.
type Calibration struct {
	Cases     int `json:"cases"`     // with a label
	NoVerdict int `json:"noVerdict"` // which count as fail
	// The four counts: what people said and what the judge said.
	PassPass int `json:"passPass"` // both pass
	PassFail int `json:"passFail"` // people pass, judge fail
	FailPass int `json:"failPass"` // people fail, judge pass
	FailFail int `json:"failFail"`
	// Share is the share of cases on which they agree, with its Wilson 95 % interval.
	Share float64 `json:"share"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Kappa is Cohen's kappa; nil when people or judge used one word only.
	Kappa *float64 `json:"kappa,omitempty"`
	// FalsePass is the share of what people failed that the judge passed; nil
	// when people failed nothing.
	FalsePass *float64 `json:"falsePass,omitempty"`
	// FalseFail is the share of what people passed that the judge failed.
	FalseFail *float64 `json:"falseFail,omitempty"`
}

// Calibrate compares judgements with what people said of the same answers.
func Calibrate(people []bool, list []Judgement) Calibration {
	var c Calibration
	for i, said := range people {
		c.Cases++
		if list[i].Score == nil {
			c.NoVerdict++
		}
		switch judged := list[i].Passed; {
		case said && judged:
			c.PassPass++
		case said:
			c.PassFail++
		case judged:
			c.FailPass++
		default:
			c.FailFail++
		}
	}
	if c.Cases == 0 {
		return c
	}
	n := float64(c.Cases)
	c.Share = float64(c.PassPass+c.FailFail) / n
	c.Low, c.High = wilson(c.Share, n)
	pass, fail := float64(c.PassPass+c.PassFail), float64(c.FailPass+c.FailFail)
	judgedPass := float64(c.PassPass + c.FailPass)
	if chance := (pass*judgedPass + fail*(n-judgedPass)) / (n * n); chance < 1 {
		k := (c.Share - chance) / (1 - chance)
		c.Kappa = &k
	}
	if fail > 0 {
		x := float64(c.FailPass) / fail
		c.FalsePass = &x
	}
	if pass > 0 {
		x := float64(c.PassFail) / pass
		c.FalseFail = &x
	}
	return c
}

// wilson is the 95 % score interval of a share p of n (Wilson 1927).
func wilson(p, n float64) (low, high float64) {
	const z = 1.959964
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(centre-half, 0), min(centre+half, 1)
}
