package control_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestAuthorOfABuild: what a program pushes has the author that its build names,
// by a token's name or a mail address; without one nobody can say yes, and a name
// that nobody has is shown.
func TestAuthorOfABuild(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	builds := control.Principal{Actor: resource.Actor{Name: "builds", Kind: "service"}, Roles: []resource.Role{resource.RoleDeveloper}}
	lea, eve := w.member("lea", approvers), w.member("eve@example.com", approvers)
	for n, tt := range []struct {
		author, problem string
		unknown         []string
		lea, eve        bool
	}{
		{"", "the author is kept from answering", nil, false, false},
		{"Lea@Example.com", "", nil, false, true},
		{"eve", "", nil, true, false},
		{"visitor@example.com", "", []string{"visitor@example.com"}, true, true},
	} {
		a := variant(t, lean(t, blueprint.TierHigh), strings.Repeat("Be brief. ", n+1))
		pushed, err := w.Push(t.Context(), builds, control.PushRequest{Blueprint: a, Build: resource.Build{Author: tt.author}})
		w.must(err)
		rel, err := w.StartRelease(t.Context(), builds, control.ReleaseRequest{Version: pushed.Version.Name, Environment: "staging", Reason: "test"})
		w.must(err)
		rel = w.expect(w.until(rel.ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
		for _, who := range []struct {
			p   control.Principal
			may bool
		}{{lea, tt.lea}, {eve, tt.eve}} {
			v, err := w.ViewApproval(t.Context(), who.p, rel.Approval)
			w.must(err)
			if (v.Token != "") != who.may {
				t.Errorf("author %q: %s is given a token: %t, want %t", tt.author, who.p.Actor.Name, v.Token != "", who.may)
			}
			if r := v.Rules[0]; !strings.Contains(r.Problem, tt.problem) || (r.Problem == "") != (tt.problem == "") || !slices.Equal(r.Unknown, tt.unknown) {
				t.Errorf("author %q: rule = %+v, want the problem %q and %v unknown", tt.author, r, tt.problem, tt.unknown)
			}
		}
		if tt.author == "" {
			_, err := w.Decide(t.Context(), lea, rel.Approval, control.DecideRequest{Token: "aureus_x", Approve: true, Reason: "r"})
			w.wants(err, fault.Forbidden, "Decide() where the author is not known")
			waiver, err := w.RequestWaiver(t.Context(), builds, control.WaiverRequest{Version: pushed.Version.Name, Environment: "staging", Gate: "simulation", Reason: "test"})
			w.must(err)
			if v, err := w.ViewApproval(t.Context(), lea, waiver.Approval); err != nil || v.Token != "" || !strings.Contains(v.Rules[0].Problem, "author") {
				t.Errorf("a waiver for a version without an author gives a token %t, rules %+v, %v", v.Token != "", v.Rules, err)
			}
		}
		w.move(rel, "cancel")
	}
}
