package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// A binary that links this package can be its own sandbox: the check runs before
// main, and before most of the other packages are set up.
func init() {
	if len(os.Args) == 2 && os.Args[0] == sentinel {
		runtime.LockOSThread() // what is given up is given up by this thread, which starts the program
		os.Exit(inside(os.Args[1]))
	}
}

// step is one part of building a sandbox; its name is for who reads a failure.
type step struct {
	name string
	do   func() error
	// rights is set when it fails for want of rights only because of the kernel's
	// configuration, never because of what the Spec names.
	rights bool
}

// inside builds the sandbox on the folder scratch, runs the program in it and
// returns its exit status.
func inside(scratch string) int {
	status := os.NewFile(statusFD, "status")
	b := &builder{scratch: scratch}
	for _, s := range append([]step{{"reading what to run", b.read, false}}, b.steps()...) {
		if err := s.do(); err != nil {
			report(status, s.name, err, s.rights && refused(err) || errors.Is(err, unix.ENOSYS))
			return 1
		}
	}
	pid, err := b.start()
	if err != nil {
		report(status, "starting "+b.spec.Path, err, false)
		return 1
	}
	status.Close()
	return b.stay(pid)
}

// report tells Aureus why there is no program.
func report(status *os.File, name string, err error, refused bool) {
	_ = json.NewEncoder(status).Encode(failure{Step: name, Cause: err.Error(), Refused: refused}) // nobody else to tell
	status.Close()
}

// builder builds a sandbox around its own process.
type builder struct {
	scratch string
	spec    Spec
	trees   []int // for each view, its detached mount
	system  []View
}

func (b *builder) read() error {
	// What Aureus itself inherited stays outside.
	if err := unix.CloseRange(specFD, 1<<30, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return err
	}
	// Nobody inside can look into this process.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return err
	}
	in := os.NewFile(specFD, "spec")
	defer in.Close()
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &b.spec)
}

func (b *builder) steps() []step {
	return []step{
		{"keeping its mounts to itself", b.privateMounts, true},
		{"opening what the server may see", b.openViews, false},
		{"making a root of its own", b.newRoot, true},
		{"making its writable folders", b.disk, true},
		{"making /proc and /dev", b.kernelFolders, true},
		{"showing it what it may see", b.showViews, false},
		{"writing its /etc", b.etc, false},
		{"leaving the host's root", b.leave, true},
		{"starting its network", b.network, true},
		{"setting its limits", b.limits, true},
		{"giving up its rights", dropRights, true},
		{"restricting it by Landlock", b.landlock, false},
		{"filtering its system calls", filterCalls, true},
	}
}

// start runs the program. It is not this process itself, because the first
// process of a namespace gets no signals that it does not ask for.
func (b *builder) start() (int, error) {
	return syscall.ForkExec(b.spec.Path, b.spec.Argv, &syscall.ProcAttr{Dir: b.spec.Dir, Env: b.spec.Env, Files: []uintptr{0, 1, 2}})
}

// stay waits for the program, collects what its children leave, and enforces the
// limits that the kernel has no number for.
func (b *builder) stay(pid int) int {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	go func() {
		for s := range signals { // sent to the whole group: the program has it too
			_ = s
		}
	}()
	stderr, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 10)
	if err != nil {
		return 1
	}
	for fd := range 3 { // an end of these is for the program alone to hold
		_ = unix.Close(fd)
	}
	go watch(b.spec.Limits, stderr)
	for {
		var ws syscall.WaitStatus
		got, err := syscall.Wait4(-1, &ws, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 1
		case got != pid:
		case ws.Signaled():
			return 128 + int(ws.Signal())
		case ws.Exited():
			return ws.ExitStatus()
		}
	}
}
