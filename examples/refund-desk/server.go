package refunddesk

import (
	"context"
	"crypto/rand"
	"math"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// callIDKey is the key of a call's id in a request's _meta: the same id is the
// same call.
const callIDKey = "aureus/callId"

type orderIn struct {
	OrderID string `json:"order_id" jsonschema:"the order's id, like A-10042"`
}

type refundIn struct {
	OrderID string  `json:"order_id" jsonschema:"the order's id"`
	Amount  float64 `json:"amount" jsonschema:"how much to pay back, in euros"`
}

type mailIn struct {
	OrderID string `json:"order_id" jsonschema:"the order whose customer gets the mail"`
	Subject string `json:"subject" jsonschema:"the mail's subject"`
	Body    string `json:"body" jsonschema:"the mail's text"`
}

type voucherIn struct {
	OrderID string `json:"order_id" jsonschema:"the order whose customer gets the voucher"`
	Percent int    `json:"percent" jsonschema:"discount on the next order, 1 to 20"`
}

type done struct {
	Status string `json:"status"`
}

// ServeShop serves the shop as an MCP server on stdin and stdout until its
// client goes away.
func ServeShop(ctx context.Context, path string) error {
	shop, err := OpenShop(ctx, path)
	if err != nil {
		return err
	}
	defer shop.Close()
	return newServer(shop).Run(ctx, &mcp.StdioTransport{})
}

func newServer(shop *Shop) *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "refund-desk-shop", Version: "1.0.0"}, nil)
	yes, no := true, false
	mcp.AddTool(s, &mcp.Tool{Name: "lookup_order", Description: "Look up an order: customer, item, total paid (shipping included), status.",
		Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true, OpenWorldHint: &no}},
		func(ctx context.Context, _ *mcp.CallToolRequest, in orderIn) (*mcp.CallToolResult, Order, error) {
			o, err := shop.Order(ctx, in.OrderID)
			return nil, o, err
		})
	mcp.AddTool(s, &mcp.Tool{Name: "issue_refund", Description: "Pay money back to the customer of an order.",
		Annotations: &mcp.ToolAnnotations{DestructiveHint: &no, OpenWorldHint: &no}},
		func(ctx context.Context, r *mcp.CallToolRequest, in refundIn) (*mcp.CallToolResult, done, error) {
			return nil, done{"refunded"}, shop.Refund(ctx, callID(r), in.OrderID, int(math.Round(in.Amount*100)))
		})
	mcp.AddTool(s, &mcp.Tool{Name: "send_email", Description: "Send a mail to the customer of an order.",
		Annotations: &mcp.ToolAnnotations{DestructiveHint: &no, OpenWorldHint: &yes}},
		func(ctx context.Context, r *mcp.CallToolRequest, in mailIn) (*mcp.CallToolResult, done, error) {
			return nil, done{"sent"}, shop.Mail(ctx, callID(r), in.OrderID, in.Subject, in.Body)
		})
	mcp.AddTool(s, &mcp.Tool{Name: "issue_voucher", Description: "Give the customer of an order a discount on the next one.",
		Annotations: &mcp.ToolAnnotations{DestructiveHint: &no, OpenWorldHint: &yes}},
		func(ctx context.Context, r *mcp.CallToolRequest, in voucherIn) (*mcp.CallToolResult, done, error) {
			return nil, done{"issued"}, shop.Voucher(ctx, callID(r), in.OrderID, in.Percent)
		})
	return s
}

// callID is the caller's id of a call. A caller that gives none cannot repeat
// one, so each of its calls is new.
func callID(r *mcp.CallToolRequest) string {
	if id, ok := r.Params.Meta[callIDKey].(string); ok && id != "" {
		return id
	}
	return rand.Text()
}
