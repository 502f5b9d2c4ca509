package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

func TestEndOf(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		in   string
		want time.Time
	}{
		{"72h", now.Add(72 * time.Hour)},
		{"2026-12-24T18:00:00Z", time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC)},
		{"2026-12-24T18:00:00+02:00", time.Date(2026, 12, 24, 16, 0, 0, 0, time.UTC)},
		{"2026-12-24", time.Date(2026, 12, 25, 0, 0, 0, 0, time.UTC)}, // the day is part of it
		{"tomorrow", time.Time{}},
		{"", time.Time{}},
	} {
		got, err := endOf(tt.in, now)
		if (err != nil) != tt.want.IsZero() || err == nil && !got.Equal(tt.want) {
			t.Errorf("endOf(%q) = %s, %v, want %s", tt.in, got, err, tt.want)
		}
	}
}

func TestRuleLine(t *testing.T) {
	leads := blueprint.ApprovalRule{Count: 2, Groups: []string{"leads", "legal"}}
	for _, tt := range []struct {
		name string
		in   resource.RuleStatus
		want string
	}{
		{"waits", resource.RuleStatus{Rule: leads, Given: []string{"ada"}, Able: []string{"bo", "dan for lea"}},
			"1 of 2 approvers of leads or legal; can answer: bo, dan for lea"},
		{"an author that has no token", resource.RuleStatus{Rule: leads, Able: []string{"bo"}, Unknown: []string{"visitor@example.com"}},
			"0 of 2 approvers of leads or legal; can answer: bo; is one of them visitor@example.com, who has no token and may not?"},
		{"satisfied", resource.RuleStatus{Rule: blueprint.ApprovalRule{Count: 1, Role: "operator"}, Given: []string{"olga"}, Satisfied: true},
			"1 of 1 people with the role operator: olga"},
		{"nobody", resource.RuleStatus{Rule: leads, Problem: "nobody can answer this"}, "0 of 2 approvers of leads or legal: nobody can answer this"},
	} {
		if got := ruleLine(tt.in); got != tt.want {
			t.Errorf("%s: ruleLine() = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestAnsweredSaysWhatIsAllowed: who gives a scope reads what the run may do now.
func TestAnsweredSaysWhatIsAllowed(t *testing.T) {
	a := resource.Approval{ID: "apr_1", State: resource.ApprovalApproved, Tool: "refund", Quorum: 1, Runs: []resource.AskedRun{{Run: "run_1"}}}
	scope := &resource.Scope{Free: []string{"note"}, Max: map[string]float64{"amount": 50}, Uses: 3, ForMs: 1_800_000}
	for _, tt := range []struct {
		name  string
		state resource.ApprovalState
		scope *resource.Scope
		want  string
	}{
		{"a scope", resource.ApprovalApproved, scope,
			"approved: apr_1\nallowed in run run_1: 3 more calls of refund within 30m0s, with any note, with amount from 0 to 50; every other argument as shown\n"},
		{"its defaults", resource.ApprovalApproved, &resource.Scope{},
			"approved: apr_1\nallowed in run run_1: 10 more calls of refund within 1h0m0s; every other argument as shown\n"},
		{"no scope", resource.ApprovalApproved, nil, "approved: apr_1\n"},
		{"others are needed", resource.ApprovalPending, &resource.Scope{},
			"0 of 1 approvals are given: apr_1\nallowed in run run_1 once the others give the same: 10 more calls of refund within 1h0m0s; every other argument as shown\n"},
	} {
		a.State = tt.state
		var out bytes.Buffer
		if printAnswered(&out, a, true, tt.scope); out.String() != tt.want {
			t.Errorf("%s: printAnswered() = %q, want %q", tt.name, out.String(), tt.want)
		}
	}
}
