//go:build unix

package keep

import (
	"os"
	"syscall"
)

// lock takes a file for this process; it is let go when the file is closed.
func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
