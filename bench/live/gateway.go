package live

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/bench/measure"
	"github.com/aureus-agents/aureus/blueprint"
)

// The load of the gateway's measurement. Paced callers begin each call at a time
// that is set before, so a slow answer does not thin out the load.
const (
	gatewayCallers = 16
	gatewayRounds  = 5
	gatewayCalls   = 60 // of each caller in a round
	gatewayPace    = 80 * time.Millisecond
)

// Gateway measures a tool call through the MCP gateway beside the same call made
// directly: the same client, the same upstream, in turns.
func Gateway(ctx context.Context, root, dir string) (figures []measure.Figure, err error) {
	if dir, err = os.MkdirTemp(dir, "gateway"); err != nil {
		return nil, err
	}
	bin, err := build(ctx, root, dir)
	if err != nil {
		return nil, err
	}
	m, err := startModel()
	if err != nil {
		return nil, err
	}
	defer m.close()
	echo, stop, err := startEcho()
	if err != nil {
		return nil, err
	}
	defer stop()
	s, err := serve(ctx, bin, dir, m.url)
	if err != nil {
		return nil, err
	}
	defer func() {
		if serr := s.stop(); err == nil {
			err = serr
		}
	}()
	direct, through, end, err := callers(ctx, s, echo)
	if err != nil {
		return nil, err
	}
	defer end()
	got, err := measure.Interleave(gatewayRounds,
		callMedian("paced, directly", func() ([]time.Duration, error) { return paced(ctx, direct) }),
		callMedian("the disk", func() ([]time.Duration, error) { return syncs(dir) }),
		callMedian("paced, through the gateway", func() ([]time.Duration, error) { return paced(ctx, through) }),
		callMedian("at full load, directly", func() ([]time.Duration, error) { return saturated(ctx, direct) }),
		callMedian("at full load, through the gateway", func() ([]time.Duration, error) { return saturated(ctx, through) }),
	)
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("%d callers, %.0f calls/s together; decision durable before the call", gatewayCallers, gatewayCallers/gatewayPace.Seconds())
	full := fmt.Sprintf("%d callers, each calls again at once; client, gateway and upstream share the cores", gatewayCallers)
	return []measure.Figure{
		measure.Figure{Section: "gateway", Name: "call, paced", Value: got[2], Unit: "ms", Note: note}.Beside("ms: the upstream directly", got[0]),
		measure.Figure{Section: "gateway", Name: "added to a call, paced", Value: got[2] - got[0], Unit: "ms"}.Against("<= 0.5 ms", got[2]-got[0] <= 0.5).
			Beside("ms: one write of 24 KiB with fsync", got[1]),
		measure.Figure{Section: "gateway", Name: "call, at full load", Value: got[4], Unit: "ms", Note: full}.Beside("ms: the upstream directly", got[3]),
		measure.Figure{Section: "gateway", Name: "added to a call, at full load", Value: got[4] - got[3], Unit: "ms"}.Against("<= 0.5 ms", got[4]-got[3] <= 0.5),
		measure.Figure{Section: "gateway", Name: "calls/s at full load", Value: gatewayCallers / got[4] * 1000, Unit: "1/s"}.Beside("1/s: the upstream directly", gatewayCallers/got[3]*1000),
	}, nil
}

// callMedian is the median of the calls of a round in ms.
func callMedian(name string, do func() ([]time.Duration, error)) measure.Contender {
	return measure.Contender{Name: name, Do: func() (float64, error) {
		took, err := do()
		return measure.Median(measure.In(took, time.Millisecond)), err
	}}
}

type echoed struct {
	Text string `json:"text"`
}

// startEcho serves an MCP server with one trivial tool over HTTP.
func startEcho() (url string, stop func(), err error) {
	server := mcp.NewServer(&mcp.Implementation{Name: "echo", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "echo", Description: "Says it again"}, func(_ context.Context, _ *mcp.CallToolRequest, in echoed) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: in.Text}}}, nil, nil
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv := &http.Server{Handler: mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }() // ends with Close
	return "http://" + l.Addr().String(), func() { _ = srv.Close() }, nil
}

