package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

func newPush(e *env) *cobra.Command {
	var given resource.Build
	cmd := &cobra.Command{
		Use:   "push FILE",
		Short: "Register a version: validated, tools pinned, signed",
		Long: `Register a version. The server asks the blueprint's MCP servers for their tools
and pins every schema. The same content is registered once and has the same
digest everywhere; commit and build number are signed with it and are not part of
the digest. In GitHub Actions, GitLab CI and Jenkins they are the build's, with its
URL, repository, branch and actor. -o json prints {"version","created","findings"}.`,
		Args: cobra.ExactArgs(1),
	}
	r := remoteFlags(e, cmd)
	cmd.Flags().StringVar(&given.GitSHA, "git-sha", "", "commit (default: the build's, else the one checked out where FILE is)")
	cmd.Flags().StringVar(&given.BuildNumber, "build-number", "", "build number (default: the build's)")
	cmd.Flags().StringVar(&given.Author, "author", "", "who wrote the change, as in that person's tokens: approval rules keep the author separate (default: of the commit that changed it last, else the person who pushes)")
	cmd.Flags().StringVar(&given.Committer, "committer", "", "who committed it, as in that person's tokens, for approval rules that keep the committer separate (default: of that commit)")
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, args []string) error {
		a, src, err := readBlueprint(e, args[0])
		if err != nil {
			return err
		}
		req, err := pushRequest(ctx, e, given, args[0], a, src)
		if err != nil {
			return err
		}
		res, err := c.Push(ctx, req)
		if err != nil {
			return err
		}
		return r.print(res, func(w io.Writer) {
			what := "registered"
			if !res.Created {
				what = "was registered before"
			}
			say(w, "%s %s\n%s\n", res.Version.Name, what, res.Version.Digest)
			for _, f := range res.Findings {
				fmt.Fprintln(w, findingLine(f))
			}
		})
	})
	return cmd
}
