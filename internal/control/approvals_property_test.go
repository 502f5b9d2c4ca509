package control_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestApprovalOutcomes: whoever answers, withdraws, holds or cancels at once, in
// whatever order, while time passes and the server is started again, a request
// ends in one way, and a yes is what its rules ask for.
func TestApprovalOutcomes(t *testing.T) {
	t.Parallel()
	var a *asked
	var people []control.Principal
	rapid.Check(t, func(rt *rapid.T) {
		if a == nil {
			a, people = newHarassed(t)
		} else {
			a.again()
		}
		a.rule(blueprint.ApprovalRule{Count: rapid.IntRange(1, 2).Draw(rt, "count")},
			blueprint.ApprovalRule{Count: 1, Groups: []string{"leads"}, Expires: blueprint.Duration(2 * time.Hour)})
		h := &harassed{asked: a, rt: rt, people: people}
		if rapid.IntRange(0, 3).Draw(rt, "held") > 0 {
			a.move(a.rel, "pause")
		}
		rt.Repeat(map[string]func(*rapid.T){"at once": h.atOnce, "at once again": h.atOnce, "time": h.time, "restart": h.again, "": h.check})
		if h.end(); h.rel.State != resource.ReleaseCancelled && h.rel.State != resource.ReleaseRejected {
			a = nil // the version serves
		}
	})
}

func newHarassed(t *testing.T) (*asked, []control.Principal) {
	a := ask(t, blueprint.TierHigh)
	people := []control.Principal{
		a.member("eve", approvers), a.member("EVE", approvers, "leads"), a.member("finn", approvers, "leads"), a.member("gus", approvers),
		a.member("ada", approvers, "leads"), a.member("dan", []resource.Role{resource.RoleViewer}),
	}
	a.delegate(people[2], "dan")
	return a, people
}

// harassed is a request that everybody is at.
type harassed struct {
	*asked
	rt     *rapid.T
	people []control.Principal
	ended  resource.ApprovalState // "" while it can be answered
}

// atOnce does up to four things at the same time.
func (h *harassed) atOnce(rt *rapid.T) {
	acts := []func() error{}
	for range rapid.IntRange(1, 4).Draw(rt, "acts") {
		p := rapid.SampledFrom(h.people).Draw(rt, "who")
		switch rapid.SampledFrom([]string{"yes", "yes", "yes", "yes", "no", "take back", "withdraw", "pause", "cancel", "time"}).Draw(rt, "what") {
		case "yes":
			acts = append(acts, func() error { _, err := h.answer(p, h.rel.Approval, true); return err })
		case "no":
			if rapid.IntRange(0, 9).Draw(rt, "really") == 0 {
				acts = append(acts, func() error { _, err := h.answer(p, h.rel.Approval, false); return err })
			}
		case "take back":
			acts = append(acts, func() error { _, err := h.withdraw(p, h.rel.Approval, false); return err })
		case "withdraw":
			if rapid.IntRange(0, 9).Draw(rt, "really") == 0 {
				acts = append(acts, func() error { _, err := h.withdraw(colleague, h.rel.Approval, true); return err })
			}
		case "time": // the request expires, or is at its end, while others answer
			d := time.Duration(rapid.IntRange(1, 70).Draw(rt, "minutes")) * time.Minute
			acts = append(acts, func() error { h.advance(d); return nil })
		case "pause":
			acts = append(acts, func() error { _, err := h.MoveRelease(h.Context(), operator, h.rel.ID, "pause", "test"); return err })
		case "cancel":
			if rapid.IntRange(0, 19).Draw(rt, "really") == 0 {
				acts = append(acts, func() error { _, err := h.MoveRelease(h.Context(), operator, h.rel.ID, "cancel", "test"); return err })
			}
		}
	}
	errs := make([]error, len(acts))
	var wg sync.WaitGroup
	for i, act := range acts {
		wg.Go(func() { errs[i] = act() })
	}
	wg.Wait()
	if err := errors.Join(slices.DeleteFunc(errs, expected)...); err != nil {
		rt.Fatalf("an act = %v, want a refusal with a sentence", err)
	}
}

// expected reports whether an act was done, or refused for what it is.
func expected(err error) bool {
	return err == nil || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Forbidden) || fault.Is(err, fault.Blocked)
}

func (h *harassed) time(rt *rapid.T) {
	h.advance(time.Duration(rapid.IntRange(1, 50).Draw(rt, "minutes")) * time.Minute)
}

