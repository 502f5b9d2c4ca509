package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/screen"
	"github.com/aureus-agents/aureus/resource"
)

// defaultServer is where `aureus serve` listens unless told otherwise.
const defaultServer = "http://127.0.0.1:7420"

// remote is what a command that talks to a server is told.
type remote struct {
	env    *env
	server string
	output string
	// other reports what --output may be besides text and json; nil for nothing.
	other func(string) bool
}

// remoteFlags gives cmd the flags of a command that talks to a server.
func remoteFlags(e *env, cmd *cobra.Command) *remote {
	r := &remote{env: e}
	server := e.getenv("AUREUS_SERVER")
	if server == "" {
		server = defaultServer
	}
	cmd.Flags().StringVar(&r.server, "server", server, "address of the server, or AUREUS_SERVER; the token is in AUREUS_TOKEN")
	cmd.Flags().StringVarP(&r.output, "output", "o", "text", "text or json")
	cmd.PreRunE = func(*cobra.Command, []string) error { return r.checkOutput() }
	return r
}

// checkOutput refuses an --output that there is not, before anything is done.
func (r *remote) checkOutput() error {
	if r.output == "text" || r.output == "json" || r.other != nil && r.other(r.output) {
		return nil
	}
	return fault.New(fault.Invalid, "--output %q is not text or json", r.output)
}

// client makes the client with the token of AUREUS_TOKEN.
func (r *remote) client() (*client.Client, error) {
	token := r.env.getenv("AUREUS_TOKEN")
	if token == "" {
		return nil, fault.New(fault.Unauthorized, "AUREUS_TOKEN is not set; put a token of the server there (the first start of `aureus serve` prints one)")
	}
	return client.New(r.server, token, nil)
}

// with makes a command's run function of one that needs a client.
func (r *remote) with(do func(ctx context.Context, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := r.client()
		if err != nil {
			return err
		}
		return do(cmd.Context(), c, args)
	}
}

// print writes v as JSON, or as text with the given function.
func (r *remote) print(v any, text func(w io.Writer)) error {
	if r.output == "json" {
		return writeJSON(r.env.stdout, v)
	}
	text(r.env.stdout)
	return nil
}

// jsonText is what writeJSON writes.
func jsonText(v any) ([]byte, error) {
	var b bytes.Buffer
	err := writeJSON(&b, v)
	return b.Bytes(), err
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// table writes rows with aligned columns. A cell stays in its row, whatever is in it.
func table(w io.Writer, head string, rows func(row func(cells ...any))) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ReplaceAll(head, " ", "\t"))
	rows(func(cells ...any) {
		for i, c := range cells {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, screen.Line(fmt.Sprint(c)))
		}
		fmt.Fprintln(t)
	})
	_ = t.Flush() // the writer is the terminal
}

func when(m resource.Millis) string {
	if m == 0 {
		return "-"
	}
	return time.UnixMilli(int64(m)).UTC().Format("2006-01-02 15:04:05Z")
}

// short is a digest as a person reads it.
func short(digest string) string {
	if len(digest) > 19 {
		return digest[:19]
	}
	if digest == "" {
		return "-"
	}
	return digest
}
