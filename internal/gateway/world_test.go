package gateway_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/gateway"
	"github.com/aureus-agents/aureus/internal/model"
	"github.com/aureus-agents/aureus/internal/sequencer"
	"github.com/aureus-agents/aureus/internal/store/sqlite"
	"github.com/aureus-agents/aureus/internal/tool"
	"github.com/aureus-agents/aureus/internal/worker"
	"github.com/aureus-agents/aureus/resource"
)

// patience bounds every wait of these tests.
const patience = 60 * time.Second

// world is a control plane with real parts behind a gateway on loopback.
type world struct {
	testing.TB
	*control.Control
	dir    string
	cfg    gateway.Config
	key    *attest.Key
	models string

	db     *sqlite.DB
	full   *atomic.Bool // the disk is
	tools  *tool.Adapters
	gate   *gateway.Gateway
	http   *httptest.Server
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// The people of these tests.
var (
	author   = person("ada", resource.RoleDeveloper)
	approver = person("eve", resource.RoleApprover)
	admin    = person("root", resource.RoleAdmin)
)

func person(name string, role resource.Role) control.Principal {
	return control.Principal{Actor: resource.Actor{Name: name, Kind: "human"}, Roles: []resource.Role{role}}
}

var signingKey = sync.OnceValues(attest.NewKey)

// newWorld starts a control plane in a folder of its own.
func newWorld(t testing.TB, cfg gateway.Config) *world {
	t.Helper()
	m := httptest.NewServer(http.HandlerFunc(instantModel))
	t.Cleanup(m.Close)
	w := &world{TB: t, dir: t.TempDir(), full: &atomic.Bool{}, cfg: cfg, models: m.URL + "/v1"}
	var err error
	w.key, err = signingKey()
	w.must(err)
	w.start()
	t.Cleanup(w.stop)
	return w
}

// instantModel answers every completion with the same sentence.
func instantModel(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodGet {
		fmt.Fprint(w, `{"object":"list","data":[{"id":"instant-1","object":"model","owned_by":"test"}]}`)
		return
	}
	fmt.Fprint(w, `{"id":"1","object":"chat.completion","model":"instant-1","choices":[{"index":0,"message":{"role":"assistant","content":"Done."},"finish_reason":"stop"}],
		"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`)
}

// must ends the test on an unexpected error.
func (w *world) must(err error) {
	w.Helper()
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		w.Fatalf("%v %+v", err, f.Details)
	} else if err != nil {
		w.Fatal(err)
	}
}

// start opens the folder as `aureus serve` does.
func (w *world) start() {
	w.Helper()
	var err error
	w.db, err = sqlite.Open(filepath.Join(w.dir, "aureus.db"))
	w.must(err)
	w.tools = tool.New(tool.Config{Dir: w.dir, StopGrace: 200 * time.Millisecond})
	models, err := model.New(model.Config{Providers: map[string]model.Provider{model.DefaultProvider: {URL: w.models}}, BaseDelay: time.Millisecond})
	w.must(err)
	w.Control, err = control.New(control.Config{Store: &store{w.db, w.full}, Key: w.key, Adapters: w.tools, Models: models, Now: time.Now, NewID: newID})
	w.must(err)
	_, err = w.Recover(w.Context())
	w.must(err)
	seq := sequencer.New(w.db, w.key, nil)
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.wg.Go(func() { seq.Run(ctx) })
	w.wg.Go(func() {
		if err := worker.Run(ctx, w.db, w.HandleJob(), worker.Options{Workers: 4, Grace: time.Second}); err != nil && !errors.Is(err, context.Canceled) {
			w.Errorf("worker: %v", err)
		}
	})
	cfg := w.cfg
	cfg.Control = w.Control
	w.gate = gateway.New(cfg)
	mux := http.NewServeMux()
	mux.Handle(gateway.Pattern, w.gate)
	w.http = httptest.NewServer(mux)
}

// store is a database whose disk can be full.
type store struct {
	*sqlite.DB
	full *atomic.Bool
}

// Update implements control.Store.
func (s *store) Update(ctx context.Context, fn func(control.Tx) error) error {
	if s.full.Load() {
		return fault.New(fault.StorageFull, "the disk is full; make room")
	}
	return s.DB.Update(ctx, fn)
}

