package sandbox

import "golang.org/x/sys/unix"

// modeCall is a system call that gives a file its mode, in the argument arg.
type modeCall struct {
	number uint32
	arg    uint32
}

// modeCalls may not make a file that runs as its owner: what a server writes where
// it may lies on the host, belongs to the user that Aureus runs as, and would give
// that user's rights to whoever starts it there.
var modeCalls = append([]modeCall{
	{unix.SYS_FCHMOD, 1}, {unix.SYS_FCHMODAT, 2}, {unix.SYS_FCHMODAT2, 2}, {unix.SYS_MKDIRAT, 2}, {unix.SYS_MKNODAT, 2}, {unix.SYS_OPENAT, 3},
}, oldModeCalls...)

// setID are the bits of such a mode.
const setID = unix.S_ISUID | unix.S_ISGID

// families of sockets that there are: local ones and those of the network
// namespace. Others lead around it, as AF_VSOCK does to the host of a virtual
// machine.
var families = []uint32{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK}

// argumentRules are the parts of the filter that look at an argument. Each begins
// and ends with the call's number loaded.
func argumentRules() (prog []unix.SockFilter) {
	const (
		load  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		bits  = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		ret   = unix.BPF_RET | unix.BPF_K
		errno = unix.SECCOMP_RET_ERRNO
	)
	for _, c := range modeCalls {
		prog = append(prog,
			unix.SockFilter{Code: equal, K: c.number, Jf: 4}, unix.SockFilter{Code: load, K: atArg0 + 8*c.arg},
			unix.SockFilter{Code: bits, K: setID, Jf: 1}, unix.SockFilter{Code: ret, K: errno | uint32(unix.EPERM)},
			unix.SockFilter{Code: load, K: atNumber})
	}
	for _, call := range []uint32{unix.SYS_SOCKET, unix.SYS_SOCKETPAIR} {
		n := uint8(len(families))
		prog = append(prog, unix.SockFilter{Code: equal, K: call, Jf: n + 3}, unix.SockFilter{Code: load, K: atArg0})
		for i, family := range families {
			prog = append(prog, unix.SockFilter{Code: equal, K: family, Jt: n - uint8(i)})
		}
		prog = append(prog, unix.SockFilter{Code: ret, K: errno | uint32(unix.EAFNOSUPPORT)}, unix.SockFilter{Code: load, K: atNumber})
	}
	return prog
}
