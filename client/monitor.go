package client

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/aureus-agents/aureus/resource"
)

// FiguresQuery selects figures; an empty name makes one row for each.
type FiguresQuery struct {
	Agent, Environment, Digest string
	From, To                   resource.Millis // 0 is the beginning and now
}

func (f FiguresQuery) params() params {
	return params{}.add("agent", f.Agent).add("environment", f.Environment).add("digest", f.Digest).
		num("from", int64(f.From)).num("to", int64(f.To))
}

// Figures are the monitor's figures.
func (c *Client) Figures(ctx context.Context, f FiguresQuery) (List[resource.Figures], error) {
	return get[List[resource.Figures]](ctx, c, url.Values(f.params()), "figures")
}

// Series are the figures over time, in buckets of whole minutes; 0 is one minute.
func (c *Client) Series(ctx context.Context, f FiguresQuery, bucket time.Duration) (List[resource.FiguresPoint], error) {
	return get[List[resource.FiguresPoint]](ctx, c, url.Values(f.params().num("bucket", bucket.Milliseconds())), "figures", "series")
}

// Ledger is the ledger's head.
func (c *Client) Ledger(ctx context.Context) (resource.LedgerStatus, error) {
	return get[resource.LedgerStatus](ctx, c, nil, "ledger")
}

// Entries lists ledger entries from an index, ascending; from < 0 counts from
// the end. limit 0 is 100. Next of the answer is the following from.
func (c *Client) Entries(ctx context.Context, from int64, limit int) (List[resource.LedgerEntry], error) {
	return get[List[resource.LedgerEntry]](ctx, c, url.Values(params{}.num("from", from).num("limit", int64(limit))), "ledger", "entries")
}

// Proof is the inclusion proof of an entry in the newest checkpoint.
func (c *Client) Proof(ctx context.Context, index int64) (resource.Proof, error) {
	return get[resource.Proof](ctx, c, nil, "ledger", "proof", strconv.FormatInt(index, 10))
}

// History lists the events about one thing, newest first.
func (c *Client) History(ctx context.Context, kind, id string, p Page) (List[resource.LedgerEntry], error) {
	return get[List[resource.LedgerEntry]](ctx, c, p.params(params{}.add("kind", kind).add("id", id)), "history")
}

// Export writes the ledger's export to w. With an error, what was written is not
// whole.
func (c *Client) Export(ctx context.Context, w io.Writer) error {
	res, err := c.send(ctx, call{method: http.MethodGet, path: []string{"ledger", "export"}, accept: streamType})
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(w, res.Body); err != nil {
		return broken(ctx, err)
	}
	return nil
}

// CreateToken makes an access token; its secret is shown this once.
func (c *Client) CreateToken(ctx context.Context, r resource.TokenRequest) (resource.TokenCreated, error) {
	return post[resource.TokenCreated](ctx, c, r, "tokens")
}

// Tokens lists tokens, without secrets.
func (c *Client) Tokens(ctx context.Context) (List[resource.Token], error) {
	return get[List[resource.Token]](ctx, c, nil, "tokens")
}

// RevokeToken revokes a token.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	res, err := c.send(ctx, call{method: http.MethodDelete, path: []string{"tokens", id}})
	if err != nil {
		return err
	}
	return res.Body.Close()
}
