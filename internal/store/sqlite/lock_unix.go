//go:build unix

package sqlite

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/aureus-agents/aureus/internal/fault"
)

// acquire takes the lock file of a database for this process. The lock ends with
// the file being closed, also when the process is killed.
func acquire(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "the lock file %s cannot be opened; check the folder's permissions", path)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		text, _ := io.ReadAll(io.LimitReader(f, 20))
		f.Close()
		owner := "another process"
		if pid := strings.TrimSpace(string(text)); pid != "" {
			owner = "process " + pid
		}
		return nil, fault.New(fault.Conflict, "the database is already in use by %s (lock file %s); stop it or use another data folder", owner, path)
	}
	if err != nil {
		f.Close()
		return nil, fault.Wrap(err, fault.Unavailable, "the lock file %s cannot be locked", path)
	}
	if err := writePID(f); err != nil {
		f.Close()
		return nil, classify(err)
	}
	return f, nil
}

// release lets the lock go. Closing the file is not enough: a child that is being
// started has it open until it runs its own program.
func release(f *os.File) error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}

// writePID names the owner in the lock file, for the message to a second process.
func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}
