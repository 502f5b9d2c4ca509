package canary

import (
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
)

// averaging is a [Watcher] that also notes when the average of the streams'
// e-values, weighted by their shares, has reached 1/alpha.
type averaging struct {
	*Watcher
	seen, at int // outcomes of the candidate so far, and at the crossing
}

func (a *averaging) Tell(o Told) {
	a.Watcher.Tell(o)
	if o.Canary {
		a.seen++
	}
	sum := 0.0
	for _, st := range a.State().Streams {
		sum += st.E * st.Share
	}
	if a.at == 0 && sum >= Bound(a.plan.Alpha) {
		a.at = a.seen
	}
}

// The streams could be combined by their weighted average, which is never below
// the largest of them times its share and so decides no later. It is an e-process
// only if all streams of a session become known at once, and here is what it would
// give: nothing for a version that only one stream shows, and hardly anything for
// one that two show. Each stream with its own part of alpha needs no assumption
// about how the streams depend on each other.
func TestAverageWouldGainLittle(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*World)
		atMost float64 // share of the candidate's outcomes that the average saves
	}{
		{"failures alone", func(w *World) { w.Bad = .3 }, .01},
		{"latency alone", func(w *World) { w.Streams[3].Canary = .8 }, .01},
		{"failures and blocks, together", func(w *World) { w.Bad = .3; w.Streams[0].Canary = .3 }, .05},
	} {
		r := NewRandom(8)
		union, average := 0, 0
		for range 400 {
			w := world(.01, .01)
			w.Streams = UsualStreams()
			tt.change(&w)
			a := &averaging{Watcher: Watch(Plan(blueprint.Canary{}), false)}
			if Play(nil, r, w, a).Verdict == Rollback {
				union, average = union+a.seen, average+a.at
			}
		}
		saved := 1 - float64(average)/float64(union)
		t.Logf("%s: the average would save %.2f %% of the candidate's runs", tt.name, 100*saved)
		if union == 0 || saved < 0 || saved > tt.atMost {
			t.Errorf("%s: the average saves %.3f of %d runs, want 0 to %.2f", tt.name, saved, union, tt.atMost)
		}
	}
}