// echoer is an agent with the echo tool.
func echoer(url string) *blueprint.Agent {
	a := talker(1)
	no := false
	a.Metadata.Name = "echoer"
	a.Spec.Servers = []blueprint.Server{{Name: "echo", HTTP: &blueprint.HTTPServer{URL: url}}}
	a.Spec.Tools = []blueprint.Tool{{Name: "echo", Server: "echo", RiskTier: blueprint.TierLow, Intent: blueprint.IntentRead,
		Zone: blueprint.ZonePublic, Labels: blueprint.Labels{ReadsOutside: &no, ReadsPrivate: &no, ActsOutside: &no, ActsInside: &no}}}
	a.Spec.Permissions = []blueprint.Permission{{Tools: []string{"*"}, Intents: []blueprint.Intent{blueprint.IntentRead}, Zone: blueprint.ZonePublic}}
	a.Spec.Budgets.ToolCalls = 10_000_000
	return a
}

// callers are the sessions of the callers: to the upstream, and to the gateway.
func callers(ctx context.Context, s *server, echo string) (direct, through []*mcp.ClientSession, end func(), err error) {
	end = func() {
		for _, c := range append(direct, through...) {
			_ = c.Close() // measured already
		}
	}
	p, err := tokens(ctx, s)
	if err != nil {
		return nil, nil, end, err
	}
	if err := p.deploy(ctx, echoer(echo)); err != nil {
		return nil, nil, end, err
	}
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.MaxIdleConnsPerHost = 4 * gatewayCallers
	for range gatewayCallers {
		for _, to := range []struct {
			url  string
			list *[]*mcp.ClientSession
		}{{echo, &direct}, {s.url + "/mcp/echoer@production", &through}} {
			c, err := mcp.NewClient(&mcp.Implementation{Name: "bench", Version: "1"}, nil).Connect(ctx, &mcp.StreamableClientTransport{
				Endpoint: to.url, HTTPClient: &http.Client{Transport: bearer{wire, p.secret}}}, nil)
			if err != nil {
				return nil, nil, end, err
			}
			*to.list = append(*to.list, c)
		}
	}
	return direct, through, end, nil
}

// bearer adds the caller's token; to the upstream too, so that both are asked alike.
type bearer struct {
	http.RoundTripper
	secret string
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.secret)
	return b.RoundTripper.RoundTrip(r)
}

// saturated has every caller call again as soon as it is answered.
func saturated(ctx context.Context, cs []*mcp.ClientSession) ([]time.Duration, error) {
	return together(cs, func(c *mcp.ClientSession, _ int) ([]time.Duration, error) {
		return measure.Each(gatewayCalls, func(int) error { return call(ctx, c) })
	})
}

// paced has every caller call at its times, which are spread over the pace.
func paced(ctx context.Context, cs []*mcp.ClientSession) ([]time.Duration, error) {
	begin := time.Now().Add(gatewayPace)
	return together(cs, func(c *mcp.ClientSession, i int) ([]time.Duration, error) {
		var took []time.Duration
		for n := range gatewayCalls {
			at := begin.Add(time.Duration(n)*gatewayPace + gatewayPace*time.Duration(i)/time.Duration(len(cs)))
			time.Sleep(time.Until(at))
			if late := time.Since(at); late < gatewayPace {
				at = time.Now() // the clock woke late, the caller was not busy
			}
			if err := call(ctx, c); err != nil {
				return nil, err
			}
			took = append(took, time.Since(at))
		}
		return took, nil
	})
}

// syncs writes what one commit writes, and waits for the disk: what no durable
// decision can be faster than.
func syncs(dir string) ([]time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "synced"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	page := make([]byte, 24<<10)
	var took []time.Duration
	for i := range gatewayCalls {
		time.Sleep(gatewayPace / gatewayCallers)
		start := time.Now()
		if _, err := f.WriteAt(page, int64(i*len(page))); err != nil {
			return nil, err
		}
		if err := f.Sync(); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

func together(cs []*mcp.ClientSession, do func(*mcp.ClientSession, int) ([]time.Duration, error)) (all []time.Duration, err error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, c := range cs {
		wg.Go(func() {
			took, cerr := do(c, i)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			if err == nil {
				err = cerr
			}
		})
	}
	wg.Wait()
	return all, err
}

func call(ctx context.Context, c *mcp.ClientSession) error {
	res, err := c.CallTool(ctx, &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"text": "hello"}})
	if err == nil && res.IsError {
		err = fmt.Errorf("the call failed: %v", res.Content)
	}
	return err
}
