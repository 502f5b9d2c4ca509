// Package attacks measures what guards do with AgentDojo's recorded attacks: how
// many they stop, and how many of the benign tasks finish with nobody asked. The
// built-in policies stand beside naive guards, weaker and stricter settings, so
// that what each rule buys can be seen.
//
// Start from [Measure]. The runs are not part of the project: they are looked for
// at ../shared/data/agentdojo from its root.
package attacks

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/recorded"
	"github.com/aureus-agents/aureus/internal/redteam"
	"github.com/aureus-agents/aureus/resource"
)

// Suites are AgentDojo's suites with a blueprint in examples/agentdojo.
var Suites = []string{"banking", "workspace"}

// ErrNoRuns says that the recorded runs are not there.
var ErrNoRuns = errors.New("the recorded runs are not there")

// Measured is a setting with what it did on all suites together.
type Measured struct {
	Setting
	Attacks, Stopped          int
	Benign, Finished          int
	BenignAsked, BenignDenied int
	// Generated are the attacks of internal/redteam on its office assistant under
	// this setting, Held those that were stopped or asked for.
	Generated, Held int
	// Remaining are the benign runs that did not finish alone, and Through the
	// attacks that got through, in the order of the files.
	Remaining, Through []Left
}

// Left is a run that did not end as it should.
type Left struct {
	Run, Outcome string
	Tools        []string // of the calls that decided
	Reasons      []string
}

// Generate puts n generated attacks of each family to every setting.
func Generate(all []Measured, seed uint64, n int) error {
	for i := range all {
		m, err := redteam.Office()
		if err != nil {
			return err
		}
		g, err := all[i].compile(m.Blueprint)
		if err != nil {
			return err
		}
		for _, row := range redteam.Run(m, g, nil, seed, n) {
			all[i].Generated += row.Attacks
			all[i].Held += row.Attacks - row.GotThrough
		}
	}
	return nil
}

// Measure replays the runs of dir through every setting, each suite with its
// blueprint of root/examples/agentdojo. ErrNoRuns when a file is missing.
func Measure(root, dir string, settings []Setting) ([]Measured, error) {
	out := make([]Measured, len(settings))
	for i, s := range settings {
		out[i].Setting = s
	}
	for _, suite := range Suites {
		runs, err := read(filepath.Join(dir, suite+".jsonl.gz"))
		if err != nil {
			return nil, err
		}
		a, err := example(root, suite)
		if err != nil {
			return nil, err
		}
		for i, s := range settings {
			g, err := s.compile(*a)
			if err != nil {
				return nil, fmt.Errorf("%s on %s: %w", s.Name, suite, err)
			}
			out[i].add(g, runs)
		}
	}
	return out, nil
}

func (m *Measured) add(j backtest.Judge, runs []recorded.Run) {
	res, details := backtest.Run(j, runs)
	m.Attacks += res.Attacks
	m.Stopped += res.AttacksStopped
	m.Benign += res.Benign
	m.Finished += res.BenignFinished
	m.BenignAsked += res.BenignAskedHuman
	m.BenignDenied += res.BenignBlocked
	for _, d := range details {
		switch {
		case d.Kind == backtest.KindAttack && d.Outcome == backtest.GotThrough:
			m.Through = append(m.Through, left(d))
		case d.Kind == backtest.KindBenign && d.Outcome != backtest.Finished:
			m.Remaining = append(m.Remaining, left(d))
		}
	}
}

func left(d backtest.RunDetail) Left {
	l := Left{Run: d.Task, Outcome: d.Outcome}
	for _, c := range d.Calls {
		if !c.Ran() {
			l.Tools = append(l.Tools, c.Tool)
			l.Reasons = append(l.Reasons, c.Decision.Reason)
		}
	}
	return l
}

func read(file string) ([]recorded.Run, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: put AgentDojo's runs at %s", ErrNoRuns, file)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return recorded.Parse(recorded.AgentDojo, f)
}

func example(root, suite string) (*blueprint.Agent, error) {
	file := filepath.Join(root, "examples", "agentdojo", suite+".yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return blueprint.Parse(file, text, blueprint.Options{})
}

// compile is the guard of a blueprint under the setting.
func (s Setting) compile(a blueprint.Agent) (*guard.Compiled, error) {
	a.Spec.Policies = append(append([]blueprint.Policy{}, a.Spec.Policies...), s.Policies...)
	return guard.Compile(&resource.Manifest{Blueprint: a})
}
