package release

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/resource"
)

func drawEvent(t *rapid.T) Event {
	return Event{
		Kind:     rapid.SampledFrom(Events()).Draw(t, "kind"),
		Actor:    rapid.SampledFrom([]resource.Actor{{}, human, agent}).Draw(t, "actor"),
		Reason:   rapid.SampledFrom([]string{"", "because"}).Draw(t, "reason"),
		Gates:    rapid.SampledFrom([][]resource.Gate{nil, passing, passing, passing, blocking, waiting}).Draw(t, "gates"),
		Quorum:   rapid.IntRange(0, 2).Draw(t, "quorum"),
		Serving:  rapid.Bool().Draw(t, "serving"),
		Attempt:  rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(t, "attempt"),
		IsCanary: rapid.Bool().Draw(t, "isCanary"),
		Failed:   rapid.IntRange(0, 4).Draw(t, "failed") == 0,
		Weight:   rapid.IntRange(-1, 101).Draw(t, "weight"),
	}
}

// Any events in any order: what is refused changes nothing, what is accepted
// moves along exactly one row of the table, and the input is never touched.
func TestNextProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ways := [][]Event{nil, wayAwaiting, waySmoke, wayCanary, wayPromoted}
		r, _ := walk(t, pending(), rapid.SampledFrom(ways).Draw(t, "way")...)
		now := r.UpdatedAt
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			ev := drawEvent(t)
			now += resource.Millis(rapid.SampledFrom([]int64{0, 1, deadlineMs}).Draw(t, "passed"))
			before, _ := json.Marshal(r)
			next, effects, err := Next(r, ev, now)
			if after, _ := json.Marshal(r); string(after) != string(before) {
				t.Fatalf("Next(%s, %s) changed its input:\n%s\n%s", r.State, ev.Kind, before, after)
			}
			if err != nil {
				if after, _ := json.Marshal(next); string(after) != string(before) || effects != nil {
					t.Fatalf("a refused %s changed the release or has effects %v", ev.Kind, effects)
				}
				continue
			}
			checkMove(t, r, next, ev, effects, now)
			r = next
		}
	})
}

func checkMove(t *rapid.T, from, to resource.Release, ev Event, effects []Effect, now resource.Millis) {
	if !inTable(from, to, ev, effects) {
		t.Fatalf("%s by %s to %s with %v is no row of the table", from.State, ev.Kind, to.State, effects)
	}
	if to.Revision != from.Revision+1 || to.UpdatedAt != now {
		t.Fatalf("revision %d -> %d, updated %d at %d", from.Revision, to.Revision, to.UpdatedAt, now)
	}
	lines := len(to.History) - len(from.History)
	if quiet := ev.Kind == Outcome && from.State == to.State && len(effects) == 0; quiet && lines != 0 || !quiet && lines != 1 {
		t.Fatalf("%s by %s to %s added %d lines of history", from.State, ev.Kind, to.State, lines)
	}
	if from.State != to.State && to.EnteredAt != now {
		t.Fatalf("%s -> %s entered at %d, want %d", from.State, to.State, to.EnteredAt, now)
	}
	if to.State == resource.ReleaseCanary && to.Deadline <= 0 {
		t.Fatalf("a canary without a deadline")
	}
	if to.State == resource.ReleaseRollingBack && from.State != to.State && to.DecidedAt != now {
		t.Fatalf("decided at %d, want %d", to.DecidedAt, now)
	}
}

func inTable(from, to resource.Release, ev Event, effects []Effect) bool {
	for _, row := range Table() {
		if row.From != from.State || row.Held != from.PausedFrom || row.Event != ev.Kind || row.To != to.State || len(row.Effects) != len(effects) {
			continue
		}
		same := true
		for i, k := range row.Effects {
			same = same && effects[i].Kind == k
		}
		if same {
			return true
		}
	}
	return false
}
