package console

import (
	"slices"
	"strconv"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// backtestView is the body of a back-test's page.
type backtestView struct {
	control.BacktestReport
	Path         string // of the version's page
	Environments []string
	Sizes        []int
	Same         bool // the version is what serves
	Stats        []stat
	Sides        []sideRow
}

// sideRow is a count of both guards.
type sideRow struct {
	Label              string
	Against, Candidate int
	Tone               string
}

// backtestSizes are the numbers of runs that the page offers.
var backtestSizes = []int{50, control.DefaultBacktestRuns, control.MaxBacktestRuns}

// backtestPage holds a version's guard against the one that serves.
func (s *server) backtestPage(rq *request) (view, error) {
	if rq.live { // nothing in it is live, and a replay is too much for a refresh
		return view{template: "backtest", title: "Back-test", nav: "fleet"}, nil
	}
	q := control.BacktestQuery{Version: versionRef(rq), Environment: rq.URL.Query().Get("environment")}
	if n := rq.URL.Query().Get("runs"); n != "" {
		var err error
		if q.Runs, err = strconv.Atoi(n); err != nil || q.Runs < 1 {
			return view{}, fault.New(fault.Invalid, "runs=%s is no number of runs. Choose one in the form.", visible(clip(n, 40)))
		}
	}
	r, err := s.control.Backtest(rq.Context(), rq.who, q)
	if err != nil {
		return view{}, err
	}
	v := backtestView{BacktestReport: r, Path: versionPath(r.Candidate.Agent, r.Candidate.Number), Same: r.Candidate.Digest == r.Against.Digest, Sizes: backtestSizes}
	if !slices.Contains(v.Sizes, r.Limit) {
		v.Sizes = slices.Sorted(slices.Values(append(slices.Clone(v.Sizes), r.Limit)))
	}
	if v.Environments, err = s.servedIn(rq, r.Candidate.Agent); err != nil {
		return view{}, err
	}
	c := r.Counts
	v.Stats = []stat{
		{"Runs that change", count(c.Changed), "at least one call is decided otherwise", worse(int64(c.Changed), false)},
		{"Broken", count(c.Broken), "they succeeded when recorded, would finish with the guard that serves, and are blocked", worse(int64(c.Broken), true)},
		{"Newly asking", count(c.Asking), "they would finish alone with the guard that serves, and wait for a human", worse(int64(c.Asking), false)},
		{"Freed", count(c.Freed), "they finish alone now", ""},
	}
	was, is := c.Against, c.Candidate
	v.Sides = []sideRow{
		{"succeeded when recorded", was.Benign, is.Benign, ""},
		{"of these: every call runs, nobody asked", was.BenignFinished, is.BenignFinished, fewer(was.BenignFinished, is.BenignFinished)},
		{"of these: a human is asked", was.BenignAskedHuman, is.BenignAskedHuman, fewer(is.BenignAskedHuman, was.BenignAskedHuman)},
		{"of these: blocked", was.BenignBlocked, is.BenignBlocked, fewer(is.BenignBlocked, was.BenignBlocked)},
		{"did not succeed when recorded", was.Skipped, is.Skipped, ""},
		{"call a tool that the version does not have", was.UnknownRuns, is.UnknownRuns, fewer(is.UnknownRuns, was.UnknownRuns)},
	}
	return view{template: "backtest", title: "Back-test of " + r.Candidate.Name, nav: "fleet", body: v}, nil
}

// fewer is the tone of a count that should not fall.
func fewer(before, after int) string {
	if after < before {
		return "warn"
	}
	return ""
}
