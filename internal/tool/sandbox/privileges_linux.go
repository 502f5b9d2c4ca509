package sandbox

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownThreads is what this process adds to the program's processes and threads.
const ownThreads = 12

// dataSlack is how much more private memory than its limit one process may
// reserve: interpreters reserve much that they never touch.
const dataSlack = 512 << 20

func (b *builder) limits() error {
	l := b.spec.Limits
	for _, x := range []struct {
		what  int
		limit uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_NOFILE, uint64(l.OpenFiles)},
		{unix.RLIMIT_FSIZE, uint64(l.DiskMiB) << 20},
		{unix.RLIMIT_NPROC, uint64(l.Processes + ownThreads)},
		{unix.RLIMIT_DATA, uint64(l.MemoryMiB)<<21 + dataSlack},
		{unix.RLIMIT_MEMLOCK, 1 << 20},
	} {
		// package syscall's: it would restore the limit of open files before the program starts otherwise
		if err := syscall.Setrlimit(x.what, &syscall.Rlimit{Cur: x.limit, Max: x.limit}); err != nil {
			return err
		}
	}
	return nil
}

// network turns the loopback interface on. There is no other.
func (b *builder) network() error {
	if b.spec.HostNetwork {
		return nil
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr)
}

// dropRights gives up every capability for good, for this thread and what it
// starts.
func dropRights() error {
	for c := 0; ; c++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0)
		if err == unix.EINVAL {
			break // past the last one that the kernel knows
		}
		if err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return err
	}
	var none [2]unix.CapUserData
	if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	return nil
}
