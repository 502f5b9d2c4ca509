// Package keep keeps finished runs of evaluations in files: [Journal] those of one
// evaluation, so that it goes on after a crash, and [Cache] those of all, so that
// nothing is measured twice. What a run depends on is its key, which
// internal/evaluate makes; a file never decides whether a run still holds.
//
// Start from [OpenJournal].
package keep

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
)

// format is the first line of a journal.
const format = `{"format":"aureus-evaluation/1"}`

// line is one kept run.
type line struct {
	Key string             `json:"key"`
	Run evaluate.RunReport `json:"run"`
}

// Journal keeps the runs of one evaluation in a file of JSON lines that only
// grows. Save returns when its line is on the disk; lines that are saved at the
// same time share one fsync. Safe for concurrent use, by one process at a time.
type Journal struct {
	path string
	file *os.File

	mu      sync.Mutex
	runs    map[string]evaluate.RunReport
	waiting *batch // lines that nobody has written yet
	writing bool
	failed  error // after a line that may be torn nothing more is written
}

var _ evaluate.Keep = (*Journal)(nil)

// batch is lines that are written together.
type batch struct {
	text []byte
	done chan struct{}
	err  error
}

// OpenJournal opens a journal, or begins one. A last line that a crash tore is
// dropped. Errors: fault.Conflict when another process has it open, fault.Corrupt
// when a line before the last cannot be read, fault.Invalid for a file that is no
// journal.
func OpenJournal(path string) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the journal %s cannot be opened; name a file in a folder that can be written", path)
	}
	j := &Journal{path: path, file: file, runs: map[string]evaluate.RunReport{}}
	if err := j.begin(); err != nil {
		file.Close()
		return nil, err
	}
	return j, nil
}

// begin takes the file, reads what it has, and leaves it at its end.
func (j *Journal) begin() error {
	if err := lock(j.file); err != nil {
		return fault.Wrap(err, fault.Conflict, "another process evaluates with the journal %s; wait for it or name another file", j.path)
	}
	good, err := j.read()
	if err != nil {
		return err
	}
	if err := j.file.Truncate(good); err != nil {
		return j.broken(err)
	}
	if _, err := j.file.Seek(good, io.SeekStart); err != nil {
		return j.broken(err)
	}
	if good > 0 {
		return nil
	}
	if _, err := j.file.WriteString(format + "\n"); err != nil {
		return j.broken(err)
	}
	if err := j.file.Sync(); err != nil {
		return j.broken(err)
	}
	return syncFolder(filepath.Dir(j.path))
}

// read reads the whole lines and returns where they end.
func (j *Journal) read() (good int64, err error) {
	r := bufio.NewReaderSize(j.file, 1<<16)
	for n := 1; ; n++ {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return good, nil // what follows the last line's end was torn
		}
		if err != nil {
			return 0, j.broken(err)
		}
		if n == 1 {
			if string(bytes.TrimSpace(text)) != format {
				return 0, fault.New(fault.Invalid, "%s is no journal of an evaluation; name another file, or one that is not there yet", j.path)
			}
		} else if err := j.take(text); err != nil {
			if _, more := r.Peek(1); errors.Is(more, io.EOF) {
				return good, nil // the disk kept the end of a torn line only
			}
			return 0, fault.Wrap(err, fault.Corrupt, "%s:%d cannot be read; delete the line to make its run again", j.path, n)
		}
		good += int64(len(text))
	}
}

func (j *Journal) take(text []byte) error {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	if l.Key == "" {
		return errors.New("the line has no key")
	}
	j.runs[l.Key] = l.Run
	return nil
}

func (j *Journal) broken(err error) error {
	code := fault.Unavailable
	if errors.Is(err, syscall.ENOSPC) {
		code = fault.StorageFull
	}
	return fault.Wrap(err, code, "the journal %s cannot be written; make room or name another file", j.path)
}

// Runs is how many runs the journal has.
func (j *Journal) Runs() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.runs)
}

// Load implements evaluate.Keep.
func (j *Journal) Load(_ context.Context, key string) (evaluate.RunReport, bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, ok := j.runs[key]
	return r, ok, nil
}

// Save implements evaluate.Keep.
func (j *Journal) Save(_ context.Context, key string, run evaluate.RunReport) error {
	text, err := json.Marshal(line{Key: key, Run: run})
	if err != nil {
		return fault.Wrap(err, fault.Internal, "a run cannot be written as JSON")
	}
	j.mu.Lock()
	if j.failed != nil {
		defer j.mu.Unlock()
		return j.failed
	}
	if j.waiting == nil {
		j.waiting = &batch{done: make(chan struct{})}
	}
	mine := j.waiting
	mine.text = append(append(mine.text, text...), '\n')
	if !j.writing {
		j.write()
	}
	j.mu.Unlock()
	<-mine.done
	if mine.err == nil {
		j.mu.Lock()
		j.runs[key] = run
		j.mu.Unlock()
	}
	return mine.err
}

// write writes batches until none waits. The caller holds the lock, which is let
// go while the disk works: the lines that come meanwhile are the next batch.
func (j *Journal) write() {
	j.writing = true
	for j.waiting != nil {
		b := j.waiting
		j.waiting = nil
		if j.failed == nil {
			j.mu.Unlock()
			_, err := j.file.Write(b.text)
			if err == nil {
				err = j.file.Sync()
			}
			j.mu.Lock()
			if err != nil {
				j.failed = j.broken(err)
			}
		}
		b.err = j.failed
		close(b.done)
	}
	j.writing = false
}

// Close closes the file.
func (j *Journal) Close() error {
	if err := j.file.Close(); err != nil {
		return fmt.Errorf("closing %s: %w", j.path, err)
	}
	return nil
}

// syncFolder makes a new file's name durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "the folder %s cannot be read", dir)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the folder %s cannot be written", dir)
	}
	return nil
}
