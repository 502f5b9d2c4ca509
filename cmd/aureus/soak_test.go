package main

import (
	"context"
	"errors"
	goflag "flag"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/client"
	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/internal/generate"
	"github.com/aureus-agents/aureus/resource"
)

var (
	soakReleases = goflag.Int("soak.releases", 6, "releases of TestSoak")
	soakAgents   = goflag.Int("soak.agents", 2, "agents of TestSoak, released at the same time")
	soakKill     = goflag.Duration("soak.kill", 4*time.Second, "mean time between two ends of the server in TestSoak")
	soakSeed     = goflag.Uint64("soak.seed", 20261123, "seed of TestSoak")
)

// TestSoak releases good and bad versions of many agents at the same time, under
// live traffic, while the server is ended with SIGKILL every few seconds, at first
// in a canary, and the model goes away now and then. Every release ends, no effect
// is done twice, no bad version is promoted, good ones are rolled back no more
// often than alpha allows, and the ledger verifies.
func TestSoak(t *testing.T) {
	t.Parallel()
	s := newSoak(t)
	began := time.Now()
	var wg sync.WaitGroup
	for i := range *soakAgents {
		wg.Go(func() { s.agents[i].live(t.Context()) })
	}
	over, stopped := make(chan struct{}), make(chan struct{})
	go func() { defer close(stopped); s.misfortune(over) }()
	wg.Wait()
	close(over)
	<-stopped
	s.took = time.Since(began)
	s.judge()
	s.w.stop()
}

// soak is a world of several agents, each with a shop, customers and releases of
// its own.
type soak struct {
	w      *world
	model  *child
	listen string // of the model
	agents []*soakAgent
	canary chan struct{} // closed when the first canary has begun
	once   sync.Once
	kills  int
	gone   int // times that the model went away
	took   time.Duration
}

// soakAgent is one agent and what became of its releases.
type soakAgent struct {
	s        *soak
	name     string
	bad      []bool // of its releases
	next     int    // order that the next customer asks about
	mu       sync.Mutex
	busy     bool
	answered map[string]resource.Outcome
	refused  []error
	ended    []soakRelease
}

type soakRelease struct {
	version string
	bad     bool
	rel     resource.Release
}

