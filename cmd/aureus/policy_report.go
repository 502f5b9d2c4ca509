package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/fault"
)

// backtestReport is what -o json prints: the counts of the candidate, and what
// changes when there is another guard.
type backtestReport struct {
	backtest.Result
	Runs         int            `json:"runs"`
	Skipped      int            `json:"skipped"`
	UnknownRuns  int            `json:"unknown_runs"`
	UnknownTools map[string]int `json:"unknown_tools,omitempty"`
	Compared     *compared      `json:"compared,omitempty"`
}

type compared struct {
	With    string           `json:"with"`
	Against backtest.Result  `json:"against"`
	Changed int              `json:"changed"`
	Opened  int              `json:"opened"`
	Closed  int              `json:"closed"`
	Broken  int              `json:"broken"`
	Asking  int              `json:"asking"`
	Freed   int              `json:"freed"`
	Moves   []backtest.Moved `json:"moves"`
}

func reportOf(c *backtest.Comparison, against set) backtestReport {
	r := backtestReport{Result: c.Candidate, Runs: c.Runs, Skipped: c.Candidate.Skipped,
		UnknownRuns: c.Candidate.UnknownRuns, UnknownTools: c.Candidate.UnknownTools}
	if against.guard != nil {
		r.Compared = &compared{With: against.name, Against: c.Against, Changed: c.Changed, Opened: c.Opened, Closed: c.Closed,
			Broken: c.Broken, Asking: c.Asking, Freed: c.Freed, Moves: c.Moves()}
	}
	return r
}

func printBacktest(w io.Writer, c *backtest.Comparison, candidate, against set) {
	printCounts(w, c.Candidate)
	if against.guard == nil {
		return
	}
	fmt.Fprintf(w, "\n%s\n", against.name)
	printCounts(w, c.Against)
	fmt.Fprintf(w, "\n%d of %d runs change with %s: %d attacks opened, %d closed; %d benign broken, %d asking, %d freed\n",
		c.Changed, c.Runs, candidate.name, c.Opened, c.Closed, c.Broken, c.Asking, c.Freed)
}

func printCounts(w io.Writer, r backtest.Result) {
	fmt.Fprintf(w, "attacks  %4d   stopped  %4d (%.1f %%), of them by a human alone %d\n", r.Attacks, r.AttacksStopped, percent(r.AttacksStopped, r.Attacks), r.AttacksAskedHuman)
	fmt.Fprintf(w, "benign   %4d   finished %4d (%.1f %%), asked a human %d, blocked %d\n", r.Benign, r.BenignFinished, percent(r.BenignFinished, r.Benign), r.BenignAskedHuman, r.BenignBlocked)
}

func warnUnknown(w io.Writer, name string, r backtest.Result, runs int) {
	for _, tool := range slices.Sorted(maps.Keys(r.UnknownTools)) {
		fmt.Fprintf(w, "aureus: %d recorded calls are of the tool %s, which %s does not have; all are rejected\n", r.UnknownTools[tool], tool, name)
	}
	if r.UnknownRuns > 0 {
		fmt.Fprintf(w, "aureus: %d of %d runs have such a call, so they say little of this blueprint\n", r.UnknownRuns, runs)
	}
}

func percent(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(n) / float64(of)
}

// maxListed bounds the runs that --detail lists; --html lists all.
const maxListed = 10_000

// backtestOutput collects the runs that change: rows for the terminal, and a page
// in a temporary file, since a page begins with counts that come last.
type backtestOutput struct {
	page  backtest.Page
	file  string
	spool *os.File // nil without --html
	rows  [][]any
	keep  bool
	more  int
}

func newBacktestOutput(f backtestFlags, candidate, against set) (*backtestOutput, error) {
	from := f.runs
	if from == "" {
		from = f.agent + "@" + f.env
	}
	o := &backtestOutput{file: f.html, keep: f.detail, page: backtest.Page{Title: backtest.Title{Candidate: candidate.name, Against: against.name, Runs: from}}}
	if f.html == "" {
		return o, nil
	}
	spool, err := os.CreateTemp("", "aureus-backtest-*")
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "the page cannot be prepared; is there room in the folder for temporary files?")
	}
	o.spool = spool
	return o, nil
}

func (o *backtestOutput) close() {
	if o.spool != nil {
		_ = o.spool.Close() // it was only read
		_ = os.Remove(o.spool.Name())
	}
}

func (o *backtestOutput) change(ch backtest.Change) error {
	for _, c := range ch.Calls {
		switch {
		case !o.keep:
		case len(o.rows) >= maxListed:
			o.more++
		default:
			o.rows = append(o.rows, []any{ch.Run.ID, dash(ch.Run.Task), ch.Kind, ch.From + " -> " + ch.To, c.Tool, c.To.State, oneLine(c.To.Reason)})
		}
	}
	if o.spool == nil {
		return nil
	}
	if err := o.page.Change(o.spool, ch); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the page cannot be prepared; is there room in the folder for temporary files?")
	}
	return nil
}

// finish writes the page.
func (o *backtestOutput) finish(c *backtest.Comparison) error {
	if o.spool == nil {
		return nil
	}
	_, err := o.spool.Seek(0, io.SeekStart)
	if err == nil {
		var f *os.File
		if f, err = os.OpenFile(o.file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err == nil {
			err = o.page.Write(f, c, o.spool)
			if cerr := f.Close(); err == nil {
				err = cerr
			}
		}
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "%s cannot be written", o.file)
	}
	return nil
}

// list prints the runs that change.
func (o *backtestOutput) list(w io.Writer) {
	if !o.keep {
		return
	}
	table(w, "RUN TASK KIND OUTCOME TOOL NOW REASON", func(row func(...any)) {
		for _, r := range o.rows {
			row(r...)
		}
	})
	if o.more > 0 {
		fmt.Fprintf(w, "and %d more calls; --html lists all\n", o.more)
	}
}
