package canary

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/resource"
)

// first is the first run of the n-th draw, with the draws that it makes known.
func first(n int64, o outcome, drawn ...Drawn) outcome {
	o.Draw, o.Drawn = n, drawn
	return o
}

func TestOpenDrawsCountAtTheirWorst(t *testing.T) {
	mine, theirs := Drawn{true, 10}, Drawn{false, 10}
	good, bad, control := one(true, false, 10), one(true, true, 10), one(false, true, 10)
	lost := first(1, good, mine)
	lost.Lost = true
	later := first(1, bad, mine)
	later.Later = true
	inOrder := func(outcomes ...outcome) resource.CanaryState { return take(alone, Start(alone), outcomes...) }
	tests := []struct {
		name     string
		outcomes []outcome
		open     []resource.CanaryDrawn
		like     resource.CanaryState // whose E the outcomes lead to
	}{
		{"one before it is under way: as if it had failed", []outcome{first(2, good, mine, mine)},
			[]resource.CanaryDrawn{{Weight: 10, Draws: "PG"}}, inOrder()},
		{"it was good", []outcome{first(2, good, mine, mine), first(1, good)}, nil, inOrder(good, good)},
		{"it failed", []outcome{first(2, good, mine, mine), first(1, bad)}, nil, inOrder(bad, good)},
		{"those after it do not count against what is settled", []outcome{first(1, good, mine), first(3, good, mine, mine)},
			[]resource.CanaryDrawn{{Weight: 10, Draws: "PG"}}, inOrder(good)},
		{"a failure of the control says nothing while a draw of the candidate before it is open", []outcome{first(2, control, mine, theirs)},
			[]resource.CanaryDrawn{{Weight: 10, Draws: "Pf"}}, inOrder()},
		{"an open draw of the control is none that failed", []outcome{first(2, control, theirs, theirs)},
			[]resource.CanaryDrawn{{Weight: 10, Draws: "pf"}}, inOrder(control)},
		{"a run that a stop ended is at its worst for good", []outcome{lost, first(2, good, mine)}, nil, inOrder(bad, good)},
		{"a later run that fails before the first has ended", []outcome{later, first(2, good, mine), first(1, good)}, nil, inOrder(bad, good)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := inOrder(tt.outcomes...)
			if diff := cmp.Diff(tt.open, got.Open); diff != "" {
				t.Errorf("open draws differ (-want +got):\n%s", diff)
			}
			if got.EAbs != tt.like.EAbs || tt.name[:7] != "a later" && got.ESafe != tt.like.ESafe {
				t.Errorf("E safe %v, E absolute %v, want %v and %v", got.ESafe, got.EAbs, tt.like.ESafe, tt.like.EAbs)
			}
		})
	}
}

// Whatever the order of arrival, at no time is a promoting process above the
// largest value that it will have had in the order of the draws, and once all is
// known it is what that order gives.
func TestPromotingIsNeverAboveTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "draws")
		truth, order := Start(alone), make([]outcome, n)
		topSafe, topAbs := 1.0, 1.0
		var all []Drawn
		for i := range order {
			o := one(rapid.Bool().Draw(t, "canary"), rapid.IntRange(0, 4).Draw(t, "failed") == 0, rapid.SampledFrom([]int{10, 50}).Draw(t, "weight"))
			truth = take(alone, truth, o)
			topSafe, topAbs = max(topSafe, truth.ESafe), max(topAbs, truth.EAbs)
			order[i], all = first(int64(i+1), o), append(all, Drawn{o.canary, o.weight})
		}
		got := Start(alone)
		for _, o := range rapid.Permutation(order).Draw(t, "arrivals") {
			if known := Known(got); o.Draw > known {
				o.Drawn = all[known:o.Draw]
			}
			got = take(alone, got, o)
			if got.ESafe > topSafe || got.EAbs > topAbs {
				t.Fatalf("E safe %v, E absolute %v, want at most %v and %v", got.ESafe, got.EAbs, topSafe, topAbs)
			}
		}
		if got.ESafe != truth.ESafe || got.EAbs != truth.EAbs || got.Settled != int64(n) || got.Open != nil {
			t.Fatalf("at the end: E safe %v, E absolute %v, %d settled, %v open, want %v, %v, %d and none", got.ESafe, got.EAbs, got.Settled, got.Open, truth.ESafe, truth.EAbs, n)
		}
	})
}

// The state holds a bounded number of draws, however many never end.
func TestOpenDrawsAreBounded(t *testing.T) {
	s := Start(alone)
	drawn := slices.Repeat([]Drawn{{true, 50}, {false, 50}}, maxOpen)
	s = take(alone, s, first(int64(len(drawn)), one(false, false, 50), drawn...))
	if len(s.Open) != 1 || len(s.Open[0].Draws) != maxOpen || s.Settled != int64(len(drawn)-maxOpen) || Known(s) != int64(len(drawn)) {
		t.Fatalf("%d settled and %d spans open of %d draws, want %d open", s.Settled, len(s.Open), len(drawn), maxOpen)
	}
	// What was given up stays failed, whatever comes of it.
	if got := take(alone, s, first(1, one(true, false, 50))); got.EAbs != s.EAbs || got.Settled != s.Settled {
		t.Errorf("E absolute %v with %d settled after a draw that was given up, want %v with %d", got.EAbs, got.Settled, s.EAbs, s.Settled)
	}
	if strings.Trim(s.Open[0].Draws[:maxOpen-1], "Pp") != "" || s.Open[0].Draws[maxOpen-1] != controlGood {
		t.Errorf("open draws end with %q, want only open ones and the one that ended", s.Open[0].Draws[maxOpen-8:])
	}
}
