package control_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/model"
	"github.com/aureus-agents/aureus/internal/sequencer"
	"github.com/aureus-agents/aureus/internal/store/sqlite"
	"github.com/aureus-agents/aureus/internal/tool"
	"github.com/aureus-agents/aureus/internal/worker"
)

// patience bounds every wait of these tests.
const patience = 60 * time.Second

// world is a control plane with real parts: a database file with its job engine
// and sequencer, a signing key, MCP servers as child processes, and a model
// server on loopback. Only its clock is made up: it is the real one, moved on.
type world struct {
	*testing.T
	*control.Control
	dir     string
	key     *attest.Key
	clock   *clock
	models  *modelServer
	notices *notices
	other   notices // what another receiver was told
	// workers says whether jobs are done, noModel whether no model is configured.
	workers, noModel bool

	db     *sqlite.DB
	tools  *tool.Adapters
	seq    *sequencer.Sequencer
	cancel context.CancelFunc
	wg     sync.WaitGroup
	shop   *sql.DB // read beside the shop's server
	beside *sql.DB // the database file, read beside the control plane
}

// clock is the real time, moved on by hand; the clock on the wall can also be set.
type clock struct{ ahead, wall atomic.Int64 }

var began = time.Now()

func (c *clock) Now() time.Time {
	return time.Now().Round(0).Add(time.Duration(c.ahead.Load() + c.wall.Load()))
}

// Elapsed is the time since some moment by a clock that nobody sets.
func (c *clock) Elapsed() time.Duration { return time.Since(began) + time.Duration(c.ahead.Load()) }

// notices keeps what people were told.
type notices struct {
	mu  sync.Mutex
	all []control.Notice
	err error // of every delivery
}

// fail has every delivery fail from now on; nil lets them succeed.
func (n *notices) fail(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.err = err
}

// Notify implements control.Notifier.
func (n *notices) Notify(_ context.Context, notice control.Notice) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err != nil {
		return n.err
	}
	n.all = append(n.all, notice)
	return nil
}

func (n *notices) count(kind string) (count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, notice := range n.all {
		if notice.Kind == kind {
			count++
		}
	}
	return count
}

// modelServer is the scripted model, whose answers a test can hold up.
type modelServer struct {
	*httptest.Server
	before atomic.Pointer[func(*http.Request)]
}

func newModelServer(t *testing.T) *modelServer {
	m := &modelServer{}
	script := refunddesk.Model()
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := m.before.Load(); f != nil {
			(*f)(r)
		}
		script.ServeHTTP(w, r)
	}))
	t.Cleanup(m.Close)
	return m
}

// hold calls f before every completion; nil lets them go again.
func (m *modelServer) hold(f func(*http.Request)) {
	if f == nil {
		m.before.Store(nil)
		return
	}
	m.before.Store(&f)
}

// emptyDatabase and emptyShop are made once: every test begins with a copy.
var (
	emptyDatabase = sync.OnceValues(func() ([]byte, error) {
		return template("aureus.db", func(path string) error {
			db, err := sqlite.Open(path)
			if err != nil {
				return err
			}
			return db.Close()
		})
	})
	emptyShop = sync.OnceValues(func() ([]byte, error) {
		return template("shop.db", func(path string) error {
			shop, err := refunddesk.OpenShop(context.Background(), path)
			if err != nil {
				return err
			}
			return shop.Close()
		})
	})
	signingKey = sync.OnceValues(attest.NewKey)
)

func template(name string, make func(path string) error) ([]byte, error) {
	dir, err := os.MkdirTemp("", "aureus-control-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, name)
	if err := make(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// newWorld starts a control plane in a folder of its own.
func newWorld(t *testing.T) *world { return startWorld(t, true) }

// newIdleWorld is a control plane whose jobs nobody does.
func newIdleWorld(t *testing.T) *world { return startWorld(t, false) }

func startWorld(t *testing.T, workers bool) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), clock: &clock{}, models: newModelServer(t), notices: &notices{}, workers: workers}
	var err error
	w.key, err = signingKey()
	w.must(err)
	w.must(os.Mkdir(filepath.Join(w.dir, "shop"), 0o700))
	for name, of := range map[string]func() ([]byte, error){"aureus.db": emptyDatabase, "shop/shop.db": emptyShop} {
		data, err := of()
		w.must(err)
		w.must(os.WriteFile(filepath.Join(w.dir, name), data, 0o600))
	}
	w.start()
	t.Cleanup(w.stop)
	return w
}

