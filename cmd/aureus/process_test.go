package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// startLimit is how long a child process may take to say that it is ready: long,
// because the machine may be busy.
const startLimit = 60 * time.Second

// childEnv is the test's environment without a user's own model and server.
func childEnv(more ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "AUREUS_") })
	return append(env, more...)
}

// child is a process of the program under test.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended

	mu     sync.Mutex
	stderr bytes.Buffer
	stdout bytes.Buffer
}

// startChild starts a program in dir and returns when a line of its output
// matches ready, with the match's groups. env is added to the test's own.
func startChild(dir string, env []string, ready *regexp.Regexp, args ...string) (*child, []string, error) {
	c := &child{cmd: exec.Command(args[0], args[1:]...), done: make(chan struct{})}
	c.cmd.Dir = dir
	c.cmd.Env = env
	c.cmd.Stderr = writerFunc(c.addStderr)
	out, in := io.Pipe()
	c.cmd.Stdout = in
	if err := c.cmd.Start(); err != nil {
		return nil, nil, err
	}
	go func() {
		_ = c.cmd.Wait() // ProcessState has the answer
		_ = in.Close()   // ends the reader
		close(c.done)
	}()
	found := make(chan []string, 1)
	go c.read(out, ready, found)
	select {
	case m := <-found:
		if m != nil {
			return c, m, nil
		}
		<-c.done
		return c, nil, fmt.Errorf("%s ended with %d before it was ready:\n%s", strings.Join(args, " "), c.status(), c.errors())
	case <-time.After(startLimit):
		c.kill()
		return c, nil, fmt.Errorf("%s was not ready in %s:\n%s", strings.Join(args, " "), startLimit, c.errors())
	}
}

// read collects the output; found gets the first match of ready, or nil at the end.
func (c *child) read(r io.Reader, ready *regexp.Regexp, found chan<- []string) {
	defer func() {
		select {
		case found <- nil:
		default: // it was ready before
		}
	}()
	var text strings.Builder
	matched := false
	for lines := bufio.NewScanner(r); lines.Scan(); {
		c.mu.Lock()
		c.stdout.WriteString(lines.Text() + "\n")
		c.mu.Unlock()
		if text.WriteString(lines.Text() + "\n"); matched {
			continue
		}
		if m := ready.FindStringSubmatch(text.String()); m != nil {
			matched = true
			found <- m
		}
	}
}

func (c *child) addStderr(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stderr.Write(p)
}

func (c *child) errors() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stderr.String()
}

// status is the exit status of a process that has ended; -1 when a signal ended it.
func (c *child) status() int { return c.cmd.ProcessState.ExitCode() }

// kill ends the process as a power cut does.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // it may have ended
	<-c.done
}

// stop asks the process to end, and returns its exit status.
func (c *child) stop() (int, error) {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return 0, err
	}
	select {
	case <-c.done:
		return c.status(), nil
	case <-time.After(startLimit):
		c.kill()
		return 0, fmt.Errorf("the process did not end in %s after SIGTERM:\n%s", startLimit, c.errors())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

var (
	servesAt = regexp.MustCompile(`(?s)(?:admin token \(shown once\): (\S+)\n)?.*aureus serves at (\S+)\n`)
	modelAt  = regexp.MustCompile(`AUREUS_MODEL_URL=(\S+)\n`)
)