func (h *harassed) again(rt *rapid.T) {
	if rapid.IntRange(0, 4).Draw(rt, "really") == 0 {
		h.restart()
	}
}

// check holds the request against its release.
func (h *harassed) check(rt *rapid.T) {
	var a resource.Approval
	var rel resource.Release
	h.must(h.db.View(h.Context(), func(r control.Reader) (err error) {
		if a, err = r.Approval(h.rel.Approval); err != nil {
			return err
		}
		rel, err = r.Release(h.rel.ID)
		return err
	}))
	if h.ended != "" && a.State != h.ended {
		rt.Fatalf("the request was %s and is %s", h.ended, a.State)
	}
	if a.State != resource.ApprovalPending && a.State != resource.ApprovalApproved {
		h.ended = a.State
	}
	if why := disagree(a, rel); why != "" {
		rt.Fatalf("the request is %s and the release %s (from %s): %s", a.State, rel.State, rel.PausedFrom, why)
	}
	if err := backed(a); err != nil {
		rt.Fatalf("the request is %s: %v", a.State, err)
	}
}

// disagree says how a request and its release do not fit.
func disagree(a resource.Approval, rel resource.Release) string {
	waits := rel.State == resource.ReleaseAwaiting || rel.PausedFrom == resource.ReleaseAwaiting && rel.State == resource.ReleasePaused
	switch a.State {
	case resource.ApprovalPending:
		if !waits {
			return "nothing waits for what can be answered"
		}
	case resource.ApprovalApproved, resource.ApprovalUsed:
		if waits || rel.State == resource.ReleaseRejected || rel.State == resource.ReleaseCancelled {
			return "it did not go on"
		}
	case resource.ApprovalDenied, resource.ApprovalExpired:
		if rel.State != resource.ReleaseRejected {
			return "it was not rejected"
		}
	case resource.ApprovalWithdrawn:
		if rel.State != resource.ReleaseCancelled && rel.State != resource.ReleaseRejected {
			return "it was not cancelled"
		}
	}
	return ""
}

// backed checks that a yes has the people that its rules ask for, each once.
func backed(a resource.Approval) error {
	seen := map[string]bool{}
	counted := make([]int, len(a.Rules))
	for _, d := range a.Decisions {
		if d.WithdrawnAt != 0 {
			continue
		}
		for _, who := range []string{d.Actor.Name, d.For} {
			if who = strings.ToLower(who); who == "" {
				continue
			}
			if seen[who] {
				return fmt.Errorf("%s stands behind two answers", who)
			}
			if seen[who] = true; who == "ada" || who == "bo" {
				return fmt.Errorf("%s made or asked for the change and answered", who)
			}
		}
		for _, n := range d.Rules {
			if d.Approve {
				counted[n]++
			}
		}
	}
	enough := true
	for n, r := range a.Rules {
		enough = enough && counted[n] >= r.Count
	}
	if yes := a.State == resource.ApprovalApproved || a.State == resource.ApprovalUsed; yes != enough && (yes || a.State == resource.ApprovalPending) {
		return fmt.Errorf("the rules %+v have %v", a.Rules, counted)
	}
	return nil
}

// end ends the release and checks that the ledger tells of one end.
func (h *harassed) end() {
	rel, err := h.Control.Release(h.Context(), viewer, h.rel.ID)
	h.must(err)
	if rel.State == resource.ReleaseDeploying || rel.State == resource.ReleaseSmoke {
		rel = h.until(rel.ID, resource.ReleasePromoted)
	}
	if !rel.State.Final() {
		_, err := h.MoveRelease(h.Context(), operator, h.rel.ID, "cancel", "test")
		if err != nil && !fault.Is(err, fault.Conflict) {
			h.rt.Fatal(err)
		}
	}
	h.rel = h.until(h.rel.ID, resource.ReleaseCancelled)
	h.check(h.rt)
	h.must(h.seq.Flush(h.Context()))
	events, err := h.EventsOf(h.Context(), auditor, "approval", h.rel.Approval, control.Page{Limit: 1000})
	h.must(err)
	var ends []string
	for _, e := range events {
		if slices.Contains([]string{"approval.denied", "approval.expired", "approval.withdrawn", "approval.used"}, e.Event.Action) {
			ends = append(ends, e.Event.Action)
		}
	}
	if len(ends) != 1 {
		h.rt.Fatalf("the ledger tells of the ends %v, want one", ends)
	}
}
