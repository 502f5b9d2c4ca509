package console

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// scopeChoice is what a form offers beyond a yes to the one call.
type scopeChoice struct {
	Same    *resource.Scope // that others gave: only the same one counts
	By      string          // who gave it
	Uses    int
	MaxUses int
	Minutes int
}

// scopeOf says whether a yes can be for more than the call; nil when it cannot:
// several runs wait, or somebody said yes to the one call only.
func scopeOf(a resource.Approval) *scopeChoice {
	if a.Tool == "" || a.Call == nil || len(a.Runs) != 1 {
		return nil
	}
	c := &scopeChoice{Uses: guard.DefaultUses, MaxUses: guard.MaxUses, Minutes: guard.DefaultFor / int(time.Minute/time.Millisecond)}
	for _, d := range a.Decisions {
		if d.Scope == nil {
			return nil
		}
		c.Same, c.By = d.Scope, d.Actor.Name
	}
	return c
}

// The fields of the form, before an argument's name.
const (
	fieldOpen = "open:" // pinned, free or max
	fieldMax  = "max:"
)

// scope reads what a form allows beyond the call, nil for nothing.
func (s *server) scope(ctx context.Context, rq *request, form url.Values) (*resource.Scope, error) {
	switch form.Get("scope") {
	case "", "call":
		return nil, nil
	case "same":
		a, err := s.control.Approval(ctx, rq.who, rq.PathValue("id"))
		if err != nil {
			return nil, err
		}
		if c := scopeOf(a); c != nil && c.Same != nil {
			return c.Same, nil
		}
		return nil, fault.New(fault.Conflict, "Nobody has allowed more than this call. Open the request again.")
	case "run":
		return readScope(form)
	}
	return nil, fault.New(fault.Invalid, "The answer has to be for this call or for this run. Use the form of the request.")
}

func readScope(form url.Values) (*resource.Scope, error) {
	out := &resource.Scope{}
	var err error
	if out.Uses, err = numberIn(form.Get("uses"), 1, guard.MaxUses, "further calls"); err != nil {
		return nil, err
	}
	minutes, err := numberIn(form.Get("minutes"), 1, guard.MaxFor/int(time.Minute/time.Millisecond), "minutes")
	if err != nil {
		return nil, err
	}
	out.ForMs = (time.Duration(minutes) * time.Minute).Milliseconds()
	for _, field := range slices.Sorted(maps.Keys(form)) {
		name, ok := strings.CutPrefix(field, fieldOpen)
		if !ok {
			continue
		}
		switch form.Get(field) {
		case "pinned":
		case "free":
			out.Free = append(out.Free, name)
		case "max":
			limit, err := strconv.ParseFloat(strings.TrimSpace(form.Get(fieldMax+name)), 64)
			if err != nil {
				return nil, fault.New(fault.Invalid, "The most that %s may be is missing or no number. Go back and write one.", visible(name))
			}
			if out.Max == nil {
				out.Max = map[string]float64{}
			}
			out.Max[name] = limit
		default:
			return nil, fault.New(fault.Invalid, "What %s may be was not understood. Use the form of the request.", visible(name))
		}
	}
	return out, nil
}

func numberIn(text string, least, most int, what string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < least || n > most {
		return 0, fault.New(fault.Invalid, "The number of %s has to be from %d to %d. Go back and correct it.", what, least, most)
	}
	return n, nil
}

// scopeWords is a scope in words.
func scopeWords(s resource.Scope) string {
	uses, ms := s.Uses, s.ForMs
	if uses == 0 {
		uses = guard.DefaultUses
	}
	if ms == 0 {
		ms = guard.DefaultFor
	}
	text := fmt.Sprintf("%d further %s in this run within %s", uses, plural(uses, "call", "calls"), coarse(time.Duration(ms)*time.Millisecond))
	for _, name := range slices.Sorted(maps.Keys(s.Max)) {
		text += fmt.Sprintf(", %s up to %v", visible(name), s.Max[name])
	}
	for _, name := range s.Free {
		text += ", any " + visible(name)
	}
	return text + ", everything else as shown"
}
