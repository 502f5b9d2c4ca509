package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/fault"
)

func newDemo(e *env) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch an agent go through its whole life, then look around in the console",
		Long: `Start a real server in a folder of its own and take the agent of
examples/refund-desk through its whole life, over the API: from a template to
production, a change that needs more approval, a bad version that the canary
catches, the way back, the incident, and the version that mends it.

The model is yours when AUREUS_MODEL_URL is set (and AUREUS_MODEL_KEY,
AUREUS_MODEL_NAME); otherwise a scripted model server runs on loopback.

--json prints one object at the end:
  {"steps":[{"name","ok","ms"}],
   "releases":[{"version","environment","state"}],
   "rollback":{"excess_failed_runs","ms_to_good_version"},
   "ledger":{"leaves","verified","tamper_detected"},
   "console":"http://..."}`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), e, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.dir, "data", "aureus-demo", "folder of the demo; one that a demo made before is made anew")
	f.StringVar(&o.listen, "listen", "127.0.0.1:7420", "address to listen on; when it is taken, a free port of 127.0.0.1")
	f.BoolVar(&o.once, "once", false, "end when the last step is done")
	f.BoolVar(&o.json, "json", false, "print one JSON object at the end instead of the timeline")
	return cmd
}

type demoOptions struct {
	dir, listen string
	once, json  bool
}

// demoMarker tells a demo's folder from any other.
const demoMarker = ".aureus-demo"

func runDemo(ctx context.Context, e *env, o demoOptions) error {
	if err := freshDemoDir(o.dir); err != nil {
		return err
	}
	d := &demo{env: e, dir: o.dir, began: time.Now(), show: newTimeline(e.rawOut)}
	if o.json {
		d.show = newTimeline(nil)
	}
	defer d.close()
	err := d.run(ctx, o.listen)
	if o.json {
		out := json.NewEncoder(e.stdout)
		if jerr := out.Encode(d.result); jerr != nil && err == nil {
			err = jerr
		}
	}
	if err != nil || o.once {
		return err
	}
	d.show.footer(d.result.Console, d.tokens["admin"])
	d.traffic = startTraffic(ctx, d.as("shop-app"), 1, d.traffic.next.Load())
	return d.stack.wait(ctx)
}

// freshDemoDir makes an empty folder with the demo's marker. A folder that no
// demo made is left alone.
func freshDemoDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(dir, demoMarker)); err != nil {
			return fault.New(fault.Invalid, "the folder %s is not empty and was not made by a demo; name another with --data", dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return fault.Wrap(err, fault.Unavailable, "the folder %s of an earlier demo cannot be removed", dir)
		}
	}
	if err = os.MkdirAll(dir, 0o700); err == nil {
		err = os.WriteFile(filepath.Join(dir, demoMarker), []byte("made by aureus demo; the next demo removes this folder\n"), 0o600)
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "the demo's folder %s cannot be made", dir)
	}
	return nil
}

// demoResult is what --json prints.
type demoResult struct {
	Steps    []demoStep    `json:"steps"`
	Releases []demoRelease `json:"releases"`
	Rollback demoRollback  `json:"rollback"`
	Ledger   demoLedger    `json:"ledger"`
	Console  string        `json:"console"`
}

type demoStep struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	MS   int64  `json:"ms"`
}

type demoRelease struct {
	Version     string `json:"version"`
	Environment string `json:"environment"`
	State       string `json:"state"`
}

type demoRollback struct {
	ExcessFailedRuns  float64 `json:"excess_failed_runs"`
	MsToGoodVersion   int64   `json:"ms_to_good_version"`
	RunsOnBadVersion  int     `json:"runs_on_bad_version"`
	FailedOnBad       int     `json:"failed_on_bad_version"`
	VerifiedAgainInMs int64   `json:"ms_to_verified_again"`
}

type demoLedger struct {
	Leaves         int64 `json:"leaves"`
	Verified       bool  `json:"verified"`
	TamperDetected bool  `json:"tamper_detected"`
}

// step runs one step and tells the timeline.
func (d *demo) step(name, title, command string, f func() (string, error)) error {
	d.show.begin(title)
	start := time.Now()
	what, err := f()
	took := time.Since(start)
	d.result.Steps = append(d.result.Steps, demoStep{Name: name, OK: err == nil, MS: took.Milliseconds()})
	d.show.end(time.Since(d.began), title, what, command, took, err)
	if err != nil {
		return fmt.Errorf("demo step %q: %w", name, err)
	}
	return nil
}
