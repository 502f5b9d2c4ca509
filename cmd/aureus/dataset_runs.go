package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/resource"
)

// fromRuns says which runs a data set is made of.
type fromRuns struct {
	filter   client.RunFilter
	mode     string
	since    spanValue
	limit    int
	out      string
	data     string
	recorded bool
}

func newDatasetFromRuns(e *env) *cobra.Command {
	var f fromRuns
	cmd := &cobra.Command{
		Use:   "from-runs [--agent AGENT] [--failed] [--since 7d] [-o FILE]",
		Short: "Make a data set of recorded runs",
		Long: `Make a scenario of each run, newest first: its input, its tools' answers as fixtures
(--recorded: as a recording, which answers equal calls only), the approvals that
people gave, and the expectation that it succeeds. Of a run that succeeded the
output is expected, which the suite's taskType or its graders compare with. The
rows are JSON lines with a scenario's own fields; runs of which nothing is
recorded are left out and counted. The runs come from the server when AUREUS_TOKEN is set,
and else from the data folder.`,
		Args: cobra.NoArgs,
	}
	server := e.getenv("AUREUS_SERVER")
	if server == "" {
		server = defaultServer
	}
	r := &remote{env: e, output: "text"}
	fl := cmd.Flags()
	fl.StringVar(&r.server, "server", server, "address of the server, or AUREUS_SERVER; the token is in AUREUS_TOKEN")
	fl.StringVar(&f.filter.Agent, "agent", "", "only of this agent")
	fl.StringVar(&f.filter.Environment, "env", "", "only in this environment")
	fl.StringVar(&f.mode, "mode", "", "only live or recorded")
	fl.BoolVar(&f.filter.Failed, "failed", false, "only failed ones")
	fl.Var(&f.since, "since", "only those that started within this time: 90m, 24h, 7d")
	fl.IntVar(&f.limit, "limit", 100, "how many, at most 10000")
	fl.BoolVar(&f.recorded, "recorded", false, "answer calls from the recording only, and fail on any other")
	fl.StringVar(&f.data, "data", defaultData, "data folder")
	fl.StringVarP(&f.out, "output", "o", "-", "file to write; - is stdout")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f.filter.Mode = resource.RunMode(f.mode)
		return f.run(cmd.Context(), e, r)
	}
	return cmd
}

// runSource gives runs: a page of the list, a run with its steps, and the version
// of a digest.
type runSource struct {
	list    func(page client.Page) ([]resource.Run, error)
	run     func(id string) (resource.Run, error)
	version func(digest string) (resource.Version, error)
}

// manifest is the content of a version, nil of one that is not there: the version
// of an imported run need not be.
func (s runSource) manifest(digest string) (*resource.Manifest, error) {
	if digest == "" {
		return nil, nil
	}
	v, err := s.version(digest)
	if e, ok := asFault(err); ok && e.Code == fault.NotFound {
		return nil, nil
	}
	return v.Manifest, err
}

func (f fromRuns) run(ctx context.Context, e *env, r *remote) error {
	if f.limit < 1 || f.limit > blueprint.MaxDataRows {
		return fault.New(fault.Invalid, "--limit is %d; a data set has 1 to %d rows", f.limit, blueprint.MaxDataRows)
	}
	var from resource.Millis
	if f.since > 0 {
		from = resource.Millis(time.Now().Add(-time.Duration(f.since)).UnixMilli())
	}
	if e.getenv("AUREUS_TOKEN") == "" {
		return withLocal(ctx, e, f.data, func(c *control.Control, p control.Principal) error {
			return f.write(e, f.local(ctx, c, p), from)
		})
	}
	c, err := r.client()
	if err != nil {
		return err
	}
	return f.write(e, f.remote(ctx, c), from)
}

func (f fromRuns) remote(ctx context.Context, c *client.Client) runSource {
	return runSource{
		list:    func(p client.Page) ([]resource.Run, error) { l, err := c.Runs(ctx, f.filter, p); return l.Items, err },
		run:     func(id string) (resource.Run, error) { return c.Run(ctx, id) },
		version: func(digest string) (resource.Version, error) { return c.Version(ctx, digest) },
	}
}

func (f fromRuns) local(ctx context.Context, c *control.Control, p control.Principal) runSource {
	filter := control.RunFilter{Agent: f.filter.Agent, Environment: f.filter.Environment, Mode: f.filter.Mode, FailedOnly: f.filter.Failed}
	return runSource{
		list:    func(page client.Page) ([]resource.Run, error) { return c.Runs(ctx, p, filter, control.Page(page)) },
		run:     func(id string) (resource.Run, error) { return c.Run(ctx, p, id) },
		version: func(digest string) (resource.Version, error) { return c.Version(ctx, p, digest) },
	}
}

// write writes the rows and says on stderr how many there are.
func (f fromRuns) write(e *env, src runSource, from resource.Millis) error {
	rows, left, err := f.rows(src, from)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fault.New(fault.NotFound, "no such run has a recorded input; `aureus runs list` shows the runs")
	}
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	for _, sc := range rows {
		if err := enc.Encode(sc); err != nil {
			return err
		}
	}
	if f.out == "-" {
		_, err = io.WriteString(e.document(), text.String())
	} else if err = os.WriteFile(f.out, []byte(text.String()), 0o600); err != nil {
		err = fault.Wrap(err, fault.Failed, "the data set %s cannot be written", f.out)
	}
	if err == nil {
		fmt.Fprintf(e.stderr, "%d scenarios; %d runs without a recorded input left out\n", len(rows), left)
	}
	return err
}

// rows are the scenarios of the newest runs that started after from.
func (f fromRuns) rows(src runSource, from resource.Millis) (rows []blueprint.Scenario, left int, err error) {
	manifests := map[string]*resource.Manifest{}
	after := ""
	for len(rows) < f.limit {
		page, err := src.list(client.Page{Limit: min(f.limit, 1000), After: after})
		if err != nil || len(page) == 0 {
			return rows, left, err
		}
		after = page[len(page)-1].ID
		for _, head := range page {
			if head.StartedAt < from || len(rows) == f.limit {
				return rows, left, nil
			}
			if head.Outcome == resource.OutcomeRunning || head.Outcome == resource.OutcomeWaiting {
				continue
			}
			run, err := src.run(head.ID)
			if err != nil {
				return rows, left, err
			}
			if run.Input == nil {
				left++
				continue
			}
			m, known := manifests[run.Digest]
			if !known {
				if m, err = src.manifest(run.Digest); err != nil {
					return rows, left, err
				}
				manifests[run.Digest] = m
			}
			sc, err := f.scenario(run, m)
			if err != nil {
				return rows, left, err
			}
			rows = append(rows, sc)
		}
	}
	return rows, left, nil
}

func (f fromRuns) scenario(run resource.Run, m *resource.Manifest) (sc blueprint.Scenario, err error) {
	if f.recorded {
		sc, err = simulate.RecordedFromRun(run, "")
	} else {
		sc, err = simulate.FromRunOf(run, m)
	}
	if run.Outcome == resource.OutcomeSuccess {
		sc.Expect.Output = run.Output
	}
	return sc, err
}
