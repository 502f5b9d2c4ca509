package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// insideID is the user and group that a program is inside its sandbox. Outside
// it is whoever runs Aureus.
const insideID = 1000

// Launch is a sandboxed program that is about to run.
type Launch struct {
	spec           Spec
	specR, specW   *os.File
	statusR, statW *os.File
}

// Command makes the process of spec. scratch is an empty folder that the
// sandbox's root is mounted on, seen by nobody else. The caller adds standard
// files, starts it and calls Started, or Abandon when it could not be started.
func Command(spec Spec, scratch string) (*exec.Cmd, *Launch, error) {
	l := &Launch{spec: spec}
	var err error
	if l.specR, l.specW, err = os.Pipe(); err != nil {
		return nil, nil, err
	}
	if l.statusR, l.statW, err = os.Pipe(); err != nil {
		l.Abandon()
		return nil, nil, err
	}
	cmd := exec.Command("/proc/self/exe", scratch)
	cmd.Args[0] = sentinel
	cmd.Env = []string{"GOMAXPROCS=2"} // nothing of ours; what stays behind needs no more
	cmd.ExtraFiles = []*os.File{l.specR, l.statW}
	flags := uintptr(unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP)
	if !spec.HostNetwork {
		flags |= unix.CLONE_NEWNET
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: flags,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: insideID, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: insideID, HostID: os.Getegid(), Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_SYS_RESOURCE, unix.CAP_SETPCAP},
	}
	return cmd, l, nil
}

// Started tells the new process what to do and returns when the program runs, or
// with the reason why it does not. After an error the process is on its way out.
func (l *Launch) Started(timeout time.Duration) error {
	defer l.Abandon()
	if err := l.statusR.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	l.specR.Close()
	l.statW.Close()
	sent := json.NewEncoder(l.specW).Encode(l.spec) // at most a failed process: it says so itself
	l.specW.Close()
	text, err := io.ReadAll(io.LimitReader(l.statusR, 1<<16))
	switch {
	case err != nil:
		return err
	case len(text) > 0:
		var f failure
		if err := json.Unmarshal(text, &f); err != nil {
			return err
		}
		err := fmt.Errorf("%s: %s", f.Step, f.Cause)
		if f.Refused {
			return &RefusedError{err}
		}
		return err
	case sent != nil:
		return sent
	}
	return nil
}

// Abandon frees the pipes.
func (l *Launch) Abandon() {
	for _, f := range []*os.File{l.specR, l.specW, l.statusR, l.statW} {
		if f != nil {
			_ = f.Close() // twice, when it was started
		}
	}
}

// Refusal is err as a RefusedError when it means that the kernel gives this user
// no namespaces.
func Refusal(err error) error {
	if refused(err) {
		return &RefusedError{err}
	}
	return err
}

func refused(err error) bool {
	for _, e := range []error{unix.EPERM, unix.EACCES, unix.ENOSYS, unix.ENOSPC, unix.EUSERS, unix.EINVAL} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
