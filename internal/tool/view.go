package tool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/tool/sandbox"
)

// view collects what a server sees of the machine beside the system's own folders.
type view struct {
	base    string   // the folder that Aureus runs in
	home    string   // of who runs Aureus
	private []string // shown to nobody
	strict  bool
	writes  []string                // what the server can change
	views   map[string]sandbox.View // by target
}

// views says what the server s sees, and where it runs.
func (c Config) views(s blueprint.Server, base, program string, strict bool) ([]sandbox.View, string, error) {
	v := &view{base: base, strict: strict, views: map[string]sandbox.View{}}
	v.home, _ = c.LookupEnv("HOME")
	for _, p := range c.Private {
		if abs, err := filepath.Abs(p); err == nil {
			if real, err := filepath.EvalSymlinks(abs); err == nil {
				v.private = append(v.private, real)
			}
		}
	}
	sb := s.Stdio.Sandbox
	v.changeable(sb.Write)
	if err := v.ledAway(s.Name, program); err != nil {
		return nil, "", err
	}
	v.program(program, c.LookupEnv)
	dir := sandbox.Home
	for _, a := range s.Stdio.Command[1:] {
		if err := v.ledAway(s.Name, at(base, a)); err != nil {
			return nil, "", err
		}
		if v.argument(a) {
			dir = base
		}
	}
	for _, l := range []struct {
		field string
		paths []string
		write bool
	}{{"read", sb.Read, false}, {"write", sb.Write, true}} {
		for _, p := range l.paths {
			if err := v.named(s.Name, l.field, p, l.write); err != nil {
				return nil, "", err
			}
			if !filepath.IsAbs(p) {
				dir = base
			}
		}
	}
	return v.list(), dir, nil
}

// at is the absolute name of a path that a blueprint or a configuration gives.
func at(base, p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(base, p)
}

// argument shows the file that an argument names and, unless the sandbox is
// strict, the folder that it is in: a script has its modules there. It reports
// whether the argument is a path below the base.
func (v *view) argument(a string) bool {
	if a == "" || strings.HasPrefix(a, "-") {
		return false
	}
	name := at(v.base, a)
	info, err := os.Stat(name)
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(name); err == nil && info.Mode().IsRegular() && !v.hidden(real) {
		if folder := filepath.Dir(real); v.strict || v.personal(folder) {
			v.show(name, real, false)
		} else {
			v.show(filepath.Dir(name), filepath.Dir(real), false)
			v.show(name, real, false)
			if slices.Contains([]string{".js", ".mjs", ".cjs", ".ts", ".mts"}, filepath.Ext(real)) {
				v.script(folder)
			}
		}
	}
	return !filepath.IsAbs(a)
}

// personal reports whether a folder holds more than a program: one that nobody
// means to show whole because a script lies in it.
func (v *view) personal(dir string) bool {
	shared := []string{"/root", "/home", "/etc", "/var", "/run", "/tmp", "/boot", "/mnt", "/media", "/opt", "/srv"}
	return blueprint.TooWide(dir) || slices.Contains(shared, dir) || filepath.Dir(dir) == "/home" || v.home != "" && blueprint.Inside(v.home, dir)
}

func (v *view) hidden(real string) bool {
	return slices.ContainsFunc(v.private, func(p string) bool { return blueprint.Inside(real, p) })
}

// named shows what the blueprint names.
func (v *view) named(server, field, p string, write bool) error {
	name := at(v.base, p)
	if err := v.ledAway(server, name); err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.Invalid, "server %q names %s in stdio.sandbox.%s, which does not exist; make it where Aureus runs, or correct the path", server, p, field)
	case err != nil:
		return fault.Wrap(err, fault.Invalid, "server %q names %s in stdio.sandbox.%s, which cannot be read", server, p, field)
	case blueprint.TooWide(real):
		return fault.New(fault.Invalid, "server %q names %s in stdio.sandbox.%s, which no sandbox shows; name the folders that it needs", server, p, field)
	case v.hidden(real):
		return fault.New(fault.Invalid, "server %q names %s in stdio.sandbox.%s, which belongs to Aureus itself and is shown to no tool", server, p, field)
	case write && slices.ContainsFunc(v.private, func(own string) bool { return blueprint.Inside(own, real) }):
		// It could be hidden, but not held in its place: a folder around it can be renamed.
		return fault.New(fault.Invalid, "server %q names %s in stdio.sandbox.%s, which holds the data of Aureus itself; name the folders in it that the server changes", server, p, field)
	}
	v.show(name, real, write)
	return nil
}

// show adds a view of real, a path without symbolic links, at its own place and
// under the name that it was given.
func (v *view) show(name, real string, write bool) {
	for _, target := range []string{real, name} {
		if had, ok := v.views[target]; !ok || !had.Write {
			v.views[target] = sandbox.View{Source: real, Target: target, Write: write}
		}
	}
}

// link adds a symbolic link.
func (v *view) link(name, to string) {
	if _, ok := v.views[name]; !ok {
		v.views[name] = sandbox.View{Target: name, Link: to}
	}
}

// list is the views in order, without those that another one shows already, and
// with Aureus's own folders hidden.
func (v *view) list() []sandbox.View {
	var out []sandbox.View
	for _, target := range sorted(v.views) {
		x := v.views[target]
		if !x.Write && (sandbox.Shown(target) || slices.ContainsFunc(out, func(o sandbox.View) bool { return shows(o, x) })) {
			continue
		}
		out = append(out, x)
	}
	for _, o := range slices.Clone(out) {
		for _, p := range v.private {
			if o.Link == "" && blueprint.Inside(p, o.Source) {
				out = append(out, sandbox.View{Target: filepath.Join(o.Target, strings.TrimPrefix(p, o.Source)), Hidden: true})
			}
		}
	}
	return out
}

// shows reports whether the view o shows the same as x at the same place.
func shows(o, x sandbox.View) bool {
	if o.Link != "" || !blueprint.Inside(x.Target, o.Target) {
		return false
	}
	return x.Link != "" || filepath.Join(o.Source, strings.TrimPrefix(x.Target, o.Target)) == x.Source
}
