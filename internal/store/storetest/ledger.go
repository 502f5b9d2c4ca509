package storetest

import (
	"fmt"
	"testing"

	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func event(id, kind, subject string) resource.Event {
	return resource.Event{ID: id, Time: 5, Actor: actor, Action: "test.happened", SubjectKind: kind, SubjectID: subject,
		Digest: "sha256:x", Attrs: map[string]string{"b": "2", "a": "1"}}
}

func testLedgerOrder(t *testing.T, s *suite) {
	var want []string
	for i := range 30 {
		id := fmt.Sprintf("ev%02d", 99-i) // ids that sort against the order
		want = append(want, id)
		s.update(func(tx control.Tx) error { return tx.Append(event(id, "run", fmt.Sprint("u", i%3))) })
		s.refused(fault.Blocked, func(tx control.Tx) error {
			if err := tx.Append(event("lost", "run", "u0")); err != nil {
				return err
			}
			return fault.New(fault.Blocked, "no")
		})
	}
	var got []string
	var last int64
	for {
		page := read(s, func(r control.Reader) ([]control.StoredEvent, error) { return r.EventsSince(last, 7) })
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			if e.Row <= last {
				t.Errorf("EventsSince() row %d after %d", e.Row, last)
			}
			got, last = append(got, e.Event.ID), e.Row
		}
	}
	equal(t, "EventsSince", got, want)
	of := func(p control.Page) []string {
		return ids(read(s, func(r control.Reader) ([]resource.LedgerEntry, error) { return r.EventsOf("run", "u1", p) }),
			func(e resource.LedgerEntry) string { return e.Event.ID })
	}
	all := of(control.Page{})
	equal(t, "EventsOf count", len(all), 10)
	equal(t, "EventsOf newest", all[0], want[28])
	equal(t, "EventsOf page", append(of(control.Page{Limit: 4}), of(control.Page{After: all[3]})...), all)
	equal(t, "EventsOf another kind", len(read(s, func(r control.Reader) ([]resource.LedgerEntry, error) {
		return r.EventsOf("release", "u1", control.Page{})
	})), 0)
}

func testLedgerPending(t *testing.T, s *suite) {
	e := event("ev1", "run", "u1")
	s.update(func(tx control.Tx) error { return tx.Append(e) })
	equal(t, "PendingEvents", read(s, func(r control.Reader) (int64, error) { return r.PendingEvents() }), int64(1))
	equal(t, "entries before the sequencer", read(s, func(r control.Reader) ([]resource.LedgerEntry, error) { return r.Entries(0, 10) }), []resource.LedgerEntry{})
	equal(t, "leaves before the sequencer", read(s, func(r control.Reader) ([]control.Leaf, error) { return r.Leaves(0, 10) }), []control.Leaf{})
	equal(t, "checkpoint before the sequencer", read(s, func(r control.Reader) (audit.Checkpoint, error) { return r.LatestCheckpoint() }), audit.Checkpoint{})
	equal(t, "checkpoints before the sequencer", read(s, func(r control.Reader) ([]audit.Checkpoint, error) { return r.Checkpoints(control.Page{}) }), []audit.Checkpoint{})
	absent(s, func(r control.Reader) ([][32]byte, error) { return r.TreeHashes([]int64{0}) })
	of := read(s, func(r control.Reader) ([]resource.LedgerEntry, error) { return r.EventsOf("run", "u1", control.Page{}) })
	equal(t, "EventsOf before the sequencer", of, []resource.LedgerEntry{{Index: -1, Event: e}})
}
