package evaluate

import (
	"fmt"
	"math"
	"strings"
)

// View is a report prepared for reading, in a page or in a comment.
type View struct {
	Report
	Decision Decision
	Why      string
	Whole    int // cases that passed in every repeat
	Failed   int // cases that did not
	Fixed    int
	Broken   int
	Lines    []CaseView // broken first, then failed, fixed, passed; each in the order of the cases
	Interval *Interval  // of the comparison's difference; nil without one
	Evidence string     // where the signed evidence is; "" is nowhere
}

// CaseView is a case for reading.
type CaseView struct {
	CaseReport
	Whole bool
	Score float64
	Flip  *Flip // nil: both versions say the same, or there is one only
}

// ID names the case in a page.
func (c CaseView) ID() string { return "case-" + short("x:"+hashOf(c.Suite, c.Name)[7:]) }

// First is the run that a reader looks at first: the first that failed, else the first.
func (c CaseView) First() *RunReport {
	for i := range c.Runs {
		if !c.Runs[i].Passed {
			return &c.Runs[i]
		}
	}
	if len(c.Runs) == 0 {
		return nil
	}
	return &c.Runs[0]
}

// View prepares the report for reading. evidence says where its signed evidence
// is, as a link or a name; "" is nowhere.
func (r Report) View(evidence string) View {
	v := View{Report: r, Evidence: evidence}
	v.Decision, v.Why = r.Decide()
	flips := map[string]*Flip{}
	if c := r.Compare; c != nil {
		for i := range c.Flips {
			flips[c.Flips[i].Case] = &c.Flips[i]
		}
		v.Fixed, v.Broken = len(c.Fixed), len(c.Broken)
		v.Interval = newInterval(*c)
	}
	groups := make([][]CaseView, 4)
	for _, c := range r.Cases {
		line := CaseView{CaseReport: c, Whole: c.whole(), Score: c.score(), Flip: flips[c.Suite+"/"+c.Name]}
		at := 3
		switch {
		case line.Flip != nil && !line.Flip.Fixed:
			at = 0
		case !line.Whole:
			at = 1
		case line.Flip != nil:
			at = 2
		}
		if line.Whole {
			v.Whole++
		} else {
			v.Failed++
		}
		groups[at] = append(groups[at], line)
	}
	for _, g := range groups {
		v.Lines = append(v.Lines, g...)
	}
	return v
}

// Verdict is the decision in a word or two.
func (v View) Verdict() string {
	switch v.Decision {
	case DecidePass:
		return "passed"
	case DecideAsk:
		return "a person decides"
	}
	return "blocked"
}

// Against is the comparison's verdict in words, "" without one.
func (v View) Against() string {
	if v.Compare == nil {
		return ""
	}
	if v.Compare.Verdict == Unclear {
		return "not enough evidence"
	}
	return strings.ReplaceAll(v.Compare.Verdict, "_", " ")
}

// Interval is where the difference of two versions lies, as places from 0 to 100
// on one line.
type Interval struct {
	Low, Mid, High, Zero, Margin float64
	Text                         string
}

func newInterval(c Comparison) *Interval {
	reach := math.Max(math.Max(math.Abs(c.Low), math.Abs(c.High)), math.Max(c.Margin, 0.02)) * 1.15
	place := func(x float64) float64 { return 50 + 50*x/reach }
	return &Interval{Low: place(c.Low), Mid: place(c.Difference), High: place(c.High), Zero: place(0), Margin: place(-c.Margin),
		Text: fmt.Sprintf("%s points, %.0f %% interval %s to %s, margin %s", points(c.Difference), 100*c.Confidence, points(c.Low), points(c.High), points(-c.Margin))}
}

// points is a share as percent points with a sign.
func points(x float64) string {
	if math.Abs(x) < 0.00005 {
		return "0.0"
	}
	return fmt.Sprintf("%+.1f", 100*x)
}

// percent is a share as percent.
func percent(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }

// USD is a cost as a person reads it. A completion of a model with a price costs
// something, so nothing is the cost of a model without one.
func USD(x float64) string {
	switch {
	case x == 0:
		return "unpriced"
	case math.Abs(x) < 0.01:
		return fmt.Sprintf("$%.6f", x)
	}
	return fmt.Sprintf("$%.4f", x)
}

// The places on a picture that is 400 wide.

// LowX is where the interval begins.
func (i Interval) LowX() float64 { return 4 * i.Low }

// MidX is where the difference is.
func (i Interval) MidX() float64 { return 4 * i.Mid }

// HighX is where the interval ends.
func (i Interval) HighX() float64 { return 4 * i.High }

// ZeroX is where no difference is.
func (i Interval) ZeroX() float64 { return 4 * i.Zero }

// MarginX is where the margin is.
func (i Interval) MarginX() float64 { return 4 * i.Margin }
