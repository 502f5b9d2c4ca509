package tool

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// escape is a process that tries something, and what it says about it.
type escape struct {
	t    *testing.T
	proc *process
	out  *bufio.Reader
}

// try starts an attempt.
func try(t *testing.T, cfg Config, sb blueprint.Sandbox, attempt string) *escape {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cfg.TempDir = t.TempDir()
	s := blueprint.Server{Name: "probe", Stdio: &blueprint.StdioServer{Command: []string{self}, Sandbox: sb,
		Env: map[string]string{roleEnv: "probe", "PROBE": attempt}}}
	p, err := cfg.withDefaults().startProcess(s, false)
	if err != nil {
		t.Fatalf("startProcess = %v", err)
	}
	t.Cleanup(func() { p.stop(time.Millisecond) })
	return &escape{t: t, proc: p, out: bufio.NewReader(p.stdout)}
}

// said is the line that the attempt printed, or how it ended without one.
func (e *escape) said() string {
	e.t.Helper()
	if err := e.proc.stdout.SetReadDeadline(time.Now().Add(testTimeout)); err != nil {
		e.t.Fatal(err)
	}
	line, err := e.out.ReadString('\n')
	if err == nil {
		return strings.TrimSpace(line)
	}
	if err != io.EOF {
		e.t.Fatalf("the attempt says nothing: %v", err)
	}
	<-e.proc.exited
	return e.proc.ended()
}

// outside is what a server could do harm to.
type outside struct {
	secret, data, writable, readable string
	tcp, udp, abstract, socket       string
}

