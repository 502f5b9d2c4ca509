package pipeline

import (
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
)

func window(name, start, zone, rule string, d time.Duration) blueprint.Freeze {
	return blueprint.Freeze{Name: name, Schedule: blueprint.Schedule{Start: start, TimeZone: zone, RRule: rule}, Duration: blueprint.Duration(d)}
}

func TestFrozen(t *testing.T) {
	weekend := window("weekend", "2026-01-02T18:00", "Europe/Berlin", "FREQ=WEEKLY;BYDAY=FR", 62*time.Hour)
	holidays := window("holidays", "2026-12-18T18:00", "UTC", "", 14*24*time.Hour)
	nights := window("nights", "2026-01-01T20:00", "UTC", "FREQ=DAILY", 12*time.Hour)
	tests := []struct {
		name    string
		windows []blueprint.Freeze
		at      string
		want    string // name until, "" is not frozen
	}{
		{"no window", nil, "2026-06-05T12:00:00Z", ""},
		{"before the first", []blueprint.Freeze{weekend}, "2026-01-01T12:00:00Z", ""},
		{"winter: begins at 17:00 UTC", []blueprint.Freeze{weekend}, "2026-01-09T17:00:00Z", "weekend 2026-01-12T07:00:00Z"},
		{"winter: a second earlier", []blueprint.Freeze{weekend}, "2026-01-09T16:59:59Z", ""},
		{"summer: begins at 16:00 UTC", []blueprint.Freeze{weekend}, "2026-06-05T16:00:00Z", "weekend 2026-06-08T06:00:00Z"},
		{"ends at its end", []blueprint.Freeze{weekend}, "2026-06-08T06:00:00Z", ""},
		{"over the change of clocks it lasts as long", []blueprint.Freeze{weekend}, "2026-03-29T12:00:00Z", "weekend 2026-03-30T07:00:00Z"},
		{"once", []blueprint.Freeze{holidays}, "2026-12-24T00:00:00Z", "holidays 2027-01-01T18:00:00Z"},
		{"once, a year later", []blueprint.Freeze{holidays}, "2027-12-24T00:00:00Z", ""},
		{"one runs into the other", []blueprint.Freeze{holidays, weekend}, "2026-12-31T12:00:00Z", "holidays 2027-01-04T07:00:00Z"},
		{"a night runs into the weekend and out of it again", []blueprint.Freeze{nights, weekend}, "2026-01-09T16:30:00Z", ""},
		{"nights and weekend", []blueprint.Freeze{nights, weekend}, "2026-01-09T17:30:00Z", "weekend 2026-01-12T08:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			name, until, frozen, err := Frozen(tt.windows, at)
			got := ""
			if frozen {
				got = name + " " + until.UTC().Format(time.RFC3339)
			}
			if err != nil || got != tt.want {
				t.Errorf("Frozen(%s) = %q, %v, want %q", tt.at, got, err, tt.want)
			}
		})
	}
}

// A window that never closes is told in pieces; asking takes no longer.
func TestFrozenForEver(t *testing.T) {
	always := window("always", "2026-01-01T00:00", "UTC", "FREQ=DAILY", 25*time.Hour)
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	_, until, frozen, err := Frozen([]blueprint.Freeze{always}, at)
	if err != nil || !frozen || until.Sub(at) < 90*24*time.Hour {
		t.Errorf("Frozen() until %s, %t, %v, want frozen for months", until, frozen, err)
	}
}

func TestNextTime(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		s    blueprint.Schedule
		want string
	}{
		{"monthly, the first Tuesday in New York", blueprint.Schedule{Start: "2026-01-01T03:00", TimeZone: "America/New_York", RRule: "FREQ=MONTHLY;BYDAY=1TU"}, "2026-05-05T07:00:00Z"},
		{"last day of the month", blueprint.Schedule{Start: "2026-01-01T03:00", RRule: "FREQ=MONTHLY;BYMONTHDAY=-1"}, "2026-05-31T03:00:00Z"},
		{"once, over", blueprint.Schedule{Start: "2026-01-01T03:00"}, ""},
		{"until has passed", blueprint.Schedule{Start: "2026-01-01T03:00", RRule: "FREQ=DAILY;UNTIL=20260201T000000Z"}, ""},
		{"every other year", blueprint.Schedule{Start: "2024-02-29T03:00", RRule: "FREQ=YEARLY;INTERVAL=4"}, "2028-02-29T03:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next, ok, err := NextTime(tt.s, at)
			got := ""
			if ok {
				got = next.UTC().Format(time.RFC3339)
			}
			if err != nil || got != tt.want {
				t.Errorf("NextTime(%+v) = %q, %v, want %q", tt.s, got, err, tt.want)
			}
		})
	}
}

// FuzzSchedule: whatever is written is read or refused, in bounded time.
func FuzzSchedule(f *testing.F) {
	f.Add("2026-01-02T18:00", "Europe/Berlin", "FREQ=WEEKLY;BYDAY=FR")
	f.Add("2026-01-02T18:00", "", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
	f.Add("2026-01-02T18:00", "UTC", "FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=1;COUNT=3;INTERVAL=2;WKST=SU")
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, start, zone, rule string) {
		if len(rule) > 100 {
			return
		}
		s := blueprint.Schedule{Start: start, TimeZone: zone, RRule: rule}
		next, ok, err := NextTime(s, at)
		if err == nil && ok && !next.After(at) {
			t.Errorf("NextTime(%+v) = %s, which is not after %s", s, next, at)
		}
	})
}
