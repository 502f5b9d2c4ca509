// Command attacks prints what guards do with attacks: AgentDojo's recorded ones
// under several settings, and generated ones that know the policies.
//
//	go -C bench run ./cmd/attacks [-data DIR] [-seed N] [-n N]
//
// It exits with status 2 when the recorded runs are not there, after it printed
// what the generated ones do.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/aureus-agents/aureus/bench/attacks"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/internal/redteam"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "attacks:", err)
	if errors.Is(err, attacks.ErrNoRuns) {
		os.Exit(2)
	}
	os.Exit(1)
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("attacks", flag.ContinueOnError)
	flags.SetOutput(stderr)
	data := flags.String("data", "", "folder of banking.jsonl.gz and workspace.jsonl.gz (default ../shared/data/agentdojo beside the project)")
	seed := flags.Uint64("seed", 1, "seed of the generated attacks")
	n := flags.Int("n", 100, "generated attacks of each family")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := attacks.Root()
	if err != nil {
		return err
	}
	if *data == "" {
		*data = filepath.Join(root, "..", "shared", "data", "agentdojo")
	}
	if err := generated(stdout, *seed, *n); err != nil {
		return err
	}
	all, err := attacks.Measure(root, *data, attacks.Settings())
	if err != nil {
		return err
	}
	if err := attacks.Generate(all, *seed, *n); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "\nAgentDojo's recorded runs, banking and workspace")
	return attacks.Print(stdout, all)
}

// generated prints the families. Those on what a server offers are attacked with
// a real server by the tests of the product, not here.
func generated(w io.Writer, seed uint64, n int) error {
	m, err := redteam.Office()
	if err != nil {
		return err
	}
	g, err := guard.Compile(m)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Generated attacks on the office assistant, seed %d\n", seed)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "FAMILY\tATTACKS\tSTOPPED\tASKED\tGOT THROUGH\tWHAT")
	for _, r := range redteam.Run(m, g, nil, seed, n) {
		if r.Attacks > 0 {
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%s\n", r.Name, r.Attacks, r.Stopped, r.Asked, r.GotThrough, r.What)
		}
	}
	return t.Flush()
}