// must ends the test on an unexpected error.
func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// start opens the folder as `aureus serve` does.
func (w *world) start() {
	w.Helper()
	var err error
	w.db, err = sqlite.Open(filepath.Join(w.dir, "aureus.db"))
	w.must(err)
	w.tools = tool.New(tool.Config{Dir: w.dir})
	providers := map[string]model.Provider{model.DefaultProvider: {URL: w.models.URL + "/v1"}}
	if w.noModel {
		providers = nil
	}
	models, err := model.New(model.Config{Providers: providers, BaseDelay: time.Millisecond})
	w.must(err)
	w.Control, err = control.New(control.Config{Store: w.db, Key: w.key, Adapters: w.tools, Models: models, Notifiers: map[string]control.Notifier{"webhook": w.notices, "other": &w.other},
		Now: w.clock.Now, Elapsed: w.clock.Elapsed, NewID: newID})
	w.must(err)
	_, err = w.Recover(w.Context())
	w.must(err)
	w.seq = sequencer.New(w.db, w.key, nil)
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.wg.Go(func() { w.seq.Run(ctx) })
	if w.workers {
		w.wg.Go(func() {
			if err := worker.Run(ctx, w.db, w.HandleJob(), worker.Options{Workers: 8, Grace: time.Second}); err != nil && !errors.Is(err, context.Canceled) {
				w.Errorf("worker: %v", err)
			}
		})
	}
}

// stop ends everything that start began.
func (w *world) stop() {
	if w.cancel == nil {
		return
	}
	ctx, done := context.WithTimeout(context.Background(), patience)
	defer done()
	w.Control.Wait(ctx)
	w.cancel()
	w.wg.Wait()
	w.cancel = nil
	w.tools.Close()
	for _, db := range []**sql.DB{&w.shop, &w.beside} {
		if *db != nil {
			_ = (*db).Close() // it only read
			*db = nil
		}
	}
	if err := w.db.Close(); err != nil {
		w.Errorf("Close() = %v", err)
	}
}

// restart stops and starts the control plane on the same folder.
func (w *world) restart() {
	w.Helper()
	w.stop()
	w.start()
}

// sql changes the database file behind the control plane's back.
func (w *world) sql(query string, args ...any) int64 {
	w.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.dir, "aureus.db")+"?_pragma=busy_timeout(10000)")
	w.must(err)
	defer db.Close()
	res, err := db.Exec(query, args...)
	w.must(err)
	n, err := res.RowsAffected()
	w.must(err)
	return n
}

// advance moves the clock on and makes the jobs due that are due by then.
func (w *world) advance(d time.Duration) {
	w.Helper()
	w.clock.ahead.Add(int64(d))
	w.sql(`UPDATE river_job SET state = 'available', scheduled_at = created_at
		WHERE state IN ('scheduled', 'retryable') AND json_extract(args, '$.job.runAt') <= $1`, w.clock.Now().UnixMilli())
}

// eventually waits until ok.
func (w *world) eventually(what string, ok func() bool) {
	w.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			w.Fatalf("waited %s for %s", patience, what)
		}
		<-tick.C
	}
}

var idSequence atomic.Uint32

// newID makes a unique id that sorts by time.
func newID(prefix string) string {
	var r [4]byte
	_, _ = rand.Read(r[:])
	return fmt.Sprintf("%s_%012x%06x%s", prefix, time.Now().UnixMilli(), idSequence.Add(1)&0xffffff, hex.EncodeToString(r[:]))
}
