package evaluate

import (
	"fmt"
	"math"

	"github.com/aureus-agents/aureus/blueprint"
)

// confidence of the intervals: each side of one is wrong in 2.5 of 100
// evaluations at most, so "no worse" is said of a version that has lost the margin
// or more that often at most, and "better" or "worse" of one that has not changed.
const confidence = 0.95

// marginOf is the loss that "no worse" has to rule out with n cases: what is asked
// for, else the smallest that n cases rule out when none of them flips, rounded up
// to a tenth of a point, from [blueprint.SmallestMargin] to
// [blueprint.LargestMargin]. With fewer cases than the largest takes, nothing short
// of an asked margin comes to "no worse".
func marginOf(asked *float64, n int, sequential bool) float64 {
	if asked != nil {
		return *asked
	}
	low, _ := pairs{n: n}.bounds(sequential)
	return min(blueprint.LargestMargin, max(blueprint.SmallestMargin, math.Ceil(-low*1000)/1000))
}

func (p pairs) bounds(sequential bool) (low, high float64) {
	if sequential {
		return p.sequence(confidence)
	}
	return p.interval(confidence)
}

// comparison is what a comparison is made of.
type comparison struct {
	cases      []CaseReport // of the candidate
	before     []CaseReport // of the baseline, the same cases
	margin     *float64
	planned    int // cases, before any stopping
	sequential bool
	seed       int64
}

// whole reports whether a case passes: in every repeat.
func (c CaseReport) whole() bool { return len(c.Runs) > 0 && c.Passes == len(c.Runs) }

// compare pairs the cases and says what they show.
func (k comparison) compare() *Comparison {
	c := &Comparison{Fixed: []string{}, Broken: []string{}, Cases: len(k.cases), Confidence: confidence,
		MarginSet: k.margin != nil, Sequential: k.sequential}
	p := pairs{n: len(k.cases)}
	for i, now := range k.cases {
		was := k.before[i]
		name := now.Suite + "/" + now.Name
		switch {
		case now.whole() == was.whole():
			continue
		case now.whole():
			p.fixed++
			c.Fixed = append(c.Fixed, name)
		default:
			p.broken++
			c.Broken = append(c.Broken, name)
		}
		c.Flips = append(c.Flips, flipOf(name, was, now))
	}
	c.BaselinePassRate, c.CandidatePassRate = runRate(k.before), runRate(k.cases)
	c.Difference = p.difference()
	c.Low, c.High = p.bounds(k.sequential)
	c.Margin = marginOf(k.margin, k.planned, k.sequential)
	c.PValue = mcnemar(p.fixed, p.broken)
	if k.sequential {
		c.PValue = p.anytimeP()
	}
	c.Verdict = c.verdict(p)
	c.Message = c.sentence(p)
	c.Score = k.scores()
	c.Figures = figuresOf(k.before, k.cases)
	return c
}

// verdict reads the figures. A loss within the margin is no worse, also one that
// is certain.
func (c *Comparison) verdict(p pairs) string {
	better, noWorse, worse := c.Difference > 0, c.Low >= -c.Margin, c.Difference < 0
	if c.Sequential {
		better, noWorse, worse = p.clear(c.Margin, c.Confidence)
	} else if c.PValue >= 1-c.Confidence {
		better, worse = false, false
	}
	switch {
	case c.Cases == 0:
		return Unclear
	case better:
		return Better
	case noWorse:
		return NoWorse
	case worse:
		return Worse
	}
	return Unclear
}

// sentence says the verdict and what it rests on.
func (c *Comparison) sentence(p pairs) string {
	if c.Cases == 0 {
		return "Not enough evidence: no case was measured with both versions."
	}
	counts := fmt.Sprintf("%s cases, %d fixed and %d broken (%+.1f points, 95 %% interval %+.1f to %+.1f)",
		grouped(c.Cases), len(c.Fixed), len(c.Broken), 100*c.Difference, 100*c.Low, 100*c.High)
	switch c.Verdict {
	case Better:
		return "Better: " + counts + "."
	case Worse:
		return "Worse: " + counts + "."
	case NoWorse:
		return fmt.Sprintf("No worse: %s, so a loss over the margin of %.1f points is ruled out.%s", counts, 100*c.Margin, c.small())
	}
	return fmt.Sprintf("Not enough evidence: %s; a loss over the margin of %.1f points is not ruled out.%s", counts, 100*c.Margin, c.more(p))
}

// small says what a small suite does not show.
func (c *Comparison) small() string {
	if c.MarginSet || c.Margin <= blueprint.SmallestMargin {
		return ""
	}
	return fmt.Sprintf(" %s cases cannot rule out a smaller one: for %.0f points it takes about %d that do not flip.", grouped(c.Cases),
		100*blueprint.SmallestMargin, needed(pairs{n: 1}, blueprint.SmallestMargin))
}

// more says what would make the comparison clear.
func (c *Comparison) more(p pairs) string {
	if c.Difference <= -c.Margin {
		return " Mend what broke, or add cases to be certain of the loss."
	}
	return fmt.Sprintf(" About %s cases that flip as often would; or set evaluation.margin to the loss that you accept, or evaluation.onUnclear to what happens then.",
		grouped(needed(p, c.Margin)))
}

// needed is about how many cases rule out a loss of margin when they flip as
// often as those of p.
func needed(p pairs, margin float64) int {
	z := quantile(1 - (1-confidence)/2)
	perCase := p.score(-margin) / math.Sqrt(float64(p.n)) // grows with the root of the cases
	if perCase <= 0 {
		return math.MaxInt32
	}
	return int(math.Ceil(z * z / (perCase * perCase)))
}

// grouped is a whole number as people write it.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return grouped(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

// scores compares the mean scores of the cases.
func (k comparison) scores() *ScoreComparison {
	now, was, diff := make([]float64, len(k.cases)), make([]float64, len(k.cases)), make([]float64, len(k.cases))
	for i := range k.cases {
		now[i], was[i] = k.cases[i].score(), k.before[i].score()
		diff[i] = now[i] - was[i]
	}
	s := &ScoreComparison{Baseline: meanOf(was), Candidate: meanOf(now), Difference: meanOf(diff)}
	s.Low, s.High = bootstrap(diff, confidence, uint64(k.seed))
	return s
}

// score is the mean score of the case's runs.
func (c CaseReport) score() float64 {
	sum := 0.0
	for _, r := range c.Runs {
		sum += r.Score
	}
	return sum / float64(max(len(c.Runs), 1))
}

// runRate is the share of runs that passed.
func runRate(cases []CaseReport) float64 {
	passes, runs := 0, 0
	for _, c := range cases {
		passes, runs = passes+c.Passes, runs+len(c.Runs)
	}
	return float64(passes) / float64(max(runs, 1))
}

func figuresOf(before, now []CaseReport) *FiguresCompared {
	b, c := usedBy(before), usedBy(now)
	return &FiguresCompared{BaselineCostUSD: b.cost, CandidateCostUSD: c.cost,
		BaselineP50Ms: percentile(b.latencies, 50), CandidateP50Ms: percentile(c.latencies, 50),
		BaselineP95Ms: percentile(b.latencies, 95), CandidateP95Ms: percentile(c.latencies, 95)}
}
