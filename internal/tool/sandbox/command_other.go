//go:build !linux

package sandbox

import (
	"errors"
	"os/exec"
	"time"
)

// Launch is a sandboxed program that is about to run.
type Launch struct{}

// Command fails: only Linux has what a sandbox is made of.
func Command(Spec, string) (*exec.Cmd, *Launch, error) {
	return nil, nil, &RefusedError{errors.New("this is not Linux")}
}

// Started is never reached.
func (*Launch) Started(time.Duration) error { return nil }

// Abandon is never reached.
func (*Launch) Abandon() {}

// Refusal is err.
func Refusal(err error) error { return err }