func newOutside(t *testing.T) outside {
	t.Helper()
	dir := t.TempDir()
	o := outside{secret: filepath.Join(dir, "secret"), data: filepath.Join(dir, "shown", "data"), writable: filepath.Join(dir, "writable"), readable: filepath.Join(dir, "shown")}
	for _, d := range []string{o.data, o.writable} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{o.secret, filepath.Join(o.data, "key.pem"), filepath.Join(o.readable, "note")} {
		if err := os.WriteFile(f, []byte("content"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.socket = filepath.Join(dir, "s")
	o.abstract = "@aureus-test-" + strconv.Itoa(os.Getpid()) + t.Name()
	o.tcp = echo(t, "tcp", "127.0.0.1:0")
	echo(t, "unix", o.socket)
	echo(t, "unix", o.abstract)
	u, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.udp = u.LocalAddr().String()
	t.Cleanup(func() { _ = u.Close() })
	go func() {
		b := make([]byte, 100)
		for {
			n, from, err := u.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = u.WriteTo(b[:n], from)
		}
	}()
	return o
}

// echo answers what it is told.
func echo(t *testing.T, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}

// TestEscapes tries each attempt in the sandbox, where it fails for the reason
// that is meant to stop it, and without one, where it works: a check that cannot
// fail shows nothing.
func TestEscapes(t *testing.T) {
	o := newOutside(t)
	cfg := Config{Private: []string{o.data}}
	usual := blueprint.Sandbox{Read: []string{o.readable}, Write: []string{o.writable}, MemoryMiB: 64, Processes: 48, DiskMiB: 8, OpenFiles: 64}
	tests := []struct {
		name, attempt string
		boxed         string // part of what is said in the sandbox
		free          string // and without one
	}{
		{"read a file", "read " + o.secret, "no such file", "done content"},
		{"read what is shown", "read " + o.readable + "/note", "done content", "done content"},
		{"read a key of Aureus in a shown folder", "read " + o.data + "/key.pem", "no such file", "done content"},
		{"list the data of Aureus", "list " + o.data, "done", "done key.pem"},
		{"the passwords of the host", "stat /etc/shadow", "no such file", "done"},
		{"the home of root", "stat /root", "no such file", "done"},
		{"the variable data of the host", "stat /var/lib", "no such file", "done"},
		{"the devices of the host", "stat /sys/class", "no such file", "done"},
		{"write where it may only read", "write " + o.readable + "/new", "read-only", "done"},
		{"write where it may", "write " + o.writable + "/new", "done", "done"},
		{"change what the kernel shows", "write /proc/self/comm", "read-only", "done"},
		{"the host's TCP", "dial tcp " + o.tcp, "connection refused", "done ping"},
		{"the host's UDP", "dial udp " + o.udp, "connection refused", "done ping"},
		{"a Unix socket", "dial unix " + o.socket, "no such file", "done ping"},
		{"an abstract Unix socket", "dial unix " + o.abstract, "connection refused", "done ping"},
		{"fork without end", "fork 200", "", "done 200"},
		{"memory", "grow 200", "memoryMiB", "done"},
		{"shared memory", "share 200", "memoryMiB", "done"},
		{"memory that no process has", "memfd", "not permitted", "done"},
		{"fill the disk", "fill $TMPDIR 20", "", "done"},
		{"fill a folder that it may change", "fill " + o.writable + " 20", "", "done"},
		{"fill the disk with files", "files " + t.TempDir() + " 5000", "no such file", "done"},
		{"open many files", "opens 100", "too many open files", "done"},
		{"signal Aureus", fmt.Sprintf("signal %d", os.Getpid()), "no such process", "done"},
		{"trace", "trace", "not permitted", "done"},
		{"look at Aureus", fmt.Sprintf("stat /proc/%d", os.Getpid()), "no such file", "done"},
		{"rights", "status", "done CapEff:0000000000000000 CapBnd:0000000000000000 NoNewPrivs:1", "NoNewPrivs:0"},
		{"namespaces of its own and a mount", "spaces", "not permitted", "done"},
		{"a program that runs as its owner", "chmod " + o.writable + " 4755", "not permitted", "done"},
		{"a program that runs as its group", "chmod " + o.writable + " 2755", "not permitted", "done"},
		{"a program", "chmod " + o.writable + " 755", "done", "done"},
		{"a file made to run as its owner", "make " + o.writable + "/suid", "not permitted", "done"},
		{"a socket to the host of a virtual machine", "family 40", "address family not supported", ""},
		{"a socket of the network", "family 2", "done", "done"},
		{"a call that a filter cannot read", "clone3", syscall.ENOSYS.Error(), "done"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := try(t, cfg, usual, tt.attempt).said(); !strings.Contains(got, tt.boxed) || tt.boxed == "" && strings.HasPrefix(got, "done") {
				t.Errorf("%s in a sandbox: %q, want %q", tt.attempt, got, tt.boxed)
			}
			if got := try(t, cfg, blueprint.Sandbox{Mode: blueprint.SandboxNone}, tt.attempt).said(); !strings.Contains(got, tt.free) {
				t.Errorf("%s without a sandbox: %q, want %q", tt.attempt, got, tt.free)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(o.writable, "new")); err != nil {
		t.Errorf("what a server wrote where it may is not there: %v", err)
	}
}

// TestPrivateFolders: what a server writes into /tmp and its home is its own and
// gone with it.
func TestPrivateFolders(t *testing.T) {
	name := filepath.Join("/tmp", "aureus-test-"+strconv.Itoa(os.Getpid()))
	for _, file := range []string{name, "/home/tool/x", "/dev/shm/x"} {
		for range 2 {
			if got := try(t, Config{}, blueprint.Sandbox{}, "create "+file).said(); got != "done" {
				t.Errorf("create %s = %q, want it to work each time", file, got)
			}
		}
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s, which a server wrote, is on the host", file)
		}
	}
}

// TestTreeIsMeasured: processes that are each below the limit of memory are
// together above it.
func TestTreeIsMeasured(t *testing.T) {
	got := try(t, Config{}, blueprint.Sandbox{MemoryMiB: 96}, "growmany 40").said()
	if !strings.Contains(got, "memoryMiB") {
		t.Errorf("four processes with 40 MiB under a limit of 96: %q, want them ended", got)
	}
}

// TestNothingOutlivesAServer: a process that left its session and group ends with
// the sandbox; without one it lives on.
func TestNothingOutlivesAServer(t *testing.T) {
	e := try(t, Config{}, blueprint.Sandbox{}, "daemon")
	if got := e.said(); !strings.HasPrefix(got, "done") {
		t.Fatalf("daemon = %q", got)
	}
	<-e.proc.exited
	if left := sleeping(t, "1000"); len(left) > 0 {
		t.Errorf("processes %v outlive their sandbox", left)
	}
	free := try(t, Config{}, blueprint.Sandbox{Mode: blueprint.SandboxNone}, "daemon") // which holds stderr open
	pid, err := strconv.Atoi(strings.TrimPrefix(free.said(), "done "))
	if err != nil {
		t.Fatal(err)
	}
	<-free.proc.exited
	if !alive(pid) {
		t.Error("without a sandbox the process does not live on: this test shows nothing")
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}

// sleeping finds this user's processes that sleep for so long.
func sleeping(t *testing.T, seconds string) (pids []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil && string(text) == "sleep\x00"+seconds+"\x00" {
			pids = append(pids, f)
		}
	}
	return pids
}

// TestRefused: where the kernel gives no namespaces, as inside a sandbox, a server
// does not run, and the error says what to allow.
func TestRefused(t *testing.T) {
	got := try(t, Config{}, blueprint.Sandbox{}, "nested").said()
	for _, want := range []string{`failed: server "inner" was not started`, "user.max_user_namespaces", "kernel.apparmor_restrict_unprivileged_userns", "sandbox: {mode: none}"} {
		if !strings.Contains(got, want) {
			t.Errorf("a sandbox that the kernel refuses: %q, want it to say %q", got, want)
		}
	}
	if got := try(t, Config{}, blueprint.Sandbox{Mode: blueprint.SandboxNone}, "nested").said(); got != "done" {
		t.Errorf("a sandbox that the kernel allows: %q, want it to work", got)
	}
}

// TestStartErrors: what is wrong with a program is not blamed on the kernel.
func TestStartErrors(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "run")
	if err := os.WriteFile(script, []byte("#!/no/such/interpreter\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Config{TempDir: dir}.withDefaults().startProcess(blueprint.Server{Name: "s", Stdio: &blueprint.StdioServer{Command: []string{script}}}, false)
	if !fault.Is(err, fault.Upstream) || !strings.Contains(err.Error(), "starting "+script) || strings.Contains(err.Error(), "refused") {
		t.Errorf("start of a script without its interpreter = %v, want UPSTREAM_FAILED that names the program and no setting of the kernel", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "aureus-tool-*")); err != nil || len(left) > 0 {
		t.Errorf("a failed start left %v, %v", left, err)
	}
}

// TestInheritedFiles: a file that Aureus was started with, or opened carelessly,
// does not reach a server.
func TestInheritedFiles(t *testing.T) {
	name := filepath.Join(t.TempDir(), "open")
	fd, err := syscall.Open(name, syscall.O_RDWR|syscall.O_CREAT, 0o600) // without close-on-exec
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if got := try(t, Config{}, blueprint.Sandbox{}, "fds").said(); strings.Contains(got, name) {
		t.Errorf("a server in a sandbox has %q", got)
	}
	if got := try(t, Config{}, blueprint.Sandbox{Mode: blueprint.SandboxNone}, "fds").said(); !strings.Contains(got, name) {
		t.Errorf("without a sandbox: %q, want %s: this test shows nothing", got, name)
	}
}

// TestHostNetwork: with the host's network a server reaches it, and still nothing else.
func TestHostNetwork(t *testing.T) {
	o := newOutside(t)
	host := blueprint.Sandbox{Network: blueprint.NetworkHost}
	if got := try(t, Config{}, host, "dial tcp "+o.tcp).said(); got != "done ping" {
		t.Errorf("dial with the host's network = %q, want it to work", got)
	}
	for _, attempt := range []string{"read " + o.secret, "dial unix " + o.socket, fmt.Sprintf("signal %d", os.Getpid())} {
		if got := try(t, Config{}, host, attempt).said(); strings.HasPrefix(got, "done") {
			t.Errorf("%s with the host's network = %q, want it to fail", attempt, got)
		}
	}
}
