package tool

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/aureus-agents/aureus/blueprint"
)

// probe tries to do what a server in a sandbox must not, and prints "done" with
// what it got, or why it could not. PROBE in the environment is the attempt and
// its arguments, separated by spaces.
func probe() {
	words := strings.Fields(os.Getenv("PROBE"))
	text, err := attempts[words[0]](words[1:])
	if err != nil {
		fmt.Println("failed:", err)
		return
	}
	fmt.Println("done", text)
}

var attempts = map[string]func(args []string) (string, error){
	"read":     func(a []string) (string, error) { b, err := os.ReadFile(a[0]); return string(b), err },
	"stat":     func(a []string) (string, error) { _, err := os.Stat(a[0]); return "", err },
	"list":     listFolder,
	"write":    func(a []string) (string, error) { return "", os.WriteFile(a[0], []byte("x"), 0o600) },
	"create":   create,
	"dial":     dial,
	"fork":     forkMany,
	"grow":     func(a []string) (string, error) { return "", grow(a, unix.MAP_PRIVATE) },
	"share":    func(a []string) (string, error) { return "", grow(a, unix.MAP_SHARED) },
	"growmany": growMany,
	"memfd":    func([]string) (string, error) { _, err := unix.MemfdCreate("x", 0); return "", err },
	"fill":     fill,
	"files":    manyFiles,
	"opens":    opens,
	"signal":   signalProcess,
	"trace":    trace,
	"status":   status,
	"spaces":   spaces,
	"clone3":   func([]string) (string, error) { return "", clone3() },
	"fds":      fds,
	"nested":   nested,
	"chmod":    changeMode,
	"make": func(a []string) (string, error) {
		fd, err := unix.Open(a[0], unix.O_CREAT|unix.O_WRONLY, 0o4755)
		return "", errors.Join(err, unix.Close(fd))
	},
	"family": socketOf,
	"daemon": daemon,
	"env":    func([]string) (string, error) { return strings.Join(os.Environ(), " "), nil },
}

func listFolder(a []string) (string, error) {
	entries, err := os.ReadDir(a[0])
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " "), err
}

