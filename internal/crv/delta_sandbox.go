package crv

import (
	"fmt"
	"path"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
)

// sandbox compares what a server's process may see and use. An added server is
// compared with the default sandbox. Both sides have the defaults of the new
// version, so that a tool's tier, which has a line of its own, is no change here.
func (d *differ) sandbox(p string, was, is blueprint.Sandbox, strict bool) {
	p += ".sandbox"
	switch {
	case was.On() && !is.On():
		d.add("sandbox", "changed", p, "default", "none", blueprint.TierHigh, true)
	case is.On() && !was.On():
		d.add("sandbox", "changed", p, "none", "default", blueprint.TierMedium, false)
	}
	if !is.On() || !was.On() {
		return // what else is written holds for one side only
	}
	was, is = was.Resolved(strict), is.Resolved(strict)
	if was.Network != is.Network {
		d.sandboxChange(p+".network", was.Network, is.Network, is.Network == blueprint.NetworkHost)
	}
	d.paths(p+".write", was.Write, is.Write, was.Write)
	d.paths(p+".read", was.Read, is.Read, slices.Concat(was.Read, was.Write))
	for _, l := range []struct {
		name    string
		was, is int
	}{
		{"memoryMiB", was.MemoryMiB, is.MemoryMiB}, {"processes", was.Processes, is.Processes},
		{"diskMiB", was.DiskMiB, is.DiskMiB}, {"openFiles", was.OpenFiles, is.OpenFiles},
	} {
		if l.was != l.is {
			d.sandboxChange(p+"."+l.name, fmt.Sprint(l.was), fmt.Sprint(l.is), l.is > l.was)
		}
	}
}

func (d *differ) sandboxChange(p, was, is string, widens bool) {
	tier := blueprint.TierMedium
	if widens {
		tier = blueprint.TierHigh
	}
	d.add("sandbox", "changed", p, was, is, tier, widens)
}

// paths compares lists of paths as sets: one that an old path covers is not wider.
func (d *differ) paths(p string, was, is, covered []string) {
	for _, name := range sortedPaths(is) {
		if !slices.ContainsFunc(covered, func(c string) bool { return blueprint.Inside(name, path.Clean(c)) }) {
			d.add("sandbox", "added", p, "", name, blueprint.TierHigh, true)
		} else if !slices.Contains(sortedPaths(was), name) {
			d.add("sandbox", "added", p, "", name, blueprint.TierMedium, false)
		}
	}
	for _, name := range sortedPaths(was) {
		if !slices.Contains(sortedPaths(is), name) {
			d.add("sandbox", "removed", p, name, "", blueprint.TierMedium, false)
		}
	}
}

func sortedPaths(list []string) []string {
	out := make([]string, 0, len(list))
	for _, name := range list {
		out = append(out, path.Clean(name))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func sandboxOf(s blueprint.Server) blueprint.Sandbox {
	if s.Stdio == nil {
		return blueprint.Sandbox{}
	}
	return s.Stdio.Sandbox
}
