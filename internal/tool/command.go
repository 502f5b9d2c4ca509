package tool

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/tool/sandbox"
)

// ownPrefix begins the names of Aureus's own variables: keys and settings that no
// tool may see.
const ownPrefix = "AUREUS_"

// minimalEnv is what a child gets of the environment.
var minimalEnv = []string{"PATH", "HOME", "LANG", "TZ"}

// newCommand builds the process of a server: the one place that decides what a
// child can see. temp is its own empty folder. It starts nothing. Without a
// sandbox the launch is nil.
func (c Config) newCommand(s blueprint.Server, strict bool, temp string) (*exec.Cmd, *sandbox.Launch, error) {
	argv := s.Stdio.Command
	if len(argv) == 0 || argv[0] == "" {
		return nil, nil, fault.New(fault.Invalid, "server %q has an empty command; write its program and arguments in stdio.command", s.Name)
	}
	base, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal, "the current folder cannot be found")
	}
	path, err := c.program(s, base)
	if err != nil {
		return nil, nil, err
	}
	env, err := c.environment(s, temp)
	if err != nil {
		return nil, nil, err
	}
	if s.Stdio.Sandbox.On() {
		return c.sandboxed(s, strict, base, path, env, temp)
	}
	cmd := exec.Command(path, argv[1:]...)
	cmd.Env = env
	cmd.Dir = temp
	if namesFile(base, argv[1:]) {
		cmd.Dir = base
	}
	isolate(cmd)
	return cmd, nil, nil
}

// sandboxed builds the process of a server in its sandbox.
func (c Config) sandboxed(s blueprint.Server, strict bool, base, path string, env []string, temp string) (*exec.Cmd, *sandbox.Launch, error) {
	views, dir, err := c.views(s, base, path, strict)
	if err != nil {
		return nil, nil, err
	}
	sb := s.Stdio.Sandbox.Resolved(strict)
	cmd, launch, err := sandbox.Command(sandbox.Spec{
		Path: path, Argv: append([]string{path}, s.Stdio.Command[1:]...), Env: env, Dir: dir, Views: views, HostNetwork: sb.Network == blueprint.NetworkHost,
		Limits: sandbox.Limits{MemoryMiB: sb.MemoryMiB, Processes: sb.Processes, DiskMiB: sb.DiskMiB, OpenFiles: sb.OpenFiles},
	}, temp)
	if err != nil {
		return nil, nil, startError(s.Name, err)
	}
	return cmd, launch, nil
}

// startError says why a server does not run.
func startError(server string, err error) error {
	var refused *sandbox.RefusedError
	if errors.As(err, &refused) {
		return fault.Wrap(err, fault.Upstream, "server %q was not started, because no sandbox can be made for it: %v. Allow it, or write sandbox: {mode: none} to run the server without one", server, refused)
	}
	return fault.Wrap(err, fault.Upstream, "server %q could not be started (%v); check stdio.command and stdio.sandbox", server, err)
}

// program finds the executable of a command.
func (c Config) program(s blueprint.Server, base string) (string, error) {
	name := s.Stdio.Command[0]
	switch {
	case name == "aureus" && c.Self != "":
		return c.Self, nil
	case name == "aureus":
		self, err := os.Executable()
		if err != nil {
			return "", fault.Wrap(err, fault.Internal, "the path of the running program cannot be found")
		}
		return self, nil
	case strings.ContainsRune(name, filepath.Separator) && !filepath.IsAbs(name):
		name = filepath.Join(base, name)
	}
	path, err := exec.LookPath(name)
	if err == nil && !filepath.IsAbs(path) {
		err = exec.ErrDot // a relative PATH entry depends on where Aureus was started
	}
	switch {
	case errors.Is(err, os.ErrPermission):
		return "", fault.Wrap(err, fault.Invalid, "the command %q of server %q may not be executed; make it executable", s.Stdio.Command[0], s.Name)
	case err != nil:
		return "", fault.Wrap(err, fault.Invalid, "the command %q of server %q was not found; install it or correct stdio.command", s.Stdio.Command[0], s.Name)
	}
	return path, nil
}

// environment is everything that a child gets to know of ours.
func (c Config) environment(s blueprint.Server, temp string) ([]string, error) {
	env := map[string]string{}
	for _, k := range minimalEnv {
		if v, ok := c.LookupEnv(k); ok {
			env[k] = v
		}
	}
	env["TMPDIR"] = temp
	if s.Stdio.Sandbox.On() {
		env["TMPDIR"], env["HOME"] = sandbox.Temp, sandbox.Home
	}
	for k, v := range s.Stdio.Env {
		env[k] = v
	}
	for _, k := range sorted(s.Stdio.EnvFrom) {
		v, err := c.fromEnv(s.Name, "stdio.envFrom", s.Stdio.EnvFrom[k])
		if err != nil {
			return nil, err
		}
		env[k] = v
	}
	out := make([]string, 0, len(env))
	for _, k := range sorted(env) {
		if k == "" || strings.ContainsAny(k, "=\x00") || strings.ContainsRune(env[k], 0) {
			return nil, fault.New(fault.Invalid, "server %q sets a variable with a name or value that no process can have; correct stdio.env", s.Name)
		}
		out = append(out, k+"="+env[k])
	}
	return out, nil
}

// fromEnv reads a variable of the Aureus server for a tool server.
func (c Config) fromEnv(server, field, name string) (string, error) {
	if strings.HasPrefix(strings.ToUpper(name), ownPrefix) {
		return "", fault.New(fault.Invalid, "server %q asks in %s for %s, which belongs to Aureus itself and is given to no tool; use a variable of its own", server, field, name)
	}
	v, ok := c.LookupEnv(name)
	if !ok {
		return "", fault.New(fault.Invalid, "server %q needs the variable %s (%s), which is not set; set it where Aureus runs", server, name, field)
	}
	return v, nil
}

// namesFile reports whether an argument names something in the folder base: such
// a server has to run there to find it.
func namesFile(base string, args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		if a == "" || strings.HasPrefix(a, "-") || filepath.IsAbs(a) {
			return false
		}
		_, err := os.Lstat(filepath.Join(base, a))
		return err == nil
	})
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
