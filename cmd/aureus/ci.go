package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// ciOptions is what `aureus ci` is told.
type ciOptions struct {
	environment, reason                 string
	release, wait, local                bool
	timeout, retry, maxAge              time.Duration
	seed                                int64
	repeats                             int
	build                               resource.Build
	junit, sarif, markdown, jsonResults string
}

func newCI(e *env) *cobra.Command {
	var o ciOptions
	cmd := &cobra.Command{
		Use:   "ci FILE...",
		Short: "Validate, push, simulate, evaluate and release blueprints in a build",
		Long: `Take blueprints through their checks in a build: validate and prove policies (of all
of them, before anything is registered), push, simulate, evaluate against what
serves in the environment, and with --release start their releases, when every one
of them passes. Repeating it registers nothing new, takes evidence that passes and
is fresh as it is, and goes on with a release that moves or has ended well.

--local needs no server and no token: it validates, proves policies and, when a
model is named by AUREUS_MODEL_URL, simulates and evaluates here. Nothing is
registered and nothing is evidence.

In GitHub Actions the summary goes to the job's page, findings become annotations,
and verdict, exit, version, digest, release, state and agents are outputs. Commit,
branch, build and actor are read from the variables of GitHub Actions, GitLab CI
and Jenkins and are signed with the version.

Exit status: 0 everything passes (with --release: the releases are started, with
--wait promoted), 1 failed (also: a release was cancelled or rolled back), 2 a file
is no blueprint or the call is wrong, 3 a check or a gate says no, 4 a release waits
for people or a freeze window, or is not done within --timeout, 5 a signature or
digest does not hold, 6 no server answered within --retry.
-o json prints, and --json FILE has, {"verdict","exit","message","environment","server",
"build","agents":[{"file","agent","version","digest","created","baseline","url",
"steps":[{"name","verdict","message","reused","evidence","ms","cases"}],"findings",
"delta","asks","evaluation","release"}]}; verdicts are pass, warn, skip, wait, block
and fail.`,
		Args: cobra.MinimumNArgs(1),
	}
	r := remoteFlags(e, cmd)
	f := cmd.Flags()
	f.StringVar(&o.environment, "env", "staging", "environment to compare with and to release into")
	f.BoolVar(&o.release, "release", false, "start the releases when everything passes")
	f.BoolVar(&o.wait, "wait", false, "with --release: follow the releases until they end or wait for people")
	f.StringVar(&o.reason, "reason", "", "with --release: why, for the record (default: the build)")
	f.BoolVar(&o.local, "local", false, "without a server: validate, prove, simulate and evaluate here")
	f.DurationVar(&o.timeout, "timeout", time.Hour, "with --wait: how long")
	f.DurationVar(&o.retry, "retry", 30*time.Second, "how long to try again while no server answers")
	f.DurationVar(&o.maxAge, "max-age", 24*time.Hour, "evidence that passes and is younger is not made again; 0 makes all again")
	f.Int64Var(&o.seed, "seed", 1, "seed of simulation and evaluation")
	f.IntVar(&o.repeats, "repeats", 0, "runs of each case (default: the blueprint's)")
	f.StringVar(&o.build.GitSHA, "git-sha", "", "commit (default: the build's, else the one checked out)")
	f.StringVar(&o.build.BuildNumber, "build-number", "", "build number (default: the build's)")
	f.StringVar(&o.build.Author, "author", "", "who wrote the change, as in that person's tokens (default: as of push)")
	f.StringVar(&o.build.Committer, "committer", "", "who committed it, as in that person's tokens (default: as of push)")
	f.StringVar(&o.junit, "junit", "", "write the result as JUnit XML to this file")
	f.StringVar(&o.sarif, "sarif", "", "write the findings as SARIF 2.1.0 to this file")
	f.StringVar(&o.markdown, "markdown", "", "write the summary for a merge request to this file")
	f.StringVar(&o.jsonResults, "json", "", "write the result as JSON to this file")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return runCI(cmd.Context(), e, r, o, args) }
	return cmd
}

func (o ciOptions) check(output string) error {
	switch {
	case output != "text" && output != "json":
		return fault.New(fault.Invalid, "--output %q is not text or json", output)
	case o.local && o.release:
		return fault.New(fault.Invalid, "--local registers nothing, so there is nothing to --release; leave one of them out")
	case o.wait && !o.release:
		return fault.New(fault.Invalid, "--wait follows a release; say --release too")
	case o.repeats < 0 || o.timeout < 0 || o.retry < 0 || o.maxAge < 0:
		return fault.New(fault.Invalid, "--repeats, --timeout, --retry and --max-age are not negative")
	}
	return nil
}

// runCI runs the steps and writes what came of them, also when they failed.
func runCI(ctx context.Context, e *env, r *remote, o ciOptions, files []string) error {
	if err := o.check(r.output); err != nil {
		return err
	}
	run := &ciRun{e: e, o: o, output: r.output}
	if !o.local {
		c, err := r.client()
		if fault.Is(err, fault.Unauthorized) {
			return fault.New(fault.Unauthorized, "AUREUS_TOKEN is not set; put a token of the server there, or say --local to check without a server")
		}
		if err != nil {
			return err
		}
		run.c, run.base = c, r.server
	}
	for _, f := range files {
		run.agents = append(run.agents, &ciAgent{out: ci.Agent{File: f, Steps: []ci.Step{}, Findings: []resource.Finding{}}})
	}
	err := run.all(ctx)
	res := run.result(err)
	if werr := run.write(res); werr != nil {
		return werr
	}
	return err
}

// printCI writes the result for people.
func printCI(w io.Writer, res ci.Result) {
	for _, a := range res.Agents {
		say(w, "%s %s\n", ci.Plain(a.Title()), dash(a.Digest))
		table(w, "STEP VERDICT TIME WHAT", func(row func(...any)) {
			for _, s := range a.Steps {
				row(s.Name, s.Verdict, round(time.Duration(s.Ms)*time.Millisecond), cut(ci.Plain(s.Message), 160))
			}
		})
		for _, f := range a.Findings {
			say(w, "%s\n", ci.Plain(findingLine(f)))
		}
		if a.Delta != nil {
			say(w, "delta against %s: tier %s, %d changes\n", dash(a.Baseline), a.Delta.Tier, len(a.Delta.Changes))
		}
		for _, k := range a.Asks {
			say(w, "a release into %s asks %d approvers (tier %s)\n", k.Environment, k.People, k.Tier)
		}
		if e := a.Evaluation; e != nil && e.Verdict != "" {
			say(w, "evaluation against %s: %s (%.3f -> %.3f)\n", a.Baseline, e.Verdict, e.BaselinePassRate, e.CandidatePassRate)
		}
	}
	say(w, "%s\n", res.Verdict)
}
