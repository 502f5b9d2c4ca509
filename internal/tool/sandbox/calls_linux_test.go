package sandbox

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// verdict runs the filter on a call as the kernel would.
func verdict(t *testing.T, prog []unix.SockFilter, number, arch, arg0 uint32) uint32 {
	t.Helper()
	data := map[uint32]uint32{atNumber: number, atArch: arch, atArg0: arg0}
	var acc uint32
	for i := 0; i < len(prog); i++ {
		in := prog[i]
		jump := false
		switch in.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			acc = data[in.K]
			continue
		case unix.BPF_RET | unix.BPF_K:
			return in.K
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			jump = acc == in.K
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			jump = acc >= in.K
		case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
			jump = acc&in.K != 0
		default:
			t.Fatalf("instruction %d has the unknown code %#x", i, in.Code)
		}
		if jump {
			i += int(in.Jt)
		} else {
			i += int(in.Jf)
		}
	}
	t.Fatal("the filter has no end")
	return 0
}

func TestFilter(t *testing.T) {
	const ours, other = unix.AUDIT_ARCH_X86_64, unix.AUDIT_ARCH_I386
	prog := filter(ours)
	deny, gone := uint32(unix.SECCOMP_RET_ERRNO)|uint32(unix.EPERM), uint32(unix.SECCOMP_RET_ERRNO)|uint32(unix.ENOSYS)
	family := uint32(unix.SECCOMP_RET_ERRNO) | uint32(unix.EAFNOSUPPORT)
	tests := []struct {
		name               string
		number, arch, arg0 uint32
		want               uint32
	}{
		{"an ordinary call", unix.SYS_READ, ours, 0, unix.SECCOMP_RET_ALLOW},
		{"of another architecture", unix.SYS_READ, other, 0, deny},
		{"of the second set of calls", x32Calls + unix.SYS_READ, ours, 0, gone},
		{"a fork", unix.SYS_CLONE, ours, uint32(unix.SIGCHLD), unix.SECCOMP_RET_ALLOW},
		{"a thread", unix.SYS_CLONE, ours, unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_THREAD, unix.SECCOMP_RET_ALLOW},
		{"a user namespace", unix.SYS_CLONE, ours, unix.CLONE_NEWUSER | uint32(unix.SIGCHLD), deny},
		{"a network namespace", unix.SYS_CLONE, ours, unix.CLONE_NEWNET, deny},
		{"clone3", unix.SYS_CLONE3, ours, 0, gone},
		{"openat2", unix.SYS_OPENAT2, ours, 0, gone},
		{"a local socket", unix.SYS_SOCKET, ours, unix.AF_UNIX, unix.SECCOMP_RET_ALLOW},
		{"a socket of the network", unix.SYS_SOCKET, ours, unix.AF_INET6, unix.SECCOMP_RET_ALLOW},
		{"a socket to the kernel's network", unix.SYS_SOCKET, ours, unix.AF_NETLINK, unix.SECCOMP_RET_ALLOW},
		{"a socket to the host of a virtual machine", unix.SYS_SOCKET, ours, unix.AF_VSOCK, family},
		{"a socket to the kernel's ciphers", unix.SYS_SOCKET, ours, unix.AF_ALG, family},
		{"a pair of another family", unix.SYS_SOCKETPAIR, ours, unix.AF_TIPC, family},
	}
	for _, tt := range tests {
		if got := verdict(t, prog, tt.number, tt.arch, tt.arg0); got != tt.want {
			t.Errorf("filter of %s = %#x, want %#x", tt.name, got, tt.want)
		}
	}
	for _, call := range forbidden {
		if got := verdict(t, prog, call, ours, 0); got != deny {
			t.Errorf("filter of call %d on %s = %#x, want %#x", call, runtime.GOARCH, got, deny)
		}
	}
}

// TestMeasureCountsFirst: beside a fork bomb there is no time to look at each process.
func TestMeasureCountsFirst(t *testing.T) {
	all, err := measure(1 << 30)
	if err != nil || all.memory == 0 || all.threads == 0 {
		t.Errorf("measure of all = %+v, %v, want memory and threads", all, err)
	}
	if many, err := measure(-1); err != nil || many.memory != 0 || many.threads == 0 {
		t.Errorf("measure of too many = %+v, %v, want their number and no memory", many, err)
	}
}

func TestUsage(t *testing.T) {
	tests := []struct {
		name, status string
		want         usage
	}{
		{"a process", "Name:\tnode\nVmRSS:\t  9000 kB\nRssAnon:\t    1000 kB\nRssFile:\t  8000 kB\nRssShmem:\t      20 kB\nVmSwap:\t       3 kB\nThreads:\t11\n", usage{1023 << 10, 11}},
		{"one that is ending", "Name:\tnode\nState:\tZ (zombie)\nThreads:\t1\n", usage{0, 1}},
		{"nothing", "", usage{}},
		{"a name that looks like a line", "Name:\tRssAnon:\t5 kB\nThreads:\t2\n", usage{0, 2}},
	}
	for _, tt := range tests {
		var got usage
		got.add([]byte(tt.status))
		if got != tt.want {
			t.Errorf("usage of %s = %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
