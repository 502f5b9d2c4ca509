package sqlite

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// template is the bytes of an empty database, so that a test does not wait for
// every migration again.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "aureus-store-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "aureus.db")
	db, err := Open(path)
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// OpenTemplate opens the database at path, which starts as a copy of the template.
func OpenTemplate(t *testing.T, path string) *DB {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		data, err := template()
		if err != nil {
			t.Fatalf("template: %v", err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatalf("WriteFile() = %v", err)
		}
	}
	db, err := Open(path)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	return db
}