// create makes a file that must not be there.
func create(a []string) (string, error) {
	f, err := os.OpenFile(a[0], os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	return "", f.Close()
}

// dial sends a word and waits for it to come back.
func dial(a []string) (string, error) {
	c, err := net.DialTimeout(a[0], a[1], 5*time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return "", err
	}
	if _, err := c.Write([]byte("ping")); err != nil {
		return "", err
	}
	b := make([]byte, 4)
	_, err = io.ReadFull(c, b)
	return string(b), err
}

// forkMany starts processes until there are as many as asked for.
func forkMany(a []string) (string, error) {
	n, err := strconv.Atoi(a[0])
	if err != nil {
		return "", err
	}
	for i := range n {
		c := exec.Command("sleep", "1000")
		if err := c.Start(); err != nil {
			return "", fmt.Errorf("after %d: %w", i, err)
		}
		defer func() { _ = c.Wait() }()
		defer func() { _ = c.Process.Kill() }()
	}
	return a[0], stay(a)
}

// stay waits for stdin to end, when the attempt is to last.
func stay(a []string) error {
	if a[len(a)-1] != "stay" {
		return nil
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// grow takes and touches so many MiB.
func grow(a []string, how int) error {
	n, err := strconv.Atoi(a[0])
	if err != nil {
		return err
	}
	for range n {
		m, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, how|unix.MAP_ANON)
		if err != nil {
			return err
		}
		for i := 0; i < len(m); i += 4096 {
			m[i] = 1
		}
	}
	return stay(a)
}

// growMany starts processes that take memory each.
func growMany(a []string) (string, error) {
	var all []*exec.Cmd
	for range 4 {
		c := exec.Command("/proc/self/exe")
		c.Env = []string{roleEnv + "=probe", "PROBE=grow " + a[0] + " stay"}
		c.Stdin = os.Stdin
		if err := c.Start(); err != nil {
			return "", err
		}
		all = append(all, c)
	}
	for _, c := range all {
		if err := c.Wait(); err != nil {
			return "", err
		}
	}
	return "", nil
}

// fill writes so many MiB into one file.
func fill(a []string) (string, error) {
	n, err := strconv.Atoi(a[1])
	if err != nil {
		return "", err
	}
	f, err := os.Create(filepath.Join(os.ExpandEnv(a[0]), "large"))
	if err != nil {
		return "", err
	}
	defer f.Close()
	for range n {
		if _, err := f.Write(make([]byte, 1<<20)); err != nil {
			return "", err
		}
	}
	return "", nil
}

func manyFiles(a []string) (string, error) {
	n, err := strconv.Atoi(a[1])
	if err != nil {
		return "", err
	}
	for i := range n {
		if err := os.WriteFile(filepath.Join(a[0], strconv.Itoa(i)), nil, 0o600); err != nil {
			return "", err
		}
	}
	return "", nil
}

func opens(a []string) (string, error) {
	n, err := strconv.Atoi(a[0])
	if err != nil {
		return "", err
	}
	for range n {
		f, err := os.Open("/dev/null")
		if err != nil {
			return "", err
		}
		defer f.Close()
	}
	return "", nil
}

// signalProcess asks whether it could signal a process, without doing it.
func signalProcess(a []string) (string, error) {
	pid, err := strconv.Atoi(a[0])
	if err != nil {
		return "", err
	}
	return "", syscall.Kill(pid, 0)
}

// trace starts a child that asks to be traced, which is always allowed outside.
func trace([]string) (string, error) {
	runtime.LockOSThread() // the one that starts a traced child is its tracer
	c := exec.Command("true")
	c.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := c.Start(); err != nil {
		return "", err
	}
	return "", errors.Join(c.Process.Kill(), ignore(c.Wait()))
}

// ignore drops the error of a child that was killed or stopped.
func ignore(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

// status shows what the kernel says of the process's rights.
func status([]string) (string, error) {
	b, err := os.ReadFile("/proc/self/status")
	var out []string
	for line := range strings.Lines(string(b)) {
		if name, _, _ := strings.Cut(line, ":"); name == "NoNewPrivs" || name == "CapBnd" || name == "CapEff" {
			out = append(out, strings.Join(strings.Fields(line), ""))
		}
	}
	return strings.Join(out, " "), err
}

// spaces makes new namespaces and mounts a file system in them.
func spaces([]string) (string, error) {
	c := exec.Command("/bin/sh", "-c", "mount -t tmpfs none /usr")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}}
	out, err := c.CombinedOutput()
	return string(out), err
}

// clone3 calls it with arguments that do nothing, so that only its being there shows.
func clone3() error {
	_, _, errno := unix.Syscall(unix.SYS_CLONE3, 0, 0, 0)
	if errors.Is(errno, unix.EINVAL) {
		return nil
	}
	return errno
}

func fds([]string) (string, error) {
	entries, err := os.ReadDir("/proc/self/fd")
	var out []string
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "/proc/") {
			out = append(out, to)
		}
	}
	return strings.Join(out, " "), err
}

// daemon leaves a process behind that has a session of its own.
func daemon([]string) (string, error) {
	c := exec.Command("sleep", "1000")
	c.Stderr = os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.Start(); err != nil {
		return "", err
	}
	return strconv.Itoa(c.Process.Pid), nil
}

// nested starts a server in a sandbox of its own.
func nested([]string) (string, error) {
	p, err := Config{}.withDefaults().startProcess(blueprint.Server{Name: "inner", Stdio: &blueprint.StdioServer{Command: []string{"/bin/cat"}}}, false)
	if err != nil {
		return "", err
	}
	p.stop(time.Second)
	return "", nil
}

// changeMode gives a new file in a folder a mode, by both calls for it.
func changeMode(a []string) (string, error) {
	mode, err := strconv.ParseUint(a[1], 8, 32)
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(a[0], "mode")
	if err != nil {
		return "", err
	}
	return "", errors.Join(unix.Fchmod(int(f.Fd()), uint32(mode)), unix.Chmod(f.Name(), uint32(mode)), f.Close(), os.Remove(f.Name()))
}

// socketOf makes a socket of an address family.
func socketOf(a []string) (string, error) {
	n, err := strconv.Atoi(a[0])
	if err != nil {
		return "", err
	}
	fd, err := unix.Socket(n, unix.SOCK_STREAM, 0)
	if err != nil {
		return "", err
	}
	return "", unix.Close(fd)
}
