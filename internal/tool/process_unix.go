//go:build unix && !linux

package tool

import (
	"os/exec"
	"syscall"
)

// isolate gives a child its own process group.
func isolate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// awaitExit returns at once where a child cannot be waited for without being reaped.
func awaitExit(int) {}
