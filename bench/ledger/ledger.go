// Package ledger measures durable appends and inclusion proofs: events written
// by real transactions into a real database file, sequenced into the Merkle tree
// and covered by a signed checkpoint. The peer is the same database driver with
// the same settings, one row a commit. Start from [Run].
package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aureus-agents/aureus/bench/measure"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/sequencer"
	"github.com/aureus-agents/aureus/internal/store/sqlite"
	"github.com/aureus-agents/aureus/resource"
)

const (
	rounds   = 5
	budget   = 2 * time.Minute // a tree of a million entries is built only if it takes less
	million  = 1_000_000
	smaller  = 100_000
	proofs   = 500
	callers  = 64
	batch    = 100
	single   = 4000  // events of a round, one an update
	batched  = 40000 // events of a round, 100 an update
	commits  = 400   // of a round of the peer
	batchers = 8
)

// ledger is a database with its sequencer running.
type ledger struct {
	db   *sqlite.DB
	seq  *sequencer.Sequencer
	next atomic.Int64
	stop func()
}

func open(dir string) (*ledger, error) {
	db, err := sqlite.Open(filepath.Join(dir, "aureus.db"))
	if err != nil {
		return nil, err
	}
	key, err := attest.NewKey()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &ledger{db: db, seq: sequencer.New(db, key, nil)}
	var running sync.WaitGroup
	running.Go(func() { l.seq.Run(ctx) })
	l.stop = func() {
		cancel()
		running.Wait()
	}
	return l, nil
}

func (l *ledger) close() error {
	l.stop()
	return l.db.Close()
}

// appendAll writes n events, size in an update, from several callers at once,
// and returns events a second from the first update to the checkpoint that
// covers the last event.
func (l *ledger) appendAll(ctx context.Context, n, size, callers int) (float64, error) {
	start := time.Now()
	var writing sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n / size))
	errs := make(chan error, callers)
	for range callers {
		writing.Go(func() {
			for left.Add(-1) >= 0 {
				if err := l.db.Update(ctx, func(tx control.Tx) error { return l.add(tx, size) }); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	writing.Wait()
	close(errs)
	if err := <-errs; err != nil {
		return 0, err
	}
	if err := l.seq.Flush(ctx); err != nil {
		return 0, err
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

func (l *ledger) add(tx control.Tx, n int) error {
	const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for range n {
		i := l.next.Add(1)
		if err := tx.Append(resource.Event{ID: fmt.Sprintf("ev_%026d", i), Time: resource.Millis(i), Actor: resource.System,
			Action: "guard.decided", SubjectKind: "run", SubjectID: fmt.Sprintf("run_%026d", i/10), Digest: digest, Agent: "refund-desk",
			Environment: "production", Reason: "policy", Attrs: map[string]string{"tool": "lookup_order", "decision": "approved", "args": digest,
				"check": "policy", "phase": "work", "tainted": "false", "policy.00": "builtin/permitted"}}); err != nil {
			return err
		}
	}
	return nil
}

// Run measures in a folder of its own below dir.
func Run(ctx context.Context, dir string) (figures []measure.Figure, err error) {
	dir, err = os.MkdirTemp(dir, "ledger")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	l, err := open(dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := l.close(); err == nil {
			err = cerr
		}
	}()
	peer, err := openPeer(dir)
	if err != nil {
		return nil, err
	}
	defer peer.Close()
	got, err := measure.Interleave(rounds,
		measure.Contender{Name: "one event an update", Do: func() (float64, error) { return l.appendAll(ctx, single, 1, callers) }},
		measure.Contender{Name: "100 events an update", Do: func() (float64, error) { return l.appendAll(ctx, batched, batch, batchers) }},
		measure.Contender{Name: "plain commits", Do: func() (float64, error) { return commitsOf(peer) }},
	)
	if err != nil {
		return nil, err
	}
	const plain = "rows/s: one row a commit, same driver and settings"
	figures = []measure.Figure{
		measure.Figure{Section: "ledger", Name: "durable, in batches of 100", Value: got[1], Unit: "events/s",
			Note: "8 callers, up to the signed checkpoint"}.Against(">= 20000/s", got[1] >= 20000).Versus(plain, got[2], false),
		measure.Figure{Section: "ledger", Name: "durable, one event an update", Value: got[0], Unit: "events/s",
			Note: "64 callers, up to the signed checkpoint"}.Versus(plain, got[2], false),
	}
	size := int64(million)
	if float64(million)/got[1] > budget.Seconds() {
		size = smaller
	}
	if more := int(size - l.next.Load()); more > 0 {
		if _, err := l.appendAll(ctx, more, batch, batchers); err != nil {
			return nil, err
		}
	}
	proof, err := l.prove(ctx)
	return append(figures, proof...), err
}

// prove times proofs of random entries, from the database to the hashes, and
// checks each.
func (l *ledger) prove(ctx context.Context) ([]measure.Figure, error) {
	var size int64
	r := rand.New(rand.NewPCG(1, 1))
	took, err := measure.Each(proofs, func(int) error {
		return l.db.View(ctx, func(rd control.Reader) error {
			cp, err := rd.LatestCheckpoint()
			if err != nil {
				return err
			}
			size = cp.Size
			i := r.Int64N(size)
			p, err := audit.ProveInclusion(i, size, audit.Reader(rd.TreeHashes))
			if err != nil {
				return err
			}
			leaves, err := rd.Leaves(i, 1)
			if err != nil {
				return err
			}
			return audit.VerifyInclusion(leaves[0].Data, i, size, cp.Root, p)
		})
	})
	ms := measure.In(took, time.Millisecond)
	p50, p99 := measure.Median(ms), measure.Quantile(ms, .99)
	return []measure.Figure{
		measure.Figure{Section: "ledger", Name: fmt.Sprintf("proof in a tree of %d, median", size), Value: p50, Unit: "ms",
			Note: "read, made and verified; random entries"}.Against("< 5 ms", p50 < 5),
		{Section: "ledger", Name: fmt.Sprintf("proof in a tree of %d, p99", size), Value: p99, Unit: "ms"},
	}, err
}

// openPeer is the driver alone, with the settings of the store.
func openPeer(dir string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "peer.db")+
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	_, err = db.Exec("CREATE TABLE events (id INTEGER PRIMARY KEY, leaf BLOB NOT NULL)")
	return db, err
}

func commitsOf(db *sql.DB) (float64, error) {
	leaf := make([]byte, 700)
	start := time.Now()
	for range commits {
		if _, err := db.Exec("INSERT INTO events (leaf) VALUES ($1)", leaf); err != nil {
			return 0, err
		}
	}
	return commits / time.Since(start).Seconds(), nil
}
