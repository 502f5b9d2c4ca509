package control

import (
	"testing"

	"github.com/aureus-agents/aureus/resource"
)

// TestPartIn: who is kept from answering is told why.
func TestPartIn(t *testing.T) {
	a := resource.Approval{Parties: resource.Parties{Author: "ana@example.com", Pusher: "ana", Requester: "cho", RuleMakers: []string{"bob", "cho"}}}
	for who, want := range map[string]string{
		"ana": "is the author of this change and pushed it",
		"bob": "put the rules that it goes by, which ask less than before",
		"cho": "asked for it and put the rules that it goes by, which ask less than before",
		"dan": "asked for this",
	} {
		if got := partIn(a, who); got != want {
			t.Errorf("partIn(%s) = %q, want %q", who, got, want)
		}
	}
}
