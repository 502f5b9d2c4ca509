package storetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func testUsage(t *testing.T, s *suite) {
	of := func(agent, env, key string) resource.Use {
		return read(s, func(r control.Reader) (resource.Use, error) { return r.Usage(agent, env, key) })
	}
	add := func(agent, env, key string, u resource.Use) {
		s.update(func(tx control.Tx) error { return tx.AddUsage(agent, env, key, u) })
	}
	equal(t, "Usage of nothing", of("a", "production", "day/1"), resource.Use{})
	add("a", "production", "day/1", resource.Use{ToolCalls: 1, Tokens: 10, Cost: 5, Spent: 0.1})
	add("a", "production", "day/1", resource.Use{ToolCalls: 2, Spent: 0.2})
	add("a", "production", "day/2", resource.Use{ToolCalls: 7})
	add("a", "staging", "day/1", resource.Use{ToolCalls: 8})
	equal(t, "Usage", of("a", "production", "day/1"), resource.Use{ToolCalls: 3, Tokens: 10, Cost: 5, Spent: 0.3})
	equal(t, "Usage of another key", of("a", "production", "day/2"), resource.Use{ToolCalls: 7})
	for prefix, want := range map[string]string{"day/": "day/2", "session/": "", "": "day/2"} {
		equal(t, "LastUsage of "+prefix, read(s, func(r control.Reader) (string, error) { return r.LastUsage("a", "production", prefix) }), want)
	}
	// Less than a millionth is not lost.
	for range 3 {
		add("a", "production", "day/3", resource.Use{Spent: 0.0000005})
	}
	equal(t, "Usage of parts of a millionth", of("a", "production", "day/3"), resource.Use{Spent: 0.000003})

	// An update that reads what is left before it takes never takes more than there is.
	var wg sync.WaitGroup
	full := fault.New(fault.Conflict, "nothing is left")
	for range 40 {
		wg.Go(func() {
			err := s.store.Update(t.Context(), func(tx control.Tx) error {
				u, err := tx.Usage("a", "production", "session/1")
				if err == nil && u.ToolCalls >= 25 {
					err = full
				}
				if err != nil {
					return err
				}
				return tx.AddUsage("a", "production", "session/1", resource.Use{ToolCalls: 1})
			})
			if err != nil && err != full {
				t.Errorf("Update() = %v", err)
			}
		})
	}
	wg.Wait()
	equal(t, "Usage after 40 tries for 25", of("a", "production", "session/1"), resource.Use{ToolCalls: 25})
	s.reopen()
	equal(t, "Usage after reopening", of("a", "production", "session/1"), resource.Use{ToolCalls: 25})
}

func testAsked(t *testing.T, s *suite) {
	for i, a := range []resource.Approval{
		{Agent: "x", Environment: "production", Kind: "tool_call", State: resource.ApprovalPending, CreatedAt: 100},
		{Agent: "x", Environment: "production", Kind: "tool_call", State: resource.ApprovalDenied, CreatedAt: 200},
		{Agent: "x", Environment: "production", Kind: "tool_call", State: resource.ApprovalPending, CreatedAt: 300},
		{Agent: "x", Environment: "production", Kind: "release", State: resource.ApprovalPending, CreatedAt: 300},
		{Agent: "x", Environment: "staging", Kind: "tool_call", State: resource.ApprovalPending, CreatedAt: 300},
		{Agent: "y", Environment: "production", Kind: "tool_call", State: resource.ApprovalPending, CreatedAt: 300},
	} {
		a.ID, a.Revision = fmt.Sprintf("a%d", i), 1
		s.update(func(tx control.Tx) error { return tx.InsertApproval(a) })
	}
	for since, want := range map[resource.Millis][2]int{0: {2, 3}, 200: {2, 2}, 201: {2, 1}, 301: {2, 0}} {
		got := read(s, func(r control.Reader) (n [2]int, err error) {
			n[0], n[1], err = r.Asked("x", "production", "tool_call", since)
			return n, err
		})
		equal(t, fmt.Sprintf("Asked(%d)", since), got, want)
	}
	got := read(s, func(r control.Reader) ([]resource.Approval, error) {
		return r.Approvals(control.ApprovalFilter{Environment: "staging"}, control.Page{})
	})
	equal(t, "Approvals in staging", ids(got, func(a resource.Approval) string { return a.ID }), []string{"a4"})
}
