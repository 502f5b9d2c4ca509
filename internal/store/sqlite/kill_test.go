package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/aureus-agents/aureus/internal/audit"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/sequencer"
	"github.com/aureus-agents/aureus/internal/store/sqlite"
	"github.com/aureus-agents/aureus/resource"
)

// testSigner is a signer without a signature: this test is about the tree.
type testSigner struct{}

func (testSigner) SignNote(text string) ([]byte, error) { return []byte(text), nil }
func (testSigner) Origin() string                       { return "test" }

// effect is a job whose commit counts how often it was committed.
func effect(_ context.Context, j control.Job) (func(control.Tx) error, error) {
	return func(tx control.Tx) error {
		old, err := tx.Meta("done/" + j.Key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		return tx.PutMeta("done/"+j.Key, old+"x")
	}, nil
}

// child writes, sequences and does jobs until it is killed; it prints the id of
// every update that was acknowledged.
func child(dir string) {
	db, err := sqlite.Open(filepath.Join(dir, "aureus.db"))
	if err != nil {
		fmt.Println("error", err)
		return
	}
	ctx := context.Background()
	go sequencer.New(db, testSigner{}, nil).Run(ctx)
	go db.RunJobs(ctx, effect, 4, time.Second, nil)
	var mu sync.Mutex
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), g, i)
				if err := db.Update(ctx, write(id)); err != nil {
					fmt.Println("error", err)
					return
				}
				mu.Lock()
				fmt.Println(id)
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

func write(id string) func(control.Tx) error {
	return func(tx control.Tx) error {
		if err := tx.PutMeta("wrote/"+id, "x"); err != nil {
			return err
		}
		if err := tx.Append(resource.Event{ID: id, Action: "test.wrote", SubjectKind: "run", SubjectID: id}); err != nil {
			return err
		}
		return tx.Enqueue(control.Job{Kind: "effect", Key: id})
	}
}

// killOne starts a child, kills it after it acknowledged n updates, and returns
// what it had acknowledged.
func killOne(t *testing.T, dir string, n int) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatalf("StdoutPipe() = %v", err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("Start() = %v", err)
	}
	var acked []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "error") {
			t.Errorf("child: %s", lines.Text())
		}
		acked = append(acked, lines.Text())
		if len(acked) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatalf("Kill() = %v", err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(acked) < n {
		t.Fatalf("the child ended by itself after %d updates: %v", len(acked), err)
	}
	return acked
}

// TestKill kills a process that writes, sequences and does jobs, again and again,
// and opens its database: nothing acknowledged is lost, every job is done exactly
// once, and the ledger's tree is whole.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var acked []string
	for range 10 {
		acked = append(acked, killOne(t, dir, 1+rand.IntN(150))...)
	}
	path := filepath.Join(dir, "aureus.db")
	db, err := sqlite.Open(path)
	if err != nil {
		t.Fatalf("Open() after the kills = %v", err)
	}
	defer db.Close()
	finishJobs(t, db, path)
	err = db.View(t.Context(), func(r control.Reader) error {
		for _, id := range acked {
			if _, err := r.Meta("wrote/" + id); err != nil {
				t.Errorf("acknowledged update %s: %v", id, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("View() = %v", err)
	}
	if err := wholeLedger(t, db); err != nil {
		t.Errorf("the ledger: %v", err)
	}
	t.Logf("%d acknowledged updates in 10 killed processes", len(acked))
}

// finishJobs does the jobs that are left and checks that each was committed once.
func finishJobs(t *testing.T, db *sqlite.DB, path string) {
	t.Helper()
	raw, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatalf("sql.Open() = %v", err)
	}
	defer raw.Close()
	ctx, stop := context.WithCancel(context.Background())
	stopped, observed := make(chan error, 1), make(chan error, 100)
	go func() {
		stopped <- db.RunJobs(ctx, effect, 8, time.Minute, func(_ control.Job, _ int, _ time.Duration, err error) { observed <- err })
	}()
	for left := query(t, raw, "SELECT count(*) FROM river_job WHERE finalized_at IS NULL"); left > 0; left-- {
		if err := <-observed; err != nil {
			t.Errorf("job = %v", err)
		}
	}
	stop()
	if err := <-stopped; err != nil {
		t.Errorf("RunJobs() = %v", err)
	}
	wrote := query(t, raw, "SELECT count(*) FROM meta WHERE key LIKE 'wrote/%'")
	once := query(t, raw, "SELECT count(*) FROM meta WHERE key LIKE 'done/%' AND value = 'x'")
	done := query(t, raw, "SELECT count(*) FROM meta WHERE key LIKE 'done/%'")
	if once != wrote || done != wrote {
		t.Errorf("%d updates, %d jobs done, %d of them once; want all the same", wrote, done, once)
	}
}

func query(t *testing.T, raw *sql.DB, text string) (n int) {
	t.Helper()
	if err := raw.QueryRow(text).Scan(&n); err != nil {
		t.Fatalf("%s = %v", text, err)
	}
	return n
}

// wholeLedger sequences what is pending and makes the tree again from the leaves.
func wholeLedger(t *testing.T, db *sqlite.DB) error {
	t.Helper()
	if err := sequencer.New(db, testSigner{}, nil).Flush(context.Background()); err != nil {
		return err
	}
	return db.View(context.Background(), func(r control.Reader) error {
		cp, err := r.LatestCheckpoint()
		if err != nil {
			return err
		}
		leaves, err := r.Leaves(0, 1<<40)
		if err != nil {
			return err
		}
		data := make([][]byte, len(leaves))
		for i, l := range leaves {
			data[i] = l.Data
		}
		none := tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, nil })
		_, root, err := audit.Append(0, data, none)
		if err != nil {
			return err
		}
		if int64(len(leaves)) != cp.Size || root != cp.Root {
			t.Errorf("the tree of %d leaves has root %v; the checkpoint says %d and %v", len(leaves), root, cp.Size, cp.Root)
		}
		return nil
	})
}
