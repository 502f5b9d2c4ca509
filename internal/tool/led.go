package tool

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// maxLinks bounds the links that one path leads through, as the kernel does.
const maxLinks = 40

// changeable remembers the folders that the server can change: what lies there
// says nothing about what it may see.
func (v *view) changeable(paths []string) {
	for _, p := range paths {
		if real, err := filepath.EvalSymlinks(at(v.base, p)); err == nil {
			v.writes = append(v.writes, real)
		}
	}
}

// changes reports whether the server can change what is at a path without links.
func (v *view) changes(real string) bool {
	return slices.ContainsFunc(v.writes, func(w string) bool { return blueprint.Inside(real, w) })
}

// ledAway is fault.Invalid when a path leads through a link that the server could
// have put there, out of the folder which it can change: at its next start it
// would see whatever it chose.
func (v *view) ledAway(server, name string) error {
	var links []string // the folders of the links that it can change
	cur, left := "/", strings.Split(name, "/")
	for hops := 0; len(left) > 0; {
		part := left[0]
		left = left[1:]
		if part == ".." {
			cur = filepath.Dir(cur)
			continue
		}
		next := filepath.Join(cur, part)
		to, err := os.Readlink(next)
		if err != nil { // no link, or nothing, which is said elsewhere
			cur = next
			continue
		}
		if hops++; hops > maxLinks {
			break
		}
		if v.changes(cur) {
			links = append(links, cur)
		}
		if filepath.IsAbs(to) {
			cur = "/"
		}
		left = slices.Concat(strings.Split(to, "/"), left)
	}
	for _, at := range links {
		if !slices.ContainsFunc(v.writes, func(w string) bool { return blueprint.Inside(at, w) && blueprint.Inside(cur, w) }) {
			return fault.New(fault.Invalid, "server %q was not started: %s leads through a link in %s, which the server can change, to %s; remove the link, or name that path itself", server, name, at, cur)
		}
	}
	return nil
}
