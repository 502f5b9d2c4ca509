package main

import (
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/gateway"
)

func newMCP(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mcp AGENT@ENVIRONMENT",
		Short: "Give an MCP client on stdin and stdout the tools of an agent",
		Long: `Give an MCP client on stdin and stdout the tools of an agent that serves in an
environment (production unless named). Every call goes through the server's guard
and is recorded. It is the command to write into the configuration of an MCP client
that starts its servers itself; others connect to SERVER/mcp/AGENT@ENVIRONMENT.`,
		Args: cobra.ExactArgs(1),
	}
	server := e.getenv("AUREUS_SERVER")
	if server == "" {
		server = defaultServer
	}
	cmd.Flags().StringVar(&server, "server", server, "address of the server, or AUREUS_SERVER; the token is in AUREUS_TOKEN")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		token := e.getenv("AUREUS_TOKEN")
		if token == "" {
			return fault.New(fault.Unauthorized, "AUREUS_TOKEN is not set; put a token of the server there")
		}
		u, err := url.Parse(strings.TrimRight(server, "/"))
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return fault.New(fault.Invalid, "--server %q is not an http or https address", server)
		}
		return gateway.Bridge(cmd.Context(), u.JoinPath("mcp", args[0]).String(), token, e.stdin, e.rawOut)
	}
	return cmd
}
