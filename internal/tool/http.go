package tool

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// httpTransport is the streamable HTTP transport to the server s.
func (c Config) httpTransport(s blueprint.Server) (mcp.Transport, error) {
	u, err := url.Parse(s.HTTP.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fault.New(fault.Invalid, "the URL of server %q is not an http or https URL; correct http.url", s.Name)
	}
	h := http.Header{}
	for _, k := range sorted(s.HTTP.HeadersFrom) {
		v, err := c.fromEnv(s.Name, "http.headersFrom", s.HTTP.HeadersFrom[k])
		if err != nil {
			return nil, err
		}
		if strings.ContainsAny(v, "\r\n") {
			return nil, fault.New(fault.Invalid, "the variable %s holds a line break and cannot be a header of server %q; set it to one line", s.HTTP.HeadersFrom[k], s.Name)
		}
		h.Set(k, v)
	}
	base := c.HTTPClient.Transport
	if base == nil {
		base = wire
	}
	client := &http.Client{
		Transport: &headerTripper{base: base, header: h, limit: c.maxFrame()},
		Jar:       c.HTTPClient.Jar,
		// Headers hold secrets: they go to the server that the blueprint names and to
		// no other.
		CheckRedirect: func(req *http.Request, _ []*http.Request) error {
			if req.URL.Host != u.Host || req.URL.Scheme != u.Scheme {
				return fault.New(fault.Upstream, "server %q redirects to another host; correct http.url", s.Name)
			}
			return nil
		},
	}
	return &mcp.StreamableClientTransport{Endpoint: s.HTTP.URL, HTTPClient: client, MaxRetries: 2, MaxEventSize: int(c.maxFrame())}, nil
}

// wire keeps a connection open for each call that is usually under way at once:
// the default of two would make most calls of many sessions dial anew.
var wire = func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	return t
}()

// maxFrame bounds one MCP message: a result at its limit, escaped as JSON, twice
// (as text and as structured content).
func (c Config) maxFrame() int64 { return 2*int64(c.MaxResult) + 1<<20 }

// headerTripper adds the blueprint's headers and bounds answers that are not
// streams; the SDK bounds the events of those that are.
type headerTripper struct {
	base   http.RoundTripper
	header http.Header
	limit  int64
}

// RoundTrip implements http.RoundTripper.
func (t *headerTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	for k, v := range t.header {
		req.Header[k] = v
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		resp.Body = &boundedBody{ReadCloser: resp.Body, left: t.limit}
	}
	return resp, nil
}

// boundedBody fails a body that is over its limit.
type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fault.New(fault.TooLarge, "the answer is over the limit")
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	return n, err
}
