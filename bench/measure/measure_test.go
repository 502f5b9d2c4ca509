package measure

import (
	"errors"
	"strings"
	"testing"
)

func TestQuantile(t *testing.T) {
	tests := []struct {
		name string
		vs   []float64
		q    float64
		want float64
	}{
		{"none", nil, .5, 0},
		{"one", []float64{3}, .99, 3},
		{"unsorted", []float64{5, 1, 3}, .5, 3},
		{"the highest", []float64{5, 1, 3}, 1, 5},
	}
	for _, tt := range tests {
		if got := Quantile(tt.vs, tt.q); got != tt.want {
			t.Errorf("%s: Quantile(%v, %v) = %v, want %v", tt.name, tt.vs, tt.q, got, tt.want)
		}
	}
}

func TestInterleaveTakesTurns(t *testing.T) {
	var order strings.Builder
	n := 0.0
	turn := func(name string) Contender {
		return Contender{Name: name, Do: func() (float64, error) { order.WriteString(name); n++; return n, nil }}
	}
	got, err := Interleave(3, turn("a"), turn("b"))
	if err != nil || order.String() != "abababab" || got[0] != 5 || got[1] != 6 {
		t.Errorf("Interleave = %v, %v in the order %s; want [5 6] of the last three of four rounds, in turns", got, err, &order)
	}
	if _, err := Interleave(1, Contender{Name: "c", Do: func() (float64, error) { return 0, errors.New("broken") }}); err == nil || !strings.Contains(err.Error(), "c: broken") {
		t.Errorf("Interleave = %v, want the error of c", err)
	}
}

func TestPrintSaysWhatIsMissed(t *testing.T) {
	r := &Report{Figures: []Figure{
		Figure{Section: "s", Name: "fast", Value: 2, Unit: "us"}.Against("<= 1 us", false).Versus("us: peer", 8, true),
		Figure{Section: "s", Name: "many", Value: 20, Unit: "/s"}.Against(">= 10", true).Versus("/s: peer", 5, false),
		Figure{Section: "s", Name: "more", Value: 20, Unit: "ms"}.Beside("ms: less work", 5),
	}}
	var b strings.Builder
	if err := r.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<= 1 us: MISSED", ">= 10: met", "8 us: peer", "4.00x"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("Print wrote\n%s\nwant %q in it", b.String(), want)
		}
	}
	if n := strings.Count(b.String(), "x "); n != 2 {
		t.Errorf("Print wrote %d ratios, want 2:\n%s", n, b.String())
	}
}