// stop ends everything that start began.
func (w *world) stop() {
	if w.cancel == nil {
		return
	}
	w.gate.Close()
	w.http.CloseClientConnections()
	w.http.Close()
	ctx, done := context.WithTimeout(context.Background(), patience)
	defer done()
	w.Control.Wait(ctx)
	w.cancel()
	w.wg.Wait()
	w.cancel = nil
	w.tools.Close()
	if err := w.db.Close(); err != nil {
		w.Errorf("Close() = %v", err)
	}
}

// crash ends everything as a kill does: nobody is told, and nothing is stored.
func (w *world) crash() {
	w.Helper()
	w.full.Store(true)
	w.cancel()
	w.wg.Wait()
	w.cancel = nil
	go w.http.Close() // waits for calls, which end with their tools
	w.tools.Close()
	w.must(w.db.Close())
	w.full = &atomic.Bool{}
}

// eventually waits until ok.
func (w *world) eventually(what string, ok func() bool) {
	w.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			w.Fatalf("waited %s for %s", patience, what)
		}
		<-tick.C
	}
}

// deploy takes a blueprint to all of staging's traffic.
func (w *world) deploy(a *blueprint.Agent) resource.Version {
	w.Helper()
	r, err := w.Push(w.Context(), author, control.PushRequest{Blueprint: a})
	w.must(err)
	rel, err := w.StartRelease(w.Context(), author, control.ReleaseRequest{Version: r.Version.Name, Environment: "staging", Reason: "test"})
	w.must(err)
	w.eventually("the release's end", func() bool {
		rel, err = w.Release(w.Context(), author, rel.ID)
		w.must(err)
		if rel.State == resource.ReleaseAwaiting {
			w.approve(rel.Approval, true)
		}
		return rel.State.Final()
	})
	if rel.State != resource.ReleasePromoted {
		w.Fatalf("the release ended %s: %s", rel.State, rel.Reason)
	}
	return r.Version
}

// approve answers a request.
func (w *world) approve(id string, yes bool) {
	w.Helper()
	view, err := w.ViewApproval(w.Context(), approver, id)
	w.must(err)
	if view.Approval.State != resource.ApprovalPending {
		return
	}
	_, err = w.Decide(w.Context(), approver, id, control.DecideRequest{Token: view.Token, Approve: yes, Reason: "read"})
	w.must(err)
}

// token makes a token of a program.
func (w *world) token(name string) string {
	w.Helper()
	_, secret, err := w.CreateToken(w.Context(), admin, control.NewToken{Name: name, Kind: "agent", Roles: []resource.Role{resource.RoleViewer}})
	w.must(err)
	return secret
}

// bearer is an HTTP client with a token.
func bearer(secret string) *http.Client {
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.MaxIdleConnsPerHost = 16
	return &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+secret)
		return wire.RoundTrip(r)
	})}
}

type tripper func(*http.Request) (*http.Response, error)

func (t tripper) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// connect is an MCP client of the desk in staging.
func (w *world) connect(opts *mcp.ClientOptions) *mcp.ClientSession {
	w.Helper()
	return w.connectAs(w.token(fmt.Sprintf("client-%d", idSequence.Add(1))), opts)
}

func (w *world) connectAs(secret string, opts *mcp.ClientOptions) *mcp.ClientSession {
	w.Helper()
	s, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, opts).Connect(w.Context(),
		&mcp.StreamableClientTransport{Endpoint: w.http.URL + "/mcp/desk@staging", HTTPClient: bearer(secret), MaxRetries: -1}, nil)
	w.must(err)
	w.Cleanup(func() { _ = s.Close() })
	return s
}

// lastRun is the newest run of the desk, with its steps.
func (w *world) lastRun() resource.Run {
	w.Helper()
	runs, err := w.Runs(w.Context(), author, control.RunFilter{Mode: resource.RunLive}, control.Page{Limit: 1})
	w.must(err)
	if len(runs) != 1 {
		w.Fatal("there is no run")
	}
	run, err := w.Control.Run(w.Context(), author, runs[0].ID)
	w.must(err)
	return run
}

var idSequence atomic.Uint32

// newID makes a unique id that sorts by time.
func newID(prefix string) string {
	return fmt.Sprintf("%s_%012x%06x%s", prefix, time.Now().UnixMilli(), idSequence.Add(1)&0xffffff, rand.Text()[:6])
}
