package pipeline

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the zones are the same wherever the binary runs

	"github.com/teambition/rrule-go"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// startLayout is how Schedule.Start is written.
const startLayout = "2006-01-02T15:04"

// times is a schedule that was read.
type times struct {
	start time.Time
	rule  *rrule.RRule // nil is once
}

// read reads a schedule; the error says what is wrong with which field.
func read(s blueprint.Schedule) (times, string, error) {
	s = s.Resolved()
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil || s.TimeZone == "Local" {
		return times{}, "timeZone", fault.New(fault.Invalid, "%q is not an IANA time zone; write one like Europe/Berlin or UTC", s.TimeZone)
	}
	start, err := time.ParseInLocation(startLayout, s.Start, zone)
	if err != nil || start.Year() < 2000 || start.Year() > 2099 {
		return times{}, "start", fault.New(fault.Invalid, "%q is not a time; write it like 2026-12-18T18:00", s.Start)
	}
	if s.RRule == "" {
		return times{start: start}, "", nil
	}
	if err := checkRule(s.RRule); err != nil {
		return times{}, "rrule", err
	}
	o, err := rrule.StrToROptionInLocation(s.RRule, zone)
	if err != nil {
		return times{}, "rrule", noRule(s.RRule, err.Error())
	}
	o.Dtstart = start
	rule, err := rrule.NewRRule(*o)
	if err != nil {
		return times{}, "rrule", noRule(s.RRule, err.Error())
	}
	return times{start: start, rule: rule}, "", nil
}

// ruleParts are the parts of RFC 5545 that a rule may have. The time of day is the
// start's, so none is about that; what the library does not bound is bounded here.
var ruleParts = map[string]*regexp.Regexp{
	"FREQ":       regexp.MustCompile(`^(DAILY|WEEKLY|MONTHLY|YEARLY)$`),
	"INTERVAL":   regexp.MustCompile(`^[1-9][0-9]{0,2}$`),
	"COUNT":      regexp.MustCompile(`^[1-9][0-9]{0,3}$`),
	"UNTIL":      regexp.MustCompile(`^20[0-9]{6}(T[0-9]{6}Z?)?$`),
	"WKST":       regexp.MustCompile(`^(MO|TU|WE|TH|FR|SA|SU)$`),
	"BYDAY":      regexp.MustCompile(`^([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)){0,34}$`),
	"BYMONTH":    regexp.MustCompile(`^([1-9]|1[0-2])(,([1-9]|1[0-2])){0,11}$`),
	"BYMONTHDAY": regexp.MustCompile(`^-?([1-9]|[12][0-9]|3[01])(,-?([1-9]|[12][0-9]|3[01])){0,61}$`),
	"BYSETPOS":   regexp.MustCompile(`^-?[1-9][0-9]?(,-?[1-9][0-9]?){0,9}$`),
}

// checkRule refuses a rule with parts or values that are none of [ruleParts].
func checkRule(text string) error {
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		form := ruleParts[name]
		switch {
		case form == nil:
			return noRule(text, fmt.Sprintf("there is no part %q; parts are %s", name, strings.Join(slices.Sorted(maps.Keys(ruleParts)), ", ")))
		case seen[name]:
			return noRule(text, name+" is there twice")
		case !form.MatchString(value):
			return noRule(text, fmt.Sprintf("%s cannot be %q", name, value))
		}
		seen[name] = true
	}
	if !seen["FREQ"] {
		return noRule(text, "it has no FREQ")
	}
	return nil
}

func noRule(text, why string) error {
	return fault.New(fault.Invalid, "%q is not a recurrence rule that is known here: %s; write one like FREQ=WEEKLY;BYDAY=FR", text, why)
}

// last is the last time up to at, itself included; false when there was none yet.
func (t times) last(at time.Time) (time.Time, bool) {
	if t.rule == nil {
		return t.start, !t.start.After(at)
	}
	began := t.rule.Before(at, true)
	return began, !began.IsZero()
}

// next is the first time after at; false when there is none any more.
func (t times) next(at time.Time) (time.Time, bool) {
	if t.rule == nil {
		return t.start, t.start.After(at)
	}
	began := t.rule.After(at, false)
	return began, !began.IsZero()
}

// NextTime is the first time of a schedule after at; false when there is none any
// more.
func NextTime(s blueprint.Schedule, at time.Time) (time.Time, bool, error) {
	t, _, err := read(s)
	if err != nil {
		return time.Time{}, false, err
	}
	next, ok := t.next(at)
	return next, ok, nil
}

// Frozen reports whether at lies in one of the windows, in which, and when the
// freeze ends: windows that overlap or follow one another are one. The name is of
// the window that was found open first.
func Frozen(windows []blueprint.Freeze, at time.Time) (name string, until time.Time, frozen bool, err error) {
	until = at
	for range maxJoined {
		end, by, err := latestEnd(windows, until)
		if err != nil {
			return "", time.Time{}, false, err
		}
		if !end.After(until) {
			break
		}
		if name == "" {
			name = by
		}
		until = end
	}
	return name, until, until.After(at), nil
}

// maxJoined bounds how many windows in a row are told as one freeze. When a later
// one follows, the release is frozen again at its end.
const maxJoined = 100

// latestEnd is the latest end of the windows that are open at a time, or the time
// itself.
func latestEnd(windows []blueprint.Freeze, at time.Time) (end time.Time, name string, err error) {
	end = at
	for _, w := range windows {
		t, _, err := read(w.Schedule)
		if err != nil {
			return end, "", err
		}
		// All times of a window last equally long, so the last one that began ends last.
		if began, ok := t.last(at); ok {
			if e := began.Add(time.Duration(w.Duration)); e.After(end) {
				end, name = e, w.Name
			}
		}
	}
	return end, name, nil
}
