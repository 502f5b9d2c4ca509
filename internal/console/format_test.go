package console

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/resource"
)

func TestFormats(t *testing.T) {
	tests := []struct{ name, got, want string }{
		{"money 0", money(0), "$0"}, {"money small", money(4120), "$0.0041"}, {"money", money(33_350_000), "$33.35"}, {"money large", money(1_234_567_000_000), "$1,234,567"}, {"money owed", money(-2_000_000), "-$2.00"},
		{"percent", percent(0.984), "98.4%"}, {"percent all", percent(1), "100%"}, {"percent nearly all", percent(0.99996), ">99.9%"}, {"percent hardly any", percent(0.0001), "<0.1%"}, {"percent none", percent(0), "0%"}, {"percent of nothing", percent(math.NaN()), none},
		{"ms 0", millis(0), "0 ms"}, {"ms tiny", millis(0.24), "0.2 ms"}, {"ms", millis(840), "840 ms"}, {"s", millis(2350), "2.35 s"}, {"ten s", millis(11_300), "11.3 s"}, {"min", millis(192_000), "3 m 12 s"}, {"h", millis(7_500_000), "2 h 05 m"}, {"d", millis(86_400_000), "1 d"}, {"bad ms", millis(math.Inf(1)), none},
		{"count", count(1234567), "1,234,567"}, {"count small", count(999), "999"}, {"count below 0", count(-1234), "-1,234"},
		{"e near 1", evalue(0.311), "0.31"}, {"e large", evalue(2205.4), "2,205"}, {"e huge", evalue(3.2e12), "3.2 e+12"}, {"e tiny", evalue(0.00042), "4.2 e-04"}, {"e inf", evalue(math.Inf(1)), "∞"},
		{"digest", shortDigest(digestOf("x")), digestOf("x")[7:19]}, {"not a digest", shortDigest("rel-1"), "rel-1"},
		{"now", ago(fixtureNow, before(time.Second)), "now"}, {"minutes", ago(fixtureNow, before(3*time.Minute)), "3 min ago"}, {"later", ago(fixtureNow, before(-2*time.Hour)), "in 2 h"}, {"days", ago(fixtureNow, before(72*time.Hour)), "3 days ago"},
		{"words", words(resource.ReleaseAwaiting), "awaiting approval"},
		{"visible", visible("a\u202eb\u200bc\x1b[0m\n\U000e0041"), "a\\u202eb\\u200bc\\u001b[0m\n\\U000e0041"},
		{"no time", string(clock(0)), none},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s = %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

func TestStepsOf(t *testing.T) {
	f := newFixture()
	want := map[string]string{
		"rel-31": "pending:done checking:done awaiting approval:done deploying:done smoke:done canary:current promoted:ahead",
		"rel-30": "pending:done checking:done awaiting approval:skipped deploying:done smoke:done promoted:done",
		"rel-29": "pending:done checking:done awaiting approval:skipped deploying:done smoke:done canary:paused promoted:ahead",
		"rel-27": "pending:done checking:done awaiting approval:done deploying:done smoke:done canary:done rolling back:done rolled back:failed",
		"rel-24": "pending:done checking:done rejected:failed",
	}
	for _, r := range f.releases {
		w, ok := want[r.ID]
		if !ok {
			continue
		}
		got := ""
		for _, s := range stepsOf(r) {
			got += " " + s.Name + ":" + s.Mark
		}
		if got != " "+w {
			t.Errorf("stepsOf(%s) =%s, want %s", r.ID, got, w)
		}
	}
	if s := stepsOf(resource.Release{State: resource.ReleasePending, CreatedAt: 1}); s[0].Mark != "current" || s[1].Mark != "ahead" {
		t.Errorf("stepsOf(new) = %+v, want it at its beginning", s)
	}
}

func TestMovesComeFromTheReleaseMachine(t *testing.T) {
	f := newFixture()
	want := map[string][]string{"rel-31": {"pause", "promote", "cancel", "rollback"}, "rel-29": {"resume", "promote", "cancel", "rollback"}, "rel-27": nil, "rel-21": {"rollback"}}
	for id, w := range want {
		r, err := f.Release(t.Context(), principals["admin-token"], id)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range movesOf(r, operator, before(0)) {
			got = append(got, m.Event)
		}
		if d := cmp.Diff(w, got); d != "" {
			t.Errorf("movesOf(%s): %s", id, d)
		}
	}
}

func TestCombine(t *testing.T) {
	got := combine([]resource.Figures{
		{Agent: "a", Runs: 90, Success: 90, SuccessRate: 1, RetryRate: 0.1, P95Ms: 100, Cost: 900, Rollbacks: 1, MTTRMs: 4000},
		{Agent: "a", Runs: 10, Success: 0, Failed: 10, RetryRate: 1, P95Ms: 900, Cost: 100, Escalations: 5},
	})
	want := resource.Figures{Agent: "a", Runs: 100, Success: 90, Failed: 10, SuccessRate: 0.9, ErrorRate: 0.1, RetryRate: 0.19, P95Ms: 900, Cost: 1000, CostPerSuccess: 11, Escalations: 5, EscalationRate: 0.05, Rollbacks: 1, MTTRMs: 4000}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("combine: %s", d)
	}
	if d := cmp.Diff(resource.Figures{}, combine(nil)); d != "" {
		t.Errorf("combine(nothing): %s", d)
	}
	q := spanOf("24h").query(fixtureNow, "a", "production")
	b := buckets(q, 30*time.Minute, []resource.FiguresPoint{{At: q.From, Figures: resource.Figures{Runs: 1}}, {At: q.From + 1, Figures: resource.Figures{Runs: 2}}, {At: q.To + 1}, {At: q.From - 1e8}})
	if len(b) != 49 || b[0].Runs != 3 {
		t.Errorf("buckets = %d with %d runs in the first, want 49 with 3", len(b), b[0].Runs)
	}
}

// TestContrast reads the design tokens and computes what WCAG AA asks for.
func TestContrast(t *testing.T) {
	css := string(mustRead("static/tokens.css"))
	split := regexp.MustCompile(`(?s)^(.*?)@media(.*)$`).FindStringSubmatch(css)
	token := regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6});`)
	light := map[string]string{}
	for _, m := range token.FindAllStringSubmatch(split[1], -1) {
		light[m[1]] = m[2]
	}
	dark := map[string]string{}
	for _, m := range token.FindAllStringSubmatch(split[2], -1) {
		dark[m[1]] = m[2]
	}
	pairs := [][2]string{{"on-primary", "primary"}, {"good", "good-bg"}, {"warn", "warn-bg"}, {"bad", "bad-bg"}, {"info", "info-bg"}, {"text", "plain-bg"}, {"muted", "plain-bg"},
		{"text", "good-bg"}, {"text", "warn-bg"}, {"text", "bad-bg"}, {"text", "info-bg"}, {"link", "bad-bg"}, {"link", "warn-bg"}, {"muted", "warn-bg"}}
	for _, on := range []string{"bg", "surface", "sunken"} {
		for _, text := range []string{"text", "muted", "link", "good", "warn", "bad", "info"} {
			pairs = append(pairs, [2]string{text, on})
		}
	}
	for name, tokens := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, p := range pairs {
			if tokens[p[0]] == "" || tokens[p[1]] == "" {
				t.Fatalf("%s has no %s or no %s", name, p[0], p[1])
			}
			if c := contrast(tokens[p[0]], tokens[p[1]]); c < 4.5 {
				t.Errorf("%s: %s on %s has contrast %.2f, want 4.5", name, p[0], p[1], c)
			}
		}
		for _, graphic := range []string{"chart", "chart-2", "focus"} {
			if c := contrast(tokens[graphic], tokens["surface"]); c < 3 {
				t.Errorf("%s: %s has contrast %.2f, want 3", name, graphic, c)
			}
		}
	}
}

// contrast is the WCAG 2 contrast ratio of two colours.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func luminance(hex string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			panic(fmt.Sprintf("%s is not a colour", hex))
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