func newSoak(t *testing.T) *soak {
	binary := shipped(t)
	s := &soak{canary: make(chan struct{})}
	s.startModel(t, binary, "127.0.0.1:0")
	s.w = newWorldWith(t, binary, "http://"+s.listen+"/v1")
	for i, bad := range soakPlan() {
		a := &soakAgent{s: s, name: fmt.Sprintf("desk-%d", i), bad: bad, answered: map[string]resource.Outcome{}}
		shop, err := refunddesk.OpenShop(t.Context(), a.shop())
		if err == nil {
			err = shop.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		s.agents = append(s.agents, a)
	}
	return s
}

// soakPlan says of each agent's releases whether they are bad. The first, beside
// which nothing serves, is good; of the rest two in five are bad, and the last one
// of the first agent is, so that there is one.
func soakPlan() [][]bool {
	plan := make([][]bool, *soakAgents)
	for i := range *soakReleases {
		plan[i%*soakAgents] = append(plan[i%*soakAgents], false)
	}
	for i, bad := range plan {
		rng := rand.New(rand.NewPCG(*soakSeed, uint64(i)))
		for n := range bad {
			bad[n] = n > 0 && (rng.IntN(5) < 2 || i == 0 && n == len(bad)-1)
		}
	}
	return plan
}

func (s *soak) startModel(t *testing.T, binary, listen string) {
	model, m, err := startChild(t.TempDir(), childEnv(), modelAt, binary, "example", "model", "--listen", listen)
	if err != nil {
		t.Error(err)
		return
	}
	t.Cleanup(model.kill)
	s.model = model
	s.listen = strings.TrimSuffix(strings.TrimPrefix(m[1], "http://"), "/v1")
}

// misfortune ends the server when the first canary has begun, and from then on it
// or the model every few seconds, until over.
func (s *soak) misfortune(over <-chan struct{}) {
	select {
	case <-over:
		return
	case <-s.canary:
		s.killServer()
	}
	rng := rand.New(rand.NewPCG(*soakSeed, 1<<40))
	for {
		wait := time.Duration((0.5 + rng.Float64()) * float64(*soakKill))
		select {
		case <-over:
			return
		case <-time.After(wait): // the moment is what is random
		}
		if rng.IntN(5) == 0 {
			s.model.kill()
			time.Sleep(time.Duration(300+rng.IntN(700)) * time.Millisecond) // the outage
			s.startModel(s.w.t, s.w.binary, s.listen)
			s.gone++
			continue
		}
		s.killServer()
	}
}

func (s *soak) killServer() {
	s.w.kill()
	s.w.start()
	s.kills++
}

func (a *soakAgent) folder() string { return "shop-" + a.name }
func (a *soakAgent) shop() string   { return filepath.Join(a.s.w.dir, a.folder(), "shop.db") }

// blueprint is a version of the agent: one sentence makes it new, another one bad.
// Seven in twenty orders were shipped for money, so a bad one fails about 30 % of
// its runs; a good one fails the one in a hundred that cannot be refunded.
func (a *soakAgent) blueprint(n int, bad bool) (*blueprint.Agent, error) {
	bp, _, err := generate.FromTemplate("support-desk", map[string]string{"name": a.name, "owner": "customer-care",
		"model": refunddesk.ModelName, "server": "aureus example shop --db " + a.folder() + "/shop.db", "writes": a.folder(), "refundTier": "medium"}, time.Now)
	if err != nil {
		return nil, err
	}
	sentence := fmt.Sprintf("This is change %d.", n)
	if bad {
		sentence += " Refund the shipping on top."
	}
	bp.Spec.Instructions = strings.TrimRight(bp.Spec.Instructions, "\n") + "\n" + sentence + "\n"
	bp.Spec.Release.Canary = blueprint.Canary{Beta: 0.02, Steps: []blueprint.CanaryStep{{Weight: 25, Runs: 10}, {Weight: 50, Runs: 20}}}
	return bp, nil
}

// live releases version after version while customers come.
func (a *soakAgent) live(ctx context.Context) {
	ctx, done := context.WithCancel(ctx)
	var customers sync.WaitGroup
	customers.Go(func() { a.customers(ctx) })
	defer customers.Wait()
	defer done()
	for n, bad := range a.bad {
		if err := a.ship(ctx, n, bad); err != nil {
			a.s.w.t.Errorf("%s, change %d: %v", a.name, n, err)
			return
		}
	}
}

// ship takes one version through staging and production.
func (a *soakAgent) ship(ctx context.Context, n int, bad bool) error {
	bp, err := a.blueprint(n, bad)
	if err != nil {
		return err
	}
	var v resource.Version
	err = a.s.call(ctx, "author", func(c *client.Client) error {
		res, err := c.Push(ctx, resource.PushRequest{Blueprint: bp})
		v = res.Version
		return err
	})
	for _, environment := range []string{"staging", "production"} {
		var rel resource.Release
		if err == nil {
			rel, err = a.release(ctx, v, environment)
		}
		if err != nil {
			return err
		}
		if environment == "production" {
			a.ended = append(a.ended, soakRelease{version: v.Name, bad: bad, rel: rel})
		} else if rel.State != resource.ReleasePromoted {
			return fmt.Errorf("%s ended %s in staging: %s", v.Name, rel.State, rel.Reason)
		}
	}
	return nil
}

// release starts a release and follows it to its end. The answer to the start may
// be lost with the server: then the release is found by its digest.
func (a *soakAgent) release(ctx context.Context, v resource.Version, environment string) (rel resource.Release, err error) {
	err = a.s.call(ctx, "author", func(c *client.Client) error {
		rel, err = c.StartRelease(ctx, resource.ReleaseRequest{Version: v.Name, Environment: environment, Reason: "soak"})
		if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != client.Conflict {
			return err
		}
		l, lerr := c.Releases(ctx, client.ReleaseFilter{Agent: a.name, Environment: environment}, client.Page{Limit: 1})
		if lerr != nil || len(l.Items) == 0 || l.Items[0].Digest != v.Digest {
			return errors.Join(err, lerr)
		}
		rel = l.Items[0]
		return nil
	})
	defer a.hurry(false)
	for err == nil && !rel.State.Final() {
		a.hurry(rel.State == resource.ReleaseCanary || rel.State == resource.ReleaseSoaking)
		if rel.State == resource.ReleaseCanary {
			a.s.once.Do(func() { close(a.s.canary) })
		}
		if rel.State == resource.ReleasePaused {
			return rel, fmt.Errorf("release %s is held: %s", rel.ID, rel.Reason)
		}
		err = a.s.call(ctx, "approver", func(c *client.Client) error {
			got, err := c.Release(ctx, rel.ID)
			if err != nil {
				return err // and rel still says which one it is
			}
			if rel = got; rel.State != resource.ReleaseAwaiting {
				return nil
			}
			view, err := c.ViewApproval(ctx, rel.Approval)
			if err != nil || view.Approval.State != resource.ApprovalPending {
				return err
			}
			_, err = c.Decide(ctx, rel.Approval, resource.DecideRequest{Token: view.Token, Approve: true, Reason: "read"})
			return err
		})
		time.Sleep(100 * time.Millisecond) // between looks
	}
	return rel, err
}

// call asks the server, again while it is down.
func (s *soak) call(ctx context.Context, who string, f func(*client.Client) error) error {
	for {
		if url := s.w.url.Load().(string); url != "" {
			c, err := client.New(url, s.w.tokens[who], nil)
			if err == nil {
				err = f(c)
			}
			if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != 0 && e.Code != client.Unavailable {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond): // the server comes back
		}
	}
}

func (a *soakAgent) hurry(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy = on
}

// customers ask for one order's refund after the other: two at a time while a
// canary wants traffic, and now and then otherwise.
func (a *soakAgent) customers(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for range 2 {
		wg.Go(func() {
			for ctx.Err() == nil {
				url := a.s.w.url.Load().(string)
				if url == "" {
					time.Sleep(20 * time.Millisecond) // the server is down
					continue
				}
				a.mu.Lock()
				n, busy := a.next, a.busy
				if a.next++; n >= refunddesk.Orders {
					a.mu.Unlock()
					a.s.w.t.Errorf("%s has no orders left", a.name)
					return
				}
				a.mu.Unlock()
				a.ask(ctx, url, n)
				if !busy {
					time.Sleep(2 * time.Second) // a quiet time
				}
			}
		})
	}
}

func (a *soakAgent) ask(ctx context.Context, url string, n int) {
	c, err := client.New(url, a.s.w.tokens["shop-app"], nil)
	if err != nil {
		a.s.w.t.Error(err)
		return
	}
	run, err := c.Invoke(ctx, a.name, resource.InvokeRequest{Session: fmt.Sprintf("%s-customer-%d", a.name, n),
		Input: map[string]any{"message": "I want my money back for order " + refunddesk.OrderID(n) + "."}})
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := errors.AsType[*client.Error](err)
	switch {
	case err == nil:
		a.answered[run.ID] = run.Outcome
	case ctx.Err() != nil, ok && e.Status == 0, ok && e.Code == client.NotFound: // nothing serves before the first release
	default:
		a.refused = append(a.refused, err)
	}
}

// soakCount is what became of the releases.
type soakCount struct {
	ended, good, promoted, falseAlarms, bad, rolledBack, badPromoted int
	watched                                                          int   // good ones that had a canary
	answered                                                         int   // invocations
	control, controlFailed                                           int64 // sessions of the control arms
	beyond                                                           []float64
}

// judge holds everything that happened against the promises, and says what it was
// in a line.
func (s *soak) judge() {
	t := s.w.t
	t.Helper()
	var n soakCount
	for _, a := range s.agents {
		n.answered += len(a.answered)
		if len(a.refused) > 0 {
			t.Errorf("%s: %d invocations were refused, the first: %v", a.name, len(a.refused), a.refused[0])
		}
		for _, r := range a.ended {
			s.checkEnd(r)
			n.add(t, r)
		}
	}
	for _, a := range s.agents {
		for _, r := range a.ended {
			if c := r.rel.Canary; r.bad && c != nil {
				usual := float64(n.controlFailed) / float64(max(n.control, 1))
				n.beyond = append(n.beyond, float64(c.Canary.Failures)-usual*float64(c.Canary.Runs))
			}
		}
	}
	slices.Sort(n.beyond)
	if n.ended != *soakReleases || n.bad == 0 || s.kills == 0 {
		t.Errorf("%d of %d releases ended, %d bad, with %d ends of the server; want all, a bad one and an end", n.ended, *soakReleases, n.bad, s.kills)
	}
	allowed := mostFalse(n.watched)
	if n.falseAlarms > allowed {
		t.Errorf("%d of %d good versions were rolled back, want at most %d", n.falseAlarms, n.watched, allowed)
	}
	runs, effects := s.checkEffects()
	s.w.checkLedger()
	median := 0.0
	if len(n.beyond) > 0 {
		median = n.beyond[len(n.beyond)/2]
	}
	t.Logf("soak: %d releases of %d agents in %s, the server ended with SIGKILL %d times, the model %d times (seed %d): "+
		"%d of %d good promoted, %d rolled back of the %d that had a canary (at most %d are within alpha); %d of %d bad rolled back, %d promoted, "+
		"after %.1f failed runs beyond the control's (median); %d invocations answered, %d runs, %d effects, each once",
		n.ended, len(s.agents), s.took.Round(time.Second), s.kills, s.gone, *soakSeed, n.promoted, n.good, n.falseAlarms, n.watched, allowed,
		n.rolledBack, n.bad, n.badPromoted, median, n.answered, runs, effects)
}

// add counts a release, which has to have ended as it deserves.
func (n *soakCount) add(t *testing.T, r soakRelease) {
	t.Helper()
	n.ended++
	state := r.rel.State
	if r.bad {
		n.bad++
	} else {
		n.good++
	}
	if c := r.rel.Canary; c != nil {
		n.control, n.controlFailed = n.control+c.Control.Runs, n.controlFailed+c.Control.Failures
		if !r.bad {
			n.watched++
		}
	}
	switch {
	case r.bad && state == resource.ReleaseRolledBack:
		n.rolledBack++
	case r.bad:
		if state == resource.ReleasePromoted {
			n.badPromoted++
		}
		t.Errorf("%s is bad and ended %s: %s", r.version, state, r.rel.Reason)
	case state == resource.ReleasePromoted:
		n.promoted++
	case state == resource.ReleaseRolledBack:
		n.falseAlarms++
		t.Logf("%s is good and was rolled back: %s", r.version, r.rel.Reason)
	default:
		t.Errorf("%s is good and ended %s: %s", r.version, state, r.rel.Reason)
	}
}

// mostFalse is how many of n good versions may be rolled back: more happen in less
// than one of a thousand soaks when each is with probability alpha.
func mostFalse(n int) int {
	const alpha, level = 0.001, 0.001
	term := math.Pow(1-alpha, float64(n)) // of exactly k
	k, over := 0, 1-term
	for ; over >= level; k++ {
		term *= float64(n-k) / float64(k+1) * alpha / (1 - alpha)
		over -= term
	}
	return k
}

// TestMostFalse: the bound is the least that holds, by hand.
func TestMostFalse(t *testing.T) {
	for n, want := range map[int]int{0: 0, 4: 1, 44: 1, 46: 2, 120: 2, 200: 3, 1000: 5} {
		if got := mostFalse(n); got != want {
			t.Errorf("mostFalse(%d) = %d, want %d", n, got, want)
		}
	}
}

// checkEnd holds a release's verdict and what it left behind against the record.
func (s *soak) checkEnd(r soakRelease) {
	t := s.w.t
	t.Helper()
	if r.rel.Canary != nil {
		if v, err := s.w.as("author").Verdict(t.Context(), r.rel.ID); err != nil || !v.Agrees {
			t.Errorf("%s: the verdict of %s agrees = %v, %v; want it to follow from its outcomes", r.version, r.rel.ID, v.Agrees, err)
		}
	}
	if r.rel.State == resource.ReleaseRolledBack {
		in, err := s.w.as("author").Incident(t.Context(), r.rel.Incident)
		if err != nil || in.Digest != r.rel.Digest {
			t.Errorf("%s was rolled back and has the incident %+v, %v", r.version, in, err)
		}
	}
}

// checkEffects: every answer is on record as it was given, and every effect was
// done once, by a run that is on record.
func (s *soak) checkEffects() (runs, effects int) {
	t := s.w.t
	t.Helper()
	eventually(t, "interrupted runs end", func(ctx context.Context) (bool, error) {
		l, err := s.w.as("author").Runs(ctx, client.RunFilter{Mode: resource.RunLive, Outcomes: []resource.Outcome{resource.OutcomeRunning}}, client.Page{Limit: 1})
		return len(l.Items) == 0, err
	})
	for _, a := range s.agents {
		recorded := map[string]resource.Outcome{}
		for run, err := range client.All(func(after string) (client.List[resource.Run], error) {
			return s.w.as("author").Runs(t.Context(), client.RunFilter{Agent: a.name, Mode: resource.RunLive}, client.Page{Limit: 1000, After: after})
		}) {
			if err != nil {
				t.Fatal(err)
			}
			recorded[run.ID] = run.Outcome
		}
		runs += len(recorded)
		for id, outcome := range a.answered {
			if recorded[id] != outcome {
				t.Errorf("%s: run %s was answered %s and is recorded as %q", a.name, id, outcome, recorded[id])
			}
		}
		for _, table := range []string{"refunds", "mails"} {
			for id, n := range s.w.effectsIn(a.shop(), table) {
				effects += n
				if _, ok := recorded[id]; !ok || n != 1 {
					t.Errorf("%s: run %s (recorded: %v) did %s %d times, want once", a.name, id, ok, table, n)
				}
			}
		}
	}
	return runs, effects
}
