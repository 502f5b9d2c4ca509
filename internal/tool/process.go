package tool

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/tool/sandbox"
)

// process is a running server.
type process struct {
	cmd    *exec.Cmd
	launch *sandbox.Launch // nil without a sandbox
	stdin  *os.File
	stdout *os.File
	errors *os.File // what stderr reads
	stderr *tail
	temp   string
	exited chan struct{} // closed when the child and its group are gone
	once   sync.Once
}

// spawner starts children from one thread that lives as long as Aureus: the
// kernel's "kill when the parent dies" means the thread that forked.
var spawner = sync.OnceValue(func() chan<- func() {
	ch := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range ch {
			f()
		}
	}()
	return ch
})

// startProcess starts the server s, in a strict sandbox or the usual one.
func (c Config) startProcess(s blueprint.Server, strict bool) (*process, error) {
	temp, err := os.MkdirTemp(c.TempDir, "aureus-tool-")
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "no working folder could be made for server %q; check the disk and TMPDIR", s.Name)
	}
	cmd, launch, err := c.newCommand(s, strict, temp)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(temp))
	}
	log := c.Logger.With("server", s.Name)
	p := &process{cmd: cmd, launch: launch, temp: temp, exited: make(chan struct{}), stderr: newTail(log)}
	if err := p.start(log, c.StartTimeout); err != nil {
		return nil, errors.Join(startError(s.Name, err), os.RemoveAll(temp))
	}
	return p, nil
}

func (p *process) start(log *slog.Logger, timeout time.Duration) error {
	var files []*os.File
	fail := func(err error) error {
		for _, f := range files {
			f.Close()
		}
		return err
	}
	pipe := func() (r, w *os.File, err error) {
		if r, w, err = os.Pipe(); err == nil {
			files = append(files, r, w)
		}
		return r, w, err
	}
	inR, inW, err := pipe()
	if err != nil {
		return fail(err)
	}
	outR, outW, err := pipe()
	if err != nil {
		return fail(err)
	}
	errR, errW, err := pipe()
	if err != nil {
		return fail(err)
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = inR, outW, errW
	if err := p.run(timeout); err != nil {
		return fail(err)
	}
	for _, f := range []*os.File{inR, outW, errW} {
		f.Close()
	}
	p.stdin, p.stdout, p.errors = inW, outR, errR
	go p.stderr.read(errR)
	go p.reap(log)
	return nil
}

// run starts the child and returns when the server itself runs in it.
func (p *process) run(timeout time.Duration) error {
	started := make(chan error)
	spawner() <- func() { started <- p.cmd.Start() }
	err := <-started
	if p.launch == nil {
		return err
	}
	if err != nil {
		p.launch.Abandon()
		return sandbox.Refusal(err)
	}
	if err := p.launch.Started(timeout); err != nil {
		_ = p.cmd.Process.Kill() // it may have ended by itself
		_ = p.cmd.Wait()         // err says why it ended
		return err
	}
	return nil
}

// stderrGrace is how long the last words of a server are waited for.
const stderrGrace = time.Second

// reap waits for the end of the child, ends what it left running, and frees what it held.
func (p *process) reap(log *slog.Logger) {
	pid := p.cmd.Process.Pid
	awaitExit(pid)
	_ = syscall.Kill(-pid, syscall.SIGKILL) // its group; nothing is left to kill in most cases
	err := p.cmd.Wait()
	// Without a sandbox a process that left the group can hold the pipe open: what it
	// has to say is read no more.
	_ = p.errors.SetReadDeadline(time.Now().Add(stderrGrace)) // closed already when everything was read
	<-p.stderr.done
	log.Debug("tool server ended", "pid", pid, "status", p.cmd.ProcessState.String())
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		log.Warn("tool server could not be waited for", "pid", pid, "error", err)
	}
	if err := os.RemoveAll(p.temp); err != nil {
		log.Warn("the working folder of a tool server could not be removed", "error", err)
	}
	close(p.exited)
}

// stop ends the child: by closing its stdin as MCP asks, then by SIGTERM, then
// by SIGKILL, each to the whole group. It returns when it is gone.
func (p *process) stop(grace time.Duration) {
	p.once.Do(func() {
		p.stdin.Close()
		for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
			t := time.NewTimer(grace)
			select {
			case <-p.exited:
				t.Stop()
				return
			case <-t.C:
				_ = syscall.Kill(-p.cmd.Process.Pid, sig)
			}
		}
	})
	<-p.exited
	p.stdout.Close()
}

// ended says how the child ended, "" while it runs.
func (p *process) ended() string {
	select {
	case <-p.exited:
	default:
		return ""
	}
	s := fmt.Sprintf("it ended with %s", p.cmd.ProcessState)
	if line := p.stderr.last(); line != "" {
		s += fmt.Sprintf("; it said on stderr: %q", line)
	}
	return s
}
