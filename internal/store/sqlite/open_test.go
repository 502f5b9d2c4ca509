package sqlite

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

func TestOpenTwice(t *testing.T) {
	t.Parallel()
	db := open(t)
	_, err := Open(db.path)
	if fault.CodeOf(err) != fault.Conflict || !strings.Contains(fmt.Sprint(err), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("Open() twice = %v, want %s that names process %d", err, fault.Conflict, os.Getpid())
	}
	if has(t, db, "nothing") {
		t.Errorf("the first does not answer")
	}
}

func TestOpenModes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new folder", "with % and ?.db")
	db, err := Open(path)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	defer db.Close()
	if err := db.Update(t.Context(), func(tx control.Tx) error { return tx.PutMeta("k", "v") }); err != nil {
		t.Fatalf("Update() = %v", err)
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatalf("Stat() = %v", err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("mode of %s = %o, want 600", info.Name(), got)
		}
	}
}

func TestOpenNewerSchema(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, change string }{
		{"ours", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"},
		{"the job engine's", "INSERT INTO river_migration (line, version) VALUES ('main', 9999)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "aureus.db")
			db := OpenTemplate(t, path)
			if _, err := db.writer.Exec(c.change); err != nil {
				t.Fatalf("%s = %v", c.change, err)
			}
			if err := db.Close(); err != nil {
				t.Fatalf("Close() = %v", err)
			}
			if _, err := Open(path); fault.CodeOf(err) != fault.Conflict || !strings.Contains(err.Error(), "9999") {
				t.Errorf("Open() = %v, want %s that names version 9999", err, fault.Conflict)
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatalf("WriteFile() = %v", err)
	}
	if _, err := Open(filepath.Join(file, "aureus.db")); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("Open() in a file = %v, want %s", err, fault.Unavailable)
	}
	folder := filepath.Join(t.TempDir(), "aureus.db")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatalf("Mkdir() = %v", err)
	}
	if _, err := Open(folder); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("Open() of a folder = %v, want %s", err, fault.Unavailable)
	}
}

// damaged makes a database with records in it, closes it and changes its bytes.
func damaged(t *testing.T, change func([]byte)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "aureus.db")
	db := OpenTemplate(t, path)
	err := db.Update(context.Background(), func(tx control.Tx) error {
		for i := range 2000 {
			if err := tx.PutMeta(fmt.Sprintf("key%05d", i), large[:200]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Update() = %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("ReadFile() = %v", err)
	}
	change(data)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatalf("WriteFile() = %v", err)
	}
	return path
}

func TestOpenCorrupt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(data []byte)
	}{
		{"header", func(data []byte) { copy(data, "this is not a database file") }},
		{"all zero after the header", func(data []byte) { clear(data[100:]) }},
		{"pages", func(data []byte) {
			for at := 40 * 4096; at+4096 <= len(data); at += 8 * 4096 {
				copy(data[at:], bytes.Repeat([]byte{0xff}, 4096))
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := damaged(t, c.change)
			db, err := Open(path)
			if fault.CodeOf(err) != fault.Corrupt {
				t.Fatalf("Open() = %v, %v (%s), want %s", db, err, fault.CodeOf(err), fault.Corrupt)
			}
			if !strings.Contains(err.Error(), "backup") {
				t.Errorf("Open() = %q, want what to do", err)
			}
			// The lock is free again, so that a restored file opens at once.
			if err := os.Remove(path); err != nil {
				t.Fatalf("Remove() = %v", err)
			}
			if db, err = Open(path); err != nil {
				t.Fatalf("Open() of a new file = %v", err)
			}
			if err := db.Close(); err != nil {
				t.Errorf("Close() = %v", err)
			}
		})
	}
}

// TestReadCorrupt damages pages behind the back of an open database, as a disk
// does: reading them says so.
func TestReadCorrupt(t *testing.T) {
	t.Parallel()
	path := damaged(t, func([]byte) {})
	db, err := Open(path)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	defer db.Close()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatalf("OpenFile() = %v", err)
	}
	defer f.Close()
	for page := int64(1); page < 200; page++ {
		if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, 4096), page*4096); err != nil {
			t.Fatalf("WriteAt() = %v", err)
		}
	}
	err = db.View(t.Context(), func(r control.Reader) error {
		_, err := r.Meta("key01000")
		return err
	})
	if fault.CodeOf(err) != fault.Corrupt {
		t.Errorf("Meta() = %v (%s), want %s", err, fault.CodeOf(err), fault.Corrupt)
	}
}
