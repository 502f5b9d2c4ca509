package console

import (
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// maxPairs is how many runs of a shadow are listed.
const maxPairs = 50

// shadowView is what a shadow compared.
type shadowView struct {
	resource.ShadowState
	Stats []stat
	Bars  []towardsBound // how near each process is to deciding
	Pairs []shadowPair
	More  int // pairs that differ and are not listed
}

// towardsBound is an e-value on its way to a bound, on a log scale.
type towardsBound struct {
	Name, Value, Bound string
	Share              float64 // 0..1 of the way
	Tone               string
}

// shadowPair is a live run beside its copy.
type shadowPair struct {
	resource.ShadowResult
	Failed string // live, copy, both or neither
	Says   string
}

// shadowView reads what a release's shadow compared; nil when it has none.
func (s *server) shadowView(rq *request, r resource.Release) (*shadowView, error) {
	if r.Shadow == nil {
		return nil, nil
	}
	st := *r.Shadow
	v := &shadowView{ShadowState: st, Stats: []stat{
		{"Compared", count(st.Runs) + " of " + count(st.Wanted), "live runs whose copy could be compared, of those wanted", ""},
		{"Copy alone failed", count(st.OnlyCopy), "the candidate failed where what serves did not", worse(st.OnlyCopy, true)},
		{"Live alone failed", count(st.OnlyLive), "what serves failed where the candidate did not", ""},
		{"Both failed", count(st.Both), "", ""},
		{"Differ", count(st.Differs), "answered or acted otherwise", ""},
		{"Not compared", count(st.Skipped), "copies that could not be compared; they say nothing", ""},
	}, Bars: []towardsBound{towards("Is it worse than what serves?", "rejects", st.EHarm, canary.Bound(canary.ShadowAlpha), "bad"),
		towards("Is it no worse?", "goes on", st.ESafe, canary.Bound(canary.ShadowBeta), "good")}}
	results, err := s.control.ShadowResults(rq.Context(), rq.who, r.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range results {
		if len(x.Differs) == 0 && x.Error == "" && x.LiveFailed == x.CopyFailed {
			continue
		}
		if len(v.Pairs) == maxPairs {
			v.More++
			continue
		}
		v.Pairs = append(v.Pairs, pairOf(x))
	}
	return v, nil
}

func pairOf(x resource.ShadowResult) shadowPair {
	p := shadowPair{ShadowResult: x, Failed: "neither", Says: strings.Join(x.Differs, ", ")}
	switch {
	case x.Error != "":
		p.Failed, p.Says = "", x.Error
	case x.LiveFailed && x.CopyFailed:
		p.Failed = "both"
	case x.CopyFailed:
		p.Failed = "copy"
	case x.LiveFailed:
		p.Failed = "live"
	}
	return p
}

// towards is how far an e-value is from where it decides: 1 is no evidence.
func towards(name, then string, e, limit float64, tone string) towardsBound {
	share := min(1, max(0, logOf(e)/logOf(limit)))
	b := towardsBound{Name: name, Value: evalue(e), Bound: then + " at " + evalue(limit), Share: share}
	if e >= limit {
		b.Tone = tone
	}
	return b
}

// progressView is an evaluation that is being made.
type progressView struct {
	resource.EvaluationProgress
	Share float64 // 0..1
	Left  string
}

// progressOf is how far the evaluation of a release's checks is, nil when none is
// being made.
func (s *server) progressOf(rq *request, r resource.Release) (*progressView, error) {
	if r.State != resource.ReleaseChecking {
		return nil, nil
	}
	p, err := s.control.EvaluationProgress(rq.Context(), rq.who, r.ID)
	if err != nil || !p.Running {
		return nil, err
	}
	v := &progressView{EvaluationProgress: p, Left: "the time left is not known yet"}
	if p.Total > 0 {
		v.Share = float64(p.Done) / float64(p.Total)
	}
	if p.LeftMs > 0 {
		v.Left = millis(float64(p.LeftMs)) + " left when it goes on like this"
	}
	return v, nil
}

// waiversOf are the waivers that a release can pass gates by now, or that are asked
// for.
func (s *server) waiversOf(rq *request, r resource.Release) ([]waiverRow, error) {
	list, err := s.control.Waivers(rq.Context(), rq.who, control.WaiverFilter{Agent: r.Agent, Digest: r.Digest}, control.Page{Limit: pageSize})
	if err != nil {
		return nil, err
	}
	var out []waiverRow
	for _, w := range list {
		if w.Environment == r.Environment {
			out = append(out, s.waiverRow(w))
		}
	}
	return out, nil
}

// waiverRow is a waiver in a list.
type waiverRow struct {
	resource.Waiver
	Standing string // its state, or expired
	Open     bool   // it lets a gate pass, or may still be approved
}

func (s *server) waiverRow(w resource.Waiver) waiverRow {
	row := waiverRow{Waiver: w, Standing: w.State, Open: w.State == "requested" || w.State == "approved"}
	if row.Open && int64(w.ExpiresAt) <= s.now().UnixMilli() {
		row.Standing, row.Open = "expired", false
	}
	if row.Standing == "approved" {
		row.Standing = "in force"
	}
	return row
}

// servesNow says what serves where a release goes; stopped is that nothing does, and
// invokes are refused.
func (s *server) servesNow(rq *request, r resource.Release) (name string, stopped bool, err error) {
	a, err := s.control.Agent(rq.Context(), rq.who, r.Agent)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", false, err
	}
	for _, d := range a.Deployments {
		if d.Environment != r.Environment {
			continue
		}
		if d.Stopped {
			return "nothing: traffic is stopped", true, nil
		}
		if d.Stable == "" {
			break
		}
		name = shortDigest(d.Stable)
		if v, err := s.control.Version(rq.Context(), rq.who, r.Agent+"@"+d.Stable); err == nil {
			name = fmt.Sprintf("v%d", v.Number)
		}
		if d.Candidate != "" && d.Weight > 0 {
			name += fmt.Sprintf(", and a candidate with %d %%", d.Weight)
		}
		return name, false, nil
	}
	return "nothing yet", false, nil
}
