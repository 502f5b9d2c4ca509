package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Adapters reaches MCP servers. It is safe for concurrent use. Close ends every
// child that it started.
type Adapters struct {
	cfg    Config
	asking chan struct{} // held while a server is asked what it offers

	mu     sync.Mutex
	closed bool
	procs  map[*process]bool
	sets   map[string]*toolset // by version digest
}

// maxAsking is how many servers are asked at once what they offer. Each starts
// anew for it, and when too many start together none answers in time.
const maxAsking = 4

// New makes an Adapters. It starts nothing.
func New(cfg Config) *Adapters {
	return &Adapters{cfg: cfg.withDefaults(), asking: make(chan struct{}, maxAsking), procs: map[*process]bool{}, sets: map[string]*toolset{}}
}

// Discover reaches each server of a blueprint, asks for its tools and pins those
// that the blueprint uses. A tool that its server does not offer is
// fault.Invalid, with the nearest that it does. The adapters are sorted by
// server; the servers are left again.
func (a *Adapters) Discover(ctx context.Context, b *blueprint.Agent) ([]resource.Adapter, error) {
	out := []resource.Adapter{}
	for i, t := range b.Spec.Tools {
		if !slices.ContainsFunc(b.Spec.Servers, func(s blueprint.Server) bool { return s.Name == t.Server }) {
			return nil, fault.New(fault.Invalid, "tool %q names the server %q, which is not among spec.servers", t.Name, t.Server).
				With(fault.Detail{Path: fmt.Sprintf("spec.tools[%d].server", i), Message: "no such server"})
		}
	}
	for _, s := range byName(b.Spec.Servers) {
		ad, err := a.discover(ctx, s, b.Spec.Tools)
		if err != nil {
			return nil, err
		}
		out = append(out, ad)
	}
	return out, nil
}

// Catalog lists everything that servers offer, as the pins that a version would
// hold. The adapters are sorted by server; the servers are left again.
func (a *Adapters) Catalog(ctx context.Context, servers []blueprint.Server) ([]resource.Adapter, error) {
	out := []resource.Adapter{}
	for _, s := range byName(servers) {
		ad, err := a.discover(ctx, s, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, ad)
	}
	return out, nil
}

// discover pins the tools of s that tools use, or all when tools is nil.
func (a *Adapters) discover(ctx context.Context, s blueprint.Server, tools []blueprint.Tool) (resource.Adapter, error) {
	select {
	case a.asking <- struct{}{}:
		defer func() { <-a.asking }()
	case <-ctx.Done():
		return resource.Adapter{}, fault.Wrap(ctx.Err(), fault.Unavailable, "server %q was not asked for its tools: %d others were being asked; try again", s.Name, maxAsking)
	}
	l, err := a.dial(ctx, s, blueprint.Strict(s.Name, tools))
	if err != nil {
		return resource.Adapter{}, err
	}
	defer a.drop(l)
	ctx, cancel := context.WithTimeout(ctx, a.cfg.StartTimeout)
	defer cancel()
	offered, err := l.tools(ctx)
	if err != nil {
		return resource.Adapter{}, err
	}
	if tools == nil {
		return l.adapter(offered, nil)
	}
	used := []string{}
	for i, t := range tools {
		if t.Server != s.Name {
			continue
		}
		name := upstream(t)
		if _, ok := offered[name]; !ok {
			return resource.Adapter{}, notOffered(s.Name, name, i, t, sorted(offered))
		}
		if !slices.Contains(used, name) {
			used = append(used, name)
		}
	}
	slices.Sort(used)
	return l.adapter(offered, used)
}

func notOffered(server, name string, i int, t blueprint.Tool, offered []string) error {
	field := "name"
	if t.Upstream != "" {
		field = "upstream"
	}
	fix := "it offers no tools"
	if len(offered) > 0 {
		fix = "it offers " + strings.Join(offered[:min(len(offered), 20)], ", ")
	}
	if n := nearest(name, offered); n != "" {
		fix = fmt.Sprintf("the nearest it offers is %q", n)
	}
	return fault.New(fault.Invalid, "server %q offers no tool %q; %s", server, name, fix).
		With(fault.Detail{Path: fmt.Sprintf("spec.tools[%d].%s", i, field), Message: "the server does not offer it", Fix: fix})
}

// upstream is the server's name for a tool.
func upstream(t blueprint.Tool) string {
	if t.Upstream != "" {
		return t.Upstream
	}
	return t.Name
}

func byName(s []blueprint.Server) []blueprint.Server {
	return slices.SortedStableFunc(slices.Values(s), func(a, b blueprint.Server) int { return strings.Compare(a.Name, b.Name) })
}

// Open gives the live tools of a version. It reaches the servers that the
// version uses and refuses (fault.Verification) a tool that is not the pinned
// one. The tools of one digest are shared by its runs and stay open until Close;
// a server that died or was idle is reached again by the next call.
func (a *Adapters) Open(ctx context.Context, m *resource.Manifest, digest string) (agentrun.Tools, error) {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return nil, errClosed()
	}
	t, ok := a.sets[digest]
	if !ok {
		t = newToolset(a, m)
		a.sets[digest] = t
	}
	a.mu.Unlock()
	if err := t.reach(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// Close ends every connection and every child. Calls in flight fail.
func (a *Adapters) Close() error {
	a.mu.Lock()
	a.closed = true
	procs := make([]*process, 0, len(a.procs))
	for p := range a.procs {
		procs = append(procs, p)
	}
	sets := a.sets
	a.sets = map[string]*toolset{}
	a.mu.Unlock()
	var wg sync.WaitGroup
	for _, p := range procs {
		wg.Go(func() { p.stop(a.cfg.StopGrace) })
	}
	for _, t := range sets {
		wg.Go(t.close)
	}
	wg.Wait()
	return nil
}

// track remembers a child, so that Close ends it; false when Close was called.
func (a *Adapters) track(p *process) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	a.procs[p] = true
	return true
}

func (a *Adapters) untrack(p *process) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.procs, p)
}

func errClosed() error {
	return fault.New(fault.Unavailable, "Aureus is stopping and reaches no tool any more; try again when it runs")
}
