package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/model"
)

func newServe(e *env) *cobra.Command {
	var cfg stackConfig
	var logFormat, prices string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the control plane: API, console, worker and sequencer",
		Long: `Run the control plane with an embedded database: API, console, worker and
sequencer in one process. The first start makes the signing key and prints an
admin token, once.

The model endpoint is any that speaks the OpenAI protocol:
  AUREUS_MODEL_URL   base URL, for example http://127.0.0.1:11434/v1
  AUREUS_MODEL_KEY   its key, if it wants one
  AUREUS_MODEL_NAME  the model to ask for in place of the blueprint's
Further endpoints, which a blueprint's model.provider names:
  AUREUS_MODEL_PROVIDERS         their names, with commas between
  AUREUS_MODEL_<PROVIDER>_URL    and _KEY and _NAME, as above
Notices go to a webhook when it is set:
  AUREUS_WEBHOOK_URL, AUREUS_WEBHOOK_SECRET
  AUREUS_SLACK_WEBHOOK_URL     as messages of a Slack app
  AUREUS_PUBLIC_URL            address of the console that messages link to
Approval requests can be answered by signed webhooks when their secret is set:
  AUREUS_SLACK_SIGNING_SECRET  buttons of Slack messages
  AUREUS_ANSWER_SECRET         any other system; docs/approvals.md says how
` + "`aureus channel`" + ` says which person a user of theirs is.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if cfg.Logger, err = newLogger(e, logFormat); err != nil {
				return err
			}
			if cfg.Models, err = modelConfig(e, prices); err != nil {
				return err
			}
			if cfg.Channels, err = channelsOf(e); err != nil {
				return err
			}
			return serve(cmd.Context(), e, cfg)
		},
	}
	f := cmd.Flags()
	f.StringVar(&cfg.Data, "data", defaultData, "data folder")
	f.StringVar(&cfg.Listen, "listen", "127.0.0.1:7420", "address to listen on")
	f.StringSliceVar(&cfg.Hosts, "host", nil, "further host names to answer for")
	f.IntVar(&cfg.Workers, "workers", 8, "effects done at once")
	f.DurationVar(&cfg.Drain, "drain", 0, "how long a stop waits for runs in flight (default 20s)")
	f.DurationVar(&cfg.ApprovalWait, "approval-wait", 0, "how long a call of an MCP client waits for an approval (default 30s; negative does not wait)")
	f.BoolVar(&cfg.CommandGraders, "command-graders", false, "run the programs of command graders, in a sandbox")
	f.StringVar(&logFormat, "log-format", "text", "text or json")
	f.StringVar(&prices, "prices", "", "JSON file of model prices that come before the built-in ones")
	return cmd
}

// provider reads one model endpoint from the environment.
func provider(e *env, infix string) model.Provider {
	get := func(what string) string { return e.getenv("AUREUS_MODEL_" + infix + what) }
	return model.Provider{URL: get("URL"), Key: get("KEY"), Name: get("NAME")}
}

func serve(ctx context.Context, e *env, cfg stackConfig) error {
	s, err := startStack(ctx, cfg)
	if err != nil {
		return err
	}
	if s.AdminToken != "" {
		fmt.Fprintf(e.stdout, "admin token (shown once): %s\n", s.AdminToken)
	}
	fmt.Fprintf(e.stdout, "aureus serves at %s\n", s.URL)
	err = s.wait(ctx)
	s.stop()
	return err
}

func newLogger(e *env, format string) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(e.stderr, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(e.stderr, nil)), nil
	}
	return nil, fault.New(fault.Invalid, "--log-format %q is not text or json", format)
}

// modelConfig reads the model endpoints from the environment and the user's
// prices from a file.
func modelConfig(e *env, pricesFile string) (model.Config, error) {
	cfg := model.Config{Providers: map[string]model.Provider{}}
	if url := e.getenv("AUREUS_MODEL_URL"); url != "" {
		cfg.Providers[model.DefaultProvider] = provider(e, "")
	}
	for name := range strings.SplitSeq(e.getenv("AUREUS_MODEL_PROVIDERS"), ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		infix := strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_"
		if cfg.Providers[name] = provider(e, infix); cfg.Providers[name].URL == "" {
			return cfg, fault.New(fault.Invalid, "AUREUS_MODEL_PROVIDERS names %q, and AUREUS_MODEL_%sURL is not set", name, infix)
		}
	}
	if pricesFile == "" {
		return cfg, nil
	}
	f, err := os.Open(pricesFile)
	if err != nil {
		return cfg, fault.Wrap(err, fault.Invalid, "the price file cannot be read")
	}
	defer f.Close()
	cfg.Prices, err = model.ReadPrices(f)
	return cfg, err
}
