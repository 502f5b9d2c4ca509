package tool

import (
	"os/exec"
	"syscall"
)

// isolate gives a child its own process group and has the kernel kill it when
// Aureus dies.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// awaitExit returns when the child has ended and leaves it unreaped: its process
// group can then be killed without the danger that its number is somebody else's.
func awaitExit(pid int) {
	const byPID = 1 // P_PID of waitid(2)
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(pid), 0, syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		if errno != syscall.EINTR {
			return
		}
	}
}
