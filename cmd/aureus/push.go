package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

func newPush(e *env) *cobra.Command {
	var build resource.Build
	cmd := &cobra.Command{
		Use:   "push FILE",
		Short: "Register a version: validated, tools pinned, signed",
		Long: `Register a version. The server asks the blueprint's MCP servers for their tools
and pins every schema. The same content is registered once and has the same
digest everywhere; commit and build number are signed with it and are not part
of the digest. -o json prints {"version","created","findings"}.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&build.GitSHA, "git-sha", "", "commit (default: the one checked out where FILE is)")
	cmd.Flags().StringVar(&build.BuildNumber, "build-number", "", "build number")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		a, _, err := readBlueprint(e, args[0])
		if err != nil {
			return err
		}
		gen, err := readRecord(args[0])
		if err != nil {
			return err
		}
		build.Source = filepath.Base(args[0])
		if build.GitSHA == "" {
			build.GitSHA = headOf(ctx, filepath.Dir(args[0]))
		}
		build.CommittedAt = committedAt(ctx, filepath.Dir(args[0]), build.GitSHA)
		res, err := c.Push(ctx, resource.PushRequest{Blueprint: a, Build: build, Generation: gen})
		if err != nil {
			return err
		}
		return r.print(res, func(w io.Writer) {
			what := "registered"
			if !res.Created {
				what = "was registered before"
			}
			fmt.Fprintf(w, "%s %s\n%s\n", res.Version.Name, what, res.Version.Digest)
			for _, f := range res.Findings {
				fmt.Fprintln(w, findingLine(f))
			}
		})
	})
	return cmd
}

// committedAt is when a commit of the repository of dir was made, 0 when that is
// not known there.
func committedAt(ctx context.Context, dir, sha string) resource.Millis {
	if sha == "" {
		return 0
	}
	cmd := exec.CommandContext(ctx, "git", "show", "--no-patch", "--format=%ct", "--end-of-options", sha)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return 0
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil || seconds < 0 {
		return 0
	}
	return resource.Millis(seconds * 1000)
}

// headOf is the commit that is checked out in dir, "" when there is none.
func headOf(ctx context.Context, dir string) string {
	cmd := exec.CommandContext(ctx, "git", "rev-parse", "HEAD")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
