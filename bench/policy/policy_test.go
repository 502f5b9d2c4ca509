package policy

import (
	"testing"

	"github.com/aureus-agents/aureus/internal/guard"
)

// TestSameDecisions: a comparison of speed says nothing unless all contenders
// decide the same, and unless every policy decides something.
func TestSameDecisions(t *testing.T) {
	m, own := version()
	compiled, err := guard.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	p, n, err := newPlain("../..", m, own)
	if err != nil || n < 30 {
		t.Fatalf("newPlain = %d policies, %v; want 30 or more", n, err)
	}
	o, err := newOPA(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	seen, states := map[string]bool{}, map[string]int{}
	for i, r := range randomCases(requests) {
		r.flow = flowOf(compiled, p.tools[r.call.Tool], r)
		d, _ := compiled.Decide(r.state, r.call)
		want := answer{string(d.State), d.Policies}
		states[want.state]++
		for _, id := range want.policies {
			seen[id] = true
		}
		if got, err := p.decide(r); err != nil || !got.equal(want) {
			t.Errorf("plain Cedar on %d (%s) = %v, %v; the guard says %v", i, r.call.Tool, got, err, want)
		}
		if got, err := o.decide(t.Context(), r); err != nil || !got.equal(want) {
			t.Errorf("OPA on %d (%s) = %v, %v; the guard says %v", i, r.call.Tool, got, err, want)
		}
	}
	for _, s := range []string{"approved", "pending_human", "rejected"} {
		if states[s] < requests/100 {
			t.Errorf("%d of %d requests are %s: too few to compare", states[s], requests, s)
		}
	}
	if len(seen) < n-1 { // every tier is known, so tier-unknown never decides
		t.Errorf("only %d policies decide something: %v", len(seen), seen)
	}
}
