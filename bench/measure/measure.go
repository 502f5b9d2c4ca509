// Package measure takes figures beside a peer's in one run and prints them.
//
// Contenders take turns: every round measures each of them once, so that what
// the machine does meanwhile hits all alike, and a figure is the median of the
// rounds. Absolute figures are the machine's; the ratios are what to compare.
// Start from [Interleave] and [Report].
package measure

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// Figure is one measured figure. Value and Peer have the same unit.
type Figure struct {
	Section string  `json:"section"`
	Name    string  `json:"name"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Target  string  `json:"target,omitempty"` // as docs/benchmarks.md words it
	Met     *bool   `json:"met,omitempty"`    // nil: no target
	// PeerName is what was measured beside it, Ratio how many times better Value
	// is; 0 where better and worse say nothing.
	PeerName string  `json:"peerName,omitempty"`
	Peer     float64 `json:"peer,omitempty"`
	Ratio    float64 `json:"ratio,omitempty"`
	Note     string  `json:"note,omitempty"`
}

// Versus sets the peer of a figure of which less is better, or more, and the
// ratio.
func (f Figure) Versus(name string, peer float64, lessIsBetter bool) Figure {
	f.PeerName, f.Peer, f.Ratio = name, peer, f.Value/peer
	if lessIsBetter {
		f.Ratio = peer / f.Value
	}
	return f
}

// Beside sets what was measured beside a figure, without a ratio: the one does
// more than the other.
func (f Figure) Beside(name string, peer float64) Figure {
	f.PeerName, f.Peer = name, peer
	return f
}

// Against sets the target of a figure and whether it is met.
func (f Figure) Against(target string, met bool) Figure {
	f.Target, f.Met = target, &met
	return f
}

// Report is a run of the benchmarks.
type Report struct {
	Go      string   `json:"go"`
	Arch    string   `json:"arch"`
	Cores   int      `json:"cores"`
	Figures []Figure `json:"figures"`
}

// NewReport names the machine by what matters of it.
func NewReport() *Report {
	return &Report{Go: runtime.Version(), Arch: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU()}
}

// Print writes the figures as a table.
func (r *Report) Print(w io.Writer) error {
	fmt.Fprintf(w, "%s, %s, %d cores\n", r.Go, r.Arch, r.Cores)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "SECTION\tFIGURE\tVALUE\tPEER\tRATIO\tTARGET\tNOTE")
	for _, f := range r.Figures {
		peer, ratio, target := "", "", f.Target
		if f.PeerName != "" {
			peer = fmt.Sprintf("%s %s", number(f.Peer), f.PeerName)
		}
		if f.Ratio != 0 {
			ratio = fmt.Sprintf("%.2fx", f.Ratio)
		}
		if f.Met != nil && *f.Met {
			target += ": met"
		} else if f.Met != nil {
			target += ": MISSED"
		}
		fmt.Fprintf(t, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\n", f.Section, f.Name, number(f.Value), f.Unit, peer, ratio, target, f.Note)
	}
	return t.Flush()
}

func number(v float64) string {
	switch {
	case v >= 1000:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// WriteJSON writes the report as one JSON object.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Contender is one of those that take turns: Do measures it once and returns
// its figure.
type Contender struct {
	Name string
	Do   func() (float64, error)
}

// Interleave measures every contender once a round and returns the median of
// each, in their order. One round before the first is not counted.
func Interleave(rounds int, cs ...Contender) ([]float64, error) {
	all := make([][]float64, len(cs))
	for round := range rounds + 1 {
		for i, c := range cs {
			v, err := c.Do()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			if round > 0 {
				all[i] = append(all[i], v)
			}
		}
	}
	out := make([]float64, len(cs))
	for i, vs := range all {
		out[i] = Median(vs)
	}
	return out, nil
}

// Median is the middle value of vs; 0 when there are none.
func Median(vs []float64) float64 { return Quantile(vs, 0.5) }

// Quantile is the q-quantile of vs, nearest rank; 0 when there are none.
func Quantile(vs []float64, q float64) float64 {
	if len(vs) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(vs))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

// Each times n calls of do one by one and returns how long each took.
func Each(n int, do func(i int) error) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	for i := range n {
		start := time.Now()
		if err := do(i); err != nil {
			return nil, err
		}
		took[i] = time.Since(start)
	}
	return took, nil
}

// In converts durations to numbers of the unit.
func In(ds []time.Duration, unit time.Duration) []float64 {
	out := make([]float64, len(ds))
	for i, d := range ds {
		out[i] = float64(d) / float64(unit)
	}
	return out
}
