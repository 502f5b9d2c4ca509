package sandbox

import (
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What Landlock knows, by the version in which it came. The library for it holds
// all threads of a process to the rules and brings cgo along; here one thread
// gives up rights and starts the program.
const (
	llRead   = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	llFile   = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	llWrite1 = 1<<13 - 1                                                             // all of version 1
	llWrite2 = unix.LANDLOCK_ACCESS_FS_REFER                                         // since 2
	llWrite3 = unix.LANDLOCK_ACCESS_FS_TRUNCATE                                      // since 3
	llScoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL // since 6
)

// landlock is the second wall: the same view of the files as the root, so that
// what is wrong with one is stopped by the other. A kernel without Landlock has
// the first one only.
func (b *builder) landlock() error {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno == unix.ENOSYS || errno == unix.EOPNOTSUPP {
		return nil
	}
	if errno != 0 {
		return errno
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: llWrite1}
	if abi >= 2 {
		attr.Handled_access_fs |= llWrite2
	}
	if abi >= 3 {
		attr.Handled_access_fs |= llWrite3
	}
	size := unsafe.Sizeof(attr.Handled_access_fs)
	if abi >= 6 {
		attr.Scoped = llScoped
		size += unsafe.Sizeof(attr.Handled_access_net) + unsafe.Sizeof(attr.Scoped)
	}
	rules, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0)
	if errno != 0 {
		return errno
	}
	defer unix.Close(int(rules))
	if err := b.allow(int(rules), attr.Handled_access_fs); err != nil {
		return err
	}
	if _, _, errno = unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// allow adds a rule for each thing that the root shows.
func (b *builder) allow(rules int, handled uint64) error {
	allowed := []struct {
		path   string
		access uint64
	}{{"/", unix.LANDLOCK_ACCESS_FS_READ_DIR}, {"/etc", llRead}, {"/proc", llRead},
		{Temp, handled}, {Home, handled}, {"/dev/shm", handled}}
	for _, v := range b.system {
		access := uint64(llRead)
		switch {
		case v.Link != "" || v.Hidden:
			continue
		case strings.HasPrefix(v.Target, "/dev/"):
			access = llFile
		case v.Write:
			access = handled
		}
		allowed = append(allowed, struct {
			path   string
			access uint64
		}{v.Target, access})
	}
	for _, a := range allowed {
		if err := allow(rules, a.path, a.access&handled); err != nil {
			return err
		}
	}
	return nil
}

func allow(rules int, path string, access uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &= llFile
	}
	attr := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(fd)}
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&attr)), 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}
