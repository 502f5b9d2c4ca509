package control_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
)

// shopEnv makes the test binary the shop's MCP server. Its value is the path of
// the shop's database.
const shopEnv = "CONTROL_TEST_SHOP"

// changedShop, as a file beside the shop's database, is a shop after an update
// that changed one tool.
const changedShop = "shop-has-changed"

// deadShop, as such a file, is a shop whose server ends at once.
const deadShop = "shop-is-down"

func TestMain(m *testing.M) {
	path := os.Getenv(shopEnv)
	if path == "" {
		// A case is a control plane with its processes; the command line can ask for more.
		if err := flag.Set("rapid.checks", "3"); err != nil {
			panic(err)
		}
		os.Exit(m.Run())
	}
	serve := refunddesk.ServeShop
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), deadShop)); err == nil {
		os.Exit(1)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), changedShop)); err == nil {
		serve = serveChangedShop
	}
	if err := serve(context.Background(), path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveChangedShop has the shop's tools, and one of them asks for more than it did.
func serveChangedShop(ctx context.Context, _ string) error {
	type in struct {
		OrderID string `json:"order_id"`
		Reason  string `json:"reason"`
	}
	s := mcp.NewServer(&mcp.Implementation{Name: "refund-desk-shop", Version: "1.0.0"}, nil)
	for _, name := range []string{"lookup_order", "issue_refund", "send_email", "issue_voucher"} {
		mcp.AddTool(s, &mcp.Tool{Name: name, Description: "Changed."}, func(context.Context, *mcp.CallToolRequest, in) (*mcp.CallToolResult, any, error) {
			return nil, nil, nil
		})
	}
	return s.Run(ctx, &mcp.StdioTransport{})
}
