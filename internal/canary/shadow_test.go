package canary

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// The pairs of these tests.
var (
	alike    = resource.ShadowResult{}
	onlyCopy = resource.ShadowResult{CopyFailed: true, Differs: []string{"outcome"}}
	onlyLive = resource.ShadowResult{LiveFailed: true, Differs: []string{"outcome"}}
	bothFail = resource.ShadowResult{LiveFailed: true, CopyFailed: true}
	unlike   = resource.ShadowResult{Error: "it read something else"}
)

func compareAll(p blueprint.Shadow, pairs ...resource.ShadowResult) resource.ShadowState {
	s := StartShadow(p)
	for _, r := range pairs {
		s = Compare(p, s, r)
	}
	return s
}

func TestCompare(t *testing.T) {
	repeat := func(r resource.ShadowResult, n int) []resource.ShadowResult {
		return slices.Repeat([]resource.ShadowResult{r}, n)
	}
	ten := blueprint.Shadow{Runs: 10}
	tests := []struct {
		name  string
		plan  blueprint.Shadow
		pairs []resource.ShadowResult
		want  string
	}{
		{"nothing yet", ten, nil, Continue},
		{"nine alike are not ten", ten, repeat(alike, 9), Continue},
		{"ten alike", ten, repeat(alike, 10), Promote},
		{"copies that were not compared are no runs", ten, repeat(unlike, 50), Continue},
		{"one of eleven was not compared", ten, append(repeat(alike, 10)[:9:9], unlike, alike), Promote},
		{"two of twelve were not", ten, append(repeat(alike, 10)[:9:9], unlike, unlike, alike), Hold},
		{"proof of no worse, with a fifth left out", blueprint.Shadow{Runs: 1000}, append(repeat(unlike, 60), repeat(alike, 250)...), Continue},
		{"proof of harm, with more left out", blueprint.Shadow{}, append(repeat(unlike, 60), repeat(onlyCopy, 10)...), Rollback},
		{"both fail", ten, repeat(bothFail, 10), Promote},
		{"better", ten, repeat(onlyLive, 10), Promote},
		{"one of ten is over 0.02 and no proof", ten, append(repeat(alike, 9), onlyCopy), Hold},
		{"one each way", ten, append(repeat(alike, 8), onlyCopy, onlyLive), Promote},
		{"one of fifty is within 0.02", blueprint.Shadow{}, append(repeat(alike, 49), onlyCopy), Promote},
		{"eight failures in a row are not enough", blueprint.Shadow{}, repeat(onlyCopy, 8), Continue},
		{"ten are", blueprint.Shadow{}, repeat(onlyCopy, 10), Rollback},
		{"a verdict stays", ten, append(repeat(alike, 10), repeat(onlyCopy, 50)...), Promote},
		{"proof of no worse comes before all were compared", blueprint.Shadow{Runs: 1000}, repeat(alike, 250), Promote},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if s := compareAll(tt.plan, tt.pairs...); s.Verdict != tt.want {
				t.Errorf("verdict = %q after %d pairs (E %v, %v), want %q", s.Verdict, s.Runs, s.EHarm, s.ESafe, tt.want)
			}
		})
	}
}

// A shadow that was undecided compares as many again, and keeps what it learned.
func TestMoreShadow(t *testing.T) {
	p := blueprint.Shadow{Runs: 10}
	s := compareAll(p, append(slices.Repeat([]resource.ShadowResult{alike}, 9), onlyCopy)...)
	again := MoreShadow(p, s)
	if again.Verdict != Continue || again.Wanted != 20 || again.EHarm != s.EHarm || again.OnlyCopy != 1 {
		t.Errorf("MoreShadow() = %+v, want ten more with the same evidence", again)
	}
	if got := MoreShadow(p, again); got.Wanted != 20 {
		t.Errorf("MoreShadow() of one that goes on wants %d, want 20", got.Wanted)
	}
}

// A version that is exactly as much worse as it may be, or no worse at all, is
// rejected with probability at most ShadowAlpha, however long it is looked at.
func TestShadowFalseRejections(t *testing.T) {
	const shadows, pairs = 2000, 300
	for _, w := range []struct {
		name       string
		copy, live float64 // how often one fails alone
	}{{"at the margin", .05, .03}, {"no worse, noisy", .3, .3}, {"perfect", 0, 0}, {"at the margin, rare", .02, 0}} {
		rejected := 0
		r := rand.New(rand.NewPCG(1, 2))
		for range shadows {
			p := blueprint.Shadow{Runs: pairs}
			s := StartShadow(p)
			s.LogSafe = slices.Repeat([]float64{-1e6}, len(shadowBets)) // it never ends early
			for range pairs {
				x := r.Float64()
				pair := alike
				if x < w.copy {
					pair = onlyCopy
				} else if x < w.copy+w.live {
					pair = onlyLive
				}
				if s = Compare(p, s, pair); s.Verdict == Rollback {
					rejected++
					break
				}
			}
		}
		// Three standard errors over the level.
		if most := shadows*ShadowAlpha + 3*math.Sqrt(shadows*ShadowAlpha); float64(rejected) > most {
			t.Errorf("%s: %d of %d were rejected, want at most %.0f", w.name, rejected, shadows, most)
		}
	}
}

func TestShadowNumbersStayFinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := blueprint.Shadow{Runs: rapid.IntRange(-1, 2000).Draw(t, "runs"), MaxWorse: rapid.Float64().Draw(t, "maxWorse")}
		s := StartShadow(p)
		for range rapid.IntRange(1, 20).Draw(t, "batches") {
			pair := rapid.SampledFrom([]resource.ShadowResult{alike, onlyCopy, onlyLive, bothFail, unlike}).Draw(t, "pair")
			for range rapid.SampledFrom([]int{1, 500}).Draw(t, "times") {
				s = Compare(p, s, pair)
			}
		}
		for _, v := range append([]float64{s.EHarm, s.ESafe}, append(s.LogHarm, s.LogSafe...)...) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("%+v has a value that is not finite", s)
			}
		}
	})
}
