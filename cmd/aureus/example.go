package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/internal/fault"
)

func newExample(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "example",
		Short: "Parts of the refund desk example: its shop and a scripted model",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newExampleShop(e), newExampleModel(e))
	return cmd
}

func newExampleShop(e *env) *cobra.Command {
	var db string
	var fill bool
	cmd := &cobra.Command{
		Use:   "shop",
		Short: "The refund desk's shop: an MCP server on stdin and stdout",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !fill {
				return refunddesk.ServeShop(cmd.Context(), db)
			}
			shop, err := refunddesk.OpenShop(cmd.Context(), db)
			if err != nil {
				return err
			}
			fmt.Fprintf(e.stdout, "the shop in %s has %d orders, %s to %s\n", db, refunddesk.Orders, refunddesk.OrderID(0), refunddesk.OrderID(refunddesk.Orders-1))
			return shop.Close()
		},
	}
	cmd.Flags().StringVar(&db, "db", "shop/shop.db", "the shop's database; made, with its folder, when it is not there")
	cmd.Flags().BoolVar(&fill, "init", false, "make the database and end")
	return cmd
}

func newExampleModel(e *env) *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:   "model",
		Short: "A scripted model for the refund desk that speaks the OpenAI protocol",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return serveModel(cmd.Context(), e, addr) },
	}
	cmd.Flags().StringVar(&addr, "listen", "127.0.0.1:7421", "address to listen on")
	return cmd
}

func serveModel(ctx context.Context, e *env, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "cannot listen on %s", addr)
	}
	srv := &http.Server{Handler: refunddesk.Model(), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = srv.Close() }) // the context says that it is over
	fmt.Fprintf(e.stdout, "AUREUS_MODEL_URL=http://%s/v1\n", l.Addr())
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
