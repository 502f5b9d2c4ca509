package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/aureus-agents/aureus/internal/fault"
)

// version is set by the release build with -ldflags.
var version = "dev"

// built is the version, of a development build with the commit that it is of.
func built() string {
	info, ok := debug.ReadBuildInfo()
	if version != "dev" || !ok {
		return version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return version + "+" + s.Value[:12]
		}
	}
	return version
}

// env is what a command sees of the process.
type env struct {
	stdin io.Reader
	// What is written to stdout and stderr is safe to show: what a terminal would
	// obey or hide comes out as an escape.
	stdout, stderr io.Writer
	// rawOut and rawErr are the same without that, for what draws in the terminal
	// itself, and for document and the protocols.
	rawOut, rawErr io.Writer
	getenv         func(string) string
}

// document is where a document goes that is not only read by a person, a blueprint
// or an export: byte for byte, but for a terminal.
func (e *env) document() io.Writer {
	if f, ok := e.rawOut.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return e.stdout
	}
	return e.rawOut
}

func newRoot(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "aureus",
		Short: "The DevOps control plane for AI agents",
		Long: `Aureus takes an AI agent from a goal to production and keeps it safe there:
generate, validate, simulate, deploy, monitor, roll back.

Commands that talk to a server find it at AUREUS_SERVER or --server, and show it
the token in AUREUS_TOKEN. Commands that run a model here take it from
AUREUS_MODEL_URL, AUREUS_MODEL_KEY and AUREUS_MODEL_NAME.

Exit status: 0 done, 1 failed, 2 wrong use, 3 blocked by a gate,
4 waiting for approval, 5 verification failed, 6 no server answered,
7 what is there is not what was declared (apply, drift).`,
		Version:       built(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetVersionTemplate("aureus version {{.Version}}\n")
	for _, add := range commands {
		root.AddCommand(add(e))
	}
	finish(root)
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if unknownHelp(cmd) == nil {
			help(cmd, args)
		}
	})
	return root
}

// execute runs the command that the arguments name. A complaint about the words
// of the call says how that command is written.
func execute(ctx context.Context, root *cobra.Command) error {
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = unknownHelp(cmd)
	}
	if err == nil || !isUsage(err) {
		return err
	}
	text := strings.TrimSpace(err.Error())
	if cmd == root {
		return fault.New(fault.Invalid, "%s; `aureus --help` lists the commands", text)
	}
	return fault.New(fault.Invalid, "%s: %s; it is written `%s`, and `%s --help` says more", cmd.CommandPath(), text, cmd.UseLine(), cmd.CommandPath())
}

// commands are the subcommands in the order of the help.
var commands = []func(*env) *cobra.Command{
	newDemo, newServe, newInit, newSchema, newGenerate, newValidate, newPush, newCI, newApply, newDrift, newAgents, newVersions, newVersion, newDiff,
	newSimulate, newEvaluate, newRuns, newPolicy, newCanary, newPipeline, newRelease, newDrill, newWaiver, newRollback, newApprovals,
	func(e *env) *cobra.Command { return newAnswer(e, true) },
	func(e *env) *cobra.Command { return newAnswer(e, false) },
	newInvoke, newMCP, newScenario, newDataset, newIncident, newEvidence, newFigures, newDORA, newAudit, newToken, newDelegation, newChannel, newExample,
}

// report prints an error as a sentence with its details, and returns the exit
// status. What the sentence says of its one detail is not said again.
func report(w io.Writer, err error) int {
	if err == nil {
		return fault.ExitDone
	}
	var details []fault.Detail
	if e, ok := asFault(err); ok {
		details = e.Details
	}
	fmt.Fprintf(w, "aureus: %s\n", err)
	said := func(s string) bool { return len(details) == 1 && strings.Contains(err.Error(), s) }
	for _, d := range details {
		if !said(d.Message) {
			fmt.Fprintf(w, "  %s\n", detailLine(d))
		}
		if d.Fix != "" && !said(d.Fix) {
			fmt.Fprintf(w, "      %s\n", d.Fix)
		}
	}
	return exitStatus(err)
}

// isUsage reports whether err is cobra's own complaint about the words of a call.
func isUsage(err error) bool {
	for _, p := range []string{"unknown command", "unknown flag", "unknown shorthand", "accepts ", "requires ", "required flag", "invalid argument",
		"flag needs an argument", "bad flag syntax", "at least one of the flags", "if any flags in the group"} {
		if strings.HasPrefix(err.Error(), p) {
			return true
		}
	}
	return false
}

func detailLine(d fault.Detail) string {
	var b strings.Builder
	if d.File != "" {
		b.WriteString(d.File)
		if d.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", d.Line, max(d.Column, 1))
		}
		b.WriteString(": ")
	}
	if d.Path != "" {
		b.WriteString(d.Path + ": ")
	}
	b.WriteString(d.Message)
	if d.Code != "" {
		b.WriteString(" [" + d.Code + "]")
	}
	return b.String()
}
