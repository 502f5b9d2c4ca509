package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/folder"
	"github.com/aureus-agents/aureus/resource"
)

// applyOptions is what `aureus apply` is told.
type applyOptions struct {
	files                        []string
	dryRun, detailed, prune, yes bool
	release, reason              string
	wait                         bool
	scope                        scopeOfFolder
	retry, timeout               time.Duration
	build                        resource.Build
}

func newApply(e *env) *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use:   "apply -f DIR",
		Short: "Make the server have what a folder of blueprints says",
		Long: `Make the server have what a folder says: every file in it and below whose header is
apiVersion aureus/v1 and kind Agent or Pipeline; policies and suites are the files
that blueprints name, and those that none names are told on stderr: nothing comes of
them. Other files, and folders whose name begins with a dot, are left alone.
Everything is validated before anything is written; pipelines come before agents.
Repeating it changes nothing, and two at once are as one after the other.

--dry-run prints the plan and changes nothing; with --detailed-exitcode the exit
status is 7 when there is something to do.
--release ENVIRONMENT starts a release of every agent of the folder whose content
does not serve there and is not on its way; with --wait, apply follows them until each
has ended or waits for people.
--prune retires agents that are not in the folder: they serve nowhere any more, and
their versions, evidence and runs stay; a release brings one back. Pipelines that
are not in the folder are deleted. It wants to know whose things the folder has:
--owner, --selector LABEL=VALUE, or --all of the server's. Retiring what serves asks
for --yes.
-o json prints {"applied","plan":{"items":[{"kind","name","file","action","version",
"latest","digest","delta","notes","release","serves"}],"create","change","keep",
"retire","release"},"done":[{"name","what"}],"unused":[FILE]}; actions are create,
change, keep and retire. Exit status 2 when something in the folder is wrong, 3 when
a blueprint does not pass validation or a release is not let out; nothing was written
then, but for releases. With --wait also 1 when one was rolled back or cancelled, and 4
when one waits for people or --timeout has passed.`,
		Args: cobra.NoArgs,
	}
	r := remoteFlags(e, cmd)
	f := cmd.Flags()
	f.StringArrayVarP(&o.files, "filename", "f", nil, "folder or file; can be given several times")
	f.BoolVar(&o.dryRun, "dry-run", false, "print the plan and change nothing")
	f.BoolVar(&o.detailed, "detailed-exitcode", false, "with --dry-run: exit status 7 when there is something to do")
	f.BoolVar(&o.prune, "prune", false, "retire what is not in the folder")
	f.BoolVar(&o.yes, "yes", false, "retire also what serves")
	f.StringVar(&o.release, "release", "", "environment to start releases into")
	f.BoolVar(&o.wait, "wait", false, "with --release: follow the releases until they end or wait for people")
	f.DurationVar(&o.timeout, "timeout", time.Hour, "with --wait: how long, for each release")
	f.StringVar(&o.build.Author, "author", "", "who wrote the changes, as in that person's tokens (default: as of push, for each blueprint)")
	f.StringVar(&o.build.Committer, "committer", "", "who committed them, as in that person's tokens (default: as of push)")
	f.StringVar(&o.reason, "reason", "", "why, for the record (default: the build)")
	f.DurationVar(&o.retry, "retry", 30*time.Second, "how long to try again while no server answers")
	o.scope.flags(cmd)
	_ = cmd.MarkFlagRequired("filename") // the flag is there
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return apply(cmd.Context(), e, r, o) }
	return cmd
}

func (o applyOptions) check() error {
	switch {
	case o.detailed && !o.dryRun:
		return fault.New(fault.Invalid, "--detailed-exitcode tells what --dry-run found; say --dry-run too")
	case o.yes && !o.prune:
		return fault.New(fault.Invalid, "--yes is about what --prune stops; say --prune too")
	case o.prune && !o.scope.given():
		return fault.New(fault.Invalid, "--prune wants to know whose agents the folder has, so that nobody else's are retired: --owner NAME, --selector LABEL=VALUE or --all")
	case !o.prune && o.scope.given():
		return fault.New(fault.Invalid, "--owner, --selector and --all are about what --prune retires; say --prune too")
	case o.wait && o.release == "":
		return fault.New(fault.Invalid, "--wait follows what --release starts; say --release ENVIRONMENT too")
	case o.retry < 0 || o.timeout < 0:
		return fault.New(fault.Invalid, "--retry and --timeout are not negative")
	}
	return nil
}

// applied is what -o json prints.
type applied struct {
	Applied bool        `json:"applied"`
	Plan    folder.Plan `json:"plan"`
	Done    []doneItem  `json:"done"`
	Unused  []string    `json:"unused"` // policies and suites that no blueprint names
}

type doneItem struct {
	Name string `json:"name"`
	What string `json:"what"`
}

func apply(ctx context.Context, e *env, r *remote, o applyOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	c, err := r.client()
	if err != nil {
		return err
	}
	run := &folderRun{ciRun: &ciRun{e: e, o: ciOptions{environment: o.release, reason: o.reason, retry: o.retry, wait: o.wait, timeout: o.timeout, build: o.build}, c: c, base: r.server}, scope: o.scope}
	if err := run.read(o.files); err != nil {
		return err
	}
	if o.release != "" && !run.declares(o.release) {
		if err := run.know(ctx); err != nil {
			return err
		}
	}
	plan, err := run.plan(ctx, o.release, o.prune)
	if err != nil {
		return err
	}
	res := applied{Plan: plan, Done: []doneItem{}}
	if res.Unused, err = run.unused(o.files); err != nil {
		return err
	}
	run.tellUnused(res.Unused)
	if !o.dryRun {
		if err := mayRetire(plan, o.yes); err != nil {
			return err
		}
		res.Applied = true
		err = run.carryOut(ctx, plan, func(name, what string) {
			say(e.stderr, "%s: %s\n", name, ci.Plain(what))
			res.Done = append(res.Done, doneItem{name, what})
		})
	}
	if perr := r.print(res, func(w io.Writer) { printApplied(w, res) }); perr != nil {
		return perr
	}
	if err == nil && o.detailed && plan.Changes() {
		return exitError{fault.New(fault.Conflict, "the server does not have what the folder says; `aureus apply` changes it"), fault.ExitDiffers}
	}
	return err
}

// mayRetire asks before something stops that serves.
func mayRetire(plan folder.Plan, yes bool) error {
	err := fault.New(fault.Invalid, "this would stop what serves; nothing was changed. Read it with --dry-run, and say --yes")
	for _, i := range plan.Items {
		if i.Action == folder.Retire && i.Kind == blueprint.KindAgent {
			err = err.With(fault.Detail{Message: fmt.Sprintf("%s serves in %v", i.Name, i.Serves)})
		}
	}
	if yes || len(err.Details) == 0 {
		return nil
	}
	return err
}

func printApplied(w io.Writer, res applied) {
	_ = res.Plan.Text(w, ci.Plain) // the writer is the terminal
	if !res.Applied {
		return
	}
	for _, d := range res.Done {
		say(w, "%s: %s\n", d.Name, ci.Plain(d.What))
	}
}
