package keep

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
)

// key is the n-th key.
func key(n int) string { return fmt.Sprintf("sha256:%064x", n) }

func run(n int) evaluate.RunReport {
	return evaluate.RunReport{Passed: true, Outcome: "success", Score: 0.5, LatencyMs: float64(n) + 0.25, CostUSD: 0.001,
		Grades: []simulate.Grade{{Name: "tone", Passed: true}}, Calls: []string{"lookup a"}}
}

func open(t *testing.T, path string) *Journal {
	t.Helper()
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.file.Close() })
	return j
}

func TestKeep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j.jsonl")
	cache, err := OpenCache(filepath.Join(t.TempDir(), "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]evaluate.Keep{"journal": open(t, path), "cache": cache} {
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if err := k.Save(t.Context(), key(i), run(i)); err != nil {
					t.Errorf("%s: Save = %v", name, err)
				}
			})
		}
		wg.Wait()
		for i := range 50 {
			got, ok, err := k.Load(t.Context(), key(i))
			if d := cmp.Diff(run(i), got); !ok || err != nil || d != "" {
				t.Errorf("%s: Load(%d) = %v, %v (-want +got)\n%s", name, i, ok, err, d)
			}
		}
		if _, ok, err := k.Load(t.Context(), key(99)); ok || err != nil {
			t.Errorf("%s: Load of what was not saved = %v, %v", name, ok, err)
		}
	}
}

func TestJournalGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j.jsonl")
	j := open(t, path)
	for i := range 3 {
		if err := j.Save(t.Context(), key(i), run(i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenJournal(path); !fault.Is(err, fault.Conflict) {
		t.Errorf("OpenJournal of an open one = %v, want %s", err, fault.Conflict)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// A crash can cut the file anywhere, also in its first line.
	for cut := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j := open(t, path)
		lines := bytes.Count(whole[:cut], []byte("\n"))
		if got := j.Runs(); got != max(lines-1, 0) {
			t.Fatalf("a journal cut at byte %d has %d runs, want those of its %d whole lines", cut, got, lines)
		}
		if err := j.Save(t.Context(), key(9), run(9)); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		again := open(t, path)
		if got := again.Runs(); got != max(lines, 1) {
			t.Fatalf("a journal cut at byte %d and gone on with has %d runs, want %d", cut, got, max(lines, 1))
		}
		again.Close()
	}
}

func TestJournalRefuses(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct {
		name, path string
		code       fault.Code
		says       string
	}{
		{"a folder", dir, fault.Invalid, "cannot be opened"},
		{"no folder", filepath.Join(dir, "no", "such"), fault.Invalid, "cannot be opened"},
		{"another file", file("a", "hello\n"), fault.Invalid, "no journal"},
		{"a broken line", file("b", format+"\nnonsense\n{\"key\":\"k\"}\n"), fault.Corrupt, "b:2"},
		{"a line without a key", file("c", format+"\n{}\n{\"key\":\"k\"}\n"), fault.Corrupt, "c:2"},
	} {
		if _, err := OpenJournal(tt.path); !fault.Is(err, tt.code) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("OpenJournal(%s) = %v, want %s with %q", tt.name, err, tt.code, tt.says)
		}
	}
	j := open(t, file("d", ""))
	j.file.Close()
	for range 2 { // the second one does not try
		if err := j.Save(t.Context(), key(1), run(1)); !fault.Is(err, fault.Unavailable) {
			t.Errorf("Save to a journal that cannot be written = %v, want %s", err, fault.Unavailable)
		}
	}
	if _, ok, _ := j.Load(t.Context(), key(1)); ok {
		t.Error("a run that could not be written is in the journal")
	}
}

// TestCacheIgnoresWhatItCannotRead: a file of the cache that is damaged or another
// key's is measured again.
func TestCacheIgnoresWhatItCannotRead(t *testing.T) {
	c, err := OpenCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for n, text := range []string{"", "{", `{"key":"sha256:other","run":{"passed":true}}`} {
		path := c.path(key(n))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := c.Load(t.Context(), key(n)); ok || err != nil {
			t.Errorf("Load of %q = %v, %v; want nothing", text, ok, err)
		}
	}
	if err := c.Save(t.Context(), key(7), run(7)); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(c.path(key(7))); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("a file of the cache = %v, %v; want mode 0600", st.Mode(), err)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte(format + "\n{\"key\":\"k\",\"run\":{}}\n"))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "j")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := OpenJournal(path)
		if err != nil {
			return
		}
		had := j.Runs()
		if err := j.Save(t.Context(), "new", run(1)); err != nil {
			t.Fatal(err)
		}
		j.Close()
		again, err := OpenJournal(path)
		if err != nil || again.Runs() < had {
			t.Fatalf("a journal of %d runs that took one more = %v", had, err)
		}
		again.Close()
	})
}
