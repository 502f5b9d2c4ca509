package control

import (
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// TestListDigest: a digest that is made of one thing at a time is that of the list.
func TestListDigest(t *testing.T) {
	for _, list := range [][]resource.CanaryDraw{{}, {{Release: "r", Seq: 1}}, {{Seq: 1, Run: "ä<"}, {Seq: 2, Weight: 5}, {Seq: 3, Canary: true}}} {
		want, err := blueprint.Digest(list)
		if err != nil {
			t.Fatal(err)
		}
		var d listDigest
		for _, v := range list {
			if err := d.add(v); err != nil {
				t.Fatal(err)
			}
		}
		if got := d.sum(); got != want || d.n != len(list) {
			t.Errorf("sum() of %v = %s over %d, want %s over %d", list, got, d.n, want, len(list))
		}
	}
}
