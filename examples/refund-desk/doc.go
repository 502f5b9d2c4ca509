// Package refunddesk is the example that `aureus demo` takes through its whole
// life: a support agent that looks up orders, issues refunds and mails customers.
//
// It holds what a user of Aureus would have around the product: a shop with a
// database behind an MCP server ([ServeShop]), and, for a machine without a
// model, a scripted model server that speaks the OpenAI protocol ([Model]). The
// product knows nothing of either; it reaches them over the same pipes and
// sockets as any other.
package refunddesk
