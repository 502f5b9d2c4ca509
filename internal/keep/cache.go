package keep

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
)

// Cache keeps runs of any evaluation in a folder, a file each, named by its key.
// Files hold what agents answered, and are for the user alone. Safe for concurrent
// use, also by several processes: a file is whole or not there. One that cannot be
// read is as if it were not there.
type Cache struct{ dir string }

var _ evaluate.Keep = Cache{}

// OpenCache opens the cache in a folder, which is made when it is not there.
func OpenCache(dir string) (Cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Cache{}, fault.Wrap(err, fault.Invalid, "the cache folder %s cannot be made; name one that can be written", dir)
	}
	return Cache{dir: dir}, nil
}

// path is the file of a key, sha256:HEX.
func (c Cache) path(key string) string {
	_, hex, _ := strings.Cut(key, ":")
	return filepath.Join(c.dir, hex[:min(2, len(hex))], hex+".json")
}

// Load implements evaluate.Keep.
func (c Cache) Load(_ context.Context, key string) (evaluate.RunReport, bool, error) {
	text, err := os.ReadFile(c.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return evaluate.RunReport{}, false, nil
	}
	if err != nil {
		return evaluate.RunReport{}, false, fault.Wrap(err, fault.Unavailable, "the cache folder %s cannot be read", c.dir)
	}
	var l line
	if json.Unmarshal(text, &l) != nil || l.Key != key {
		return evaluate.RunReport{}, false, nil
	}
	return l.Run, true, nil
}

// Save implements evaluate.Keep.
func (c Cache) Save(_ context.Context, key string, run evaluate.RunReport) error {
	text, err := json.Marshal(line{Key: key, Run: run})
	if err != nil {
		return fault.Wrap(err, fault.Internal, "a run cannot be written as JSON")
	}
	if err := c.write(c.path(key), text); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the cache folder %s cannot be written; make room or name another", c.dir)
	}
	return nil
}

// write puts a file in its place when all of it is written.
func (c Cache) write(path string, text []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "new-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
