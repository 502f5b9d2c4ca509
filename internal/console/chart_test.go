package console

import (
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

var (
	nan, inf = math.NaN(), math.Inf(1)
	day      = axis{From: 0, To: resource.Millis(24 * time.Hour / time.Millisecond)}
	number   = regexp.MustCompile(`-?[0-9.]+`)
)

func TestLineOf(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		path   string
		hits   int
	}{
		{"nothing", nil, "", 0},
		{"no values", []float64{nan, inf, nan}, "", 0},
		{"one point is a dot", []float64{5}, "M500.00 0.00h0.01", 1},
		{"a gap breaks the line", []float64{5, nan, 0}, "M166.67 0.00h0.01M833.33 100.00h0.01", 2},
		{"two points", []float64{0, 5}, "M250.00 100.00h0.01L750.00 0.00", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := lineOf(tt.values, day, zeroScale, wholeNumber)
			if l.Path != tt.path || len(l.Hits) != tt.hits || l.Empty != (tt.hits == 0) {
				t.Errorf("lineOf(%v) = %q with %d hits, empty %v; want %q with %d", tt.values, l.Path, len(l.Hits), l.Empty, tt.path, tt.hits)
			}
		})
	}
	if b := barsOf([]float64{nan, 10, 0}, day, wholeNumber); b.Path != "" || strings.Count(b.Bars, "Z") != 1 {
		t.Errorf("barsOf = %q, want one bar", b.Bars)
	}
	if b := barsOf([]float64{nan}, day, wholeNumber); !b.Empty {
		t.Errorf("barsOf(nothing) = %+v, want empty", b)
	}
}

// anyValue is any float, the awkward ones often.
func anyValue() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.SampledFrom([]float64{nan, inf, -inf, 0, 1, -1, math.MaxFloat64, math.SmallestNonzeroFloat64}), rapid.Float64())
}

// inBox fails when a path leaves the box or is not a path.
func inBox(t *rapid.T, path string) {
	if strings.Contains(path, "N") || strings.Contains(path, "I") {
		t.Fatalf("path %q holds what is not a number", path)
	}
	for i, n := range number.FindAllString(strings.ReplaceAll(path, "h0.01", ""), -1) {
		limit := plotW
		if i%2 == 1 {
			limit = plotH
		}
		if v := parse(t, n); v < 0 || v > limit+0.01 {
			t.Fatalf("path %q leaves the box at %s", path, n)
		}
	}
}

func parse(t *rapid.T, s string) float64 {
	var v float64
	var frac float64 = 1
	seen := false
	for _, c := range s {
		switch {
		case c == '.':
			seen = true
		case c < '0' || c > '9':
			t.Fatalf("%q is not a plain number", s)
		case seen:
			frac /= 10
			v += float64(c-'0') * frac
		default:
			v = v*10 + float64(c-'0')
		}
	}
	return v
}

func TestChartsStayInTheirBox(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(anyValue(), 0, 900).Draw(t, "values")
		for _, choose := range []scale{zeroScale, shareScale} {
			l := lineOf(values, day, choose, millis)
			inBox(t, l.Path)
			inBox(t, strings.ReplaceAll(l.Area, "Z", ""))
		}
		inBox(t, strings.ReplaceAll(barsOf(values, day, millis).Bars, "Z", ""))
		c := eChartOf([]process{{"harm", "E", values}}, anyValue().Draw(t, "threshold"), "1/α")
		if len(values) > 0 {
			inBox(t, c.Curves[0].Path)
			if n := strings.Count(c.Curves[0].Path, "L"); n > 2*maxPoints {
				t.Fatalf("%d values are drawn with %d points", len(values), n)
			}
			if !finite(c.Threshold.Y) || len(c.Ticks) > 12 {
				t.Fatalf("threshold at %v with %d ticks", c.Threshold.Y, len(c.Ticks))
			}
		}
		run := resource.Run{LatencyMs: rapid.Int64Range(-5, 1e9).Draw(t, "latency")}
		for _, v := range values[:min(len(values), 40)] {
			run.Steps = append(run.Steps, resource.Step{AtMs: rapid.Int64Range(-1e6, 1e12).Draw(t, "at"), TookMs: v})
		}
		g := ganttOf(run)
		for _, b := range g.Bars {
			if !finite(b.X) || !finite(b.W) || b.X < 0 || b.W < 0 || b.X+b.W > plotW+0.02 {
				t.Fatalf("bar %+v leaves the chart", b)
			}
		}
		if len(g.Ticks) > 10 {
			t.Fatalf("%d ticks", len(g.Ticks))
		}
	})
}

func TestCanaryCharts(t *testing.T) {
	v := control.CanaryVerdict{Plan: resource.CanaryPlan{Alpha: 0.001, Beta: 0.05}}
	if c := harmChart(v); !c.Empty || c.Says != "No outcome yet." {
		t.Errorf("harmChart(no outcomes) = %+v, want empty", c)
	}
	v.Outcomes = []resource.CanaryOutcome{{EHarm: 1, ESafe: 1, EAbs: 1}, {EHarm: 2000, ESafe: 0, EAbs: inf}}
	harm, safe := harmChart(v), safeChart(v)
	if harm.Threshold.Label != "1/α = 1,000" || safe.Threshold.Label != "1/β = 20.00" {
		t.Errorf("thresholds = %q, %q", harm.Threshold.Label, safe.Threshold.Label)
	}
	if harm.Curves[0].Path != "M0.00 80.00h0.01L1000.00 13.98" || harm.Threshold.Y != 20 {
		t.Errorf("harm curve = %q with the threshold at %v, want it to end above the line", harm.Curves[0].Path, harm.Threshold.Y)
	}
	if len(safe.Curves) != 2 || safe.Curves[1].Value != "∞" {
		t.Errorf("safe curves = %+v", safe.Curves)
	}
	v.Plan.Alpha = 0
	if c := harmChart(v); !finite(c.Threshold.Y) {
		t.Errorf("a plan without alpha has its threshold at %v", c.Threshold.Y)
	}
}

func TestGantt(t *testing.T) {
	if g := ganttOf(resource.Run{}); len(g.Bars) != 0 || g.TotalMs != 1 {
		t.Errorf("ganttOf(no steps) = %+v", g)
	}
	g := ganttOf(resource.Run{LatencyMs: 1000, Steps: []resource.Step{{AtMs: 0, TookMs: 500}, {AtMs: 500, TookMs: 0}, {AtMs: 1000, TookMs: 10}}})
	want := []bar{{0, 495.05}, {495.05, minBar}, {990.1, 9.9}}
	for i, b := range g.Bars {
		if b != want[i] {
			t.Errorf("bar %d = %+v, want %+v", i, b, want[i])
		}
	}
}
