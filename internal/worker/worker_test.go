package worker

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/store/sqlite"
)

// lines is a log that tells each line.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
	got chan string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got <- string(p)
	return l.buf.Write(p)
}

func TestRun(t *testing.T) {
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "aureus.db"))
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	defer db.Close()
	log := &lines{got: make(chan string, 100)}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	first := true
	go func() {
		stopped <- Run(ctx, db, func(_ context.Context, j control.Job) (func(control.Tx) error, error) {
			if j.Kind == "bad" {
				return nil, fault.New(fault.Invalid, "this can never work")
			}
			if first {
				first = false
				panic("boom")
			}
			return func(tx control.Tx) error { return tx.PutMeta("done", "yes") }, nil
		}, Options{Workers: 1, Logger: slog.New(slog.NewTextHandler(log, nil))})
	}()
	enqueue := func(kind, key string) {
		t.Helper()
		err := db.Update(t.Context(), func(tx control.Tx) error {
			return tx.Enqueue(control.Job{Kind: kind, Key: key, Payload: []byte("card number 4111")})
		})
		if err != nil {
			t.Fatalf("Update() = %v", err)
		}
	}
	enqueue("good", "release/r1/smoke/1")
	for _, want := range [][]string{
		{"level=WARN", `msg="job failed"`, "kind=good", "key=release/r1/smoke/1", "attempt=1", "took=", "code=INTERNAL", "boom"},
		{"level=INFO", `msg="job done"`, "kind=good", "attempt=2"},
	} {
		contains(t, <-log.got, want)
	}
	enqueue("bad", "k2")
	contains(t, <-log.got, []string{"level=ERROR", `msg="job given up"`, "kind=bad", "code=INVALID", "this can never work"})
	stop()
	if err := <-stopped; err != nil {
		t.Errorf("Run() = %v", err)
	}
	if strings.Contains(log.buf.String(), "4111") {
		t.Errorf("the log holds a payload:\n%s", log.buf.String())
	}
}

func contains(t *testing.T, line string, want []string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(line, w) {
			t.Errorf("log line %q has no %q", line, w)
		}
	}
}

// TestRunCancelled ends Run while a job waits for its context: the job is
// interrupted after its grace and is done by the next Run.
func TestRunCancelled(t *testing.T) {
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "aureus.db"))
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	defer db.Close()
	log := &lines{got: make(chan string, 100)}
	logger := slog.New(slog.NewTextHandler(log, nil))
	ctx, stop := context.WithCancel(t.Context())
	began, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		stopped <- Run(ctx, db, func(ctx context.Context, _ control.Job) (func(control.Tx) error, error) {
			close(began)
			<-ctx.Done()
			return nil, ctx.Err()
		}, Options{Grace: time.Millisecond, Logger: logger})
	}()
	if err := db.Update(t.Context(), func(tx control.Tx) error { return tx.Enqueue(control.Job{Kind: "k", Key: "1"}) }); err != nil {
		t.Fatalf("Update() = %v", err)
	}
	<-began
	stop()
	if err := <-stopped; err != nil {
		t.Errorf("Run() = %v", err)
	}
	contains(t, <-log.got, []string{"level=INFO", "job interrupted"})
	ctx, stop = context.WithCancel(t.Context())
	go func() {
		stopped <- Run(ctx, db, func(context.Context, control.Job) (func(control.Tx) error, error) { return nil, nil }, Options{Logger: logger})
	}()
	contains(t, <-log.got, []string{"job done", "key=1"})
	stop()
	if err := <-stopped; err != nil {
		t.Errorf("Run() = %v", err)
	}
}

func TestOptions(t *testing.T) {
	got := Options{}.withDefaults()
	if got.Workers != 8 || got.Grace != 20*time.Second || got.Logger == nil {
		t.Errorf("withDefaults() = %+v, want 8 workers, 20s and a logger", got)
	}
	if err := Run(t.Context(), nil, nil, Options{Workers: -1}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("Run() with -1 workers = %v, want %s", err, fault.Invalid)
	}
}
