package blueprint

import (
	"path"
	"slices"
	"strings"
)

// What a sandbox's Mode and Network can be, beside "".
const (
	SandboxNone = "none"
	NetworkNone = "none"
	NetworkHost = "host"
)

// Sandbox says what a child process may see and use beyond the usual: its own
// program, the system's programs and libraries, an empty home and /tmp.
type Sandbox struct {
	Mode    string `json:"mode,omitempty"`    // "" (on) or "none"
	Network string `json:"network,omitempty"` // "none" (the default) or "host"
	// Read and Write name files and folders of the machine that the child may read,
	// or also change. A relative path is relative to the folder that Aureus runs in.
	Read  []string `json:"read,omitempty"`
	Write []string `json:"write,omitempty"`
	// The limits hold for the child and all that it starts, together. Their defaults
	// are half as much for a server with a tool of tier high or critical.
	MemoryMiB int `json:"memoryMiB,omitempty"` // default 1024
	Processes int `json:"processes,omitempty"` // processes and threads; default 256
	DiskMiB   int `json:"diskMiB,omitempty"`   // home and /tmp, and the largest file it can write; default 256
	OpenFiles int `json:"openFiles,omitempty"` // of one process; default 1024
}

// On reports whether there is a sandbox.
func (s Sandbox) On() bool { return s.Mode != SandboxNone }

// Resolved returns s with its defaults filled in, those of a strict sandbox when
// the server has a tool of tier high or critical.
func (s Sandbox) Resolved(strict bool) Sandbox {
	part := 1
	if strict {
		part = 2
	}
	s.Network = or(s.Network, NetworkNone)
	s.MemoryMiB = or(s.MemoryMiB, DefaultMemoryMiB/part)
	s.Processes = or(s.Processes, DefaultProcesses/part)
	s.DiskMiB = or(s.DiskMiB, DefaultDiskMiB/part)
	s.OpenFiles = or(s.OpenFiles, DefaultOpenFiles/part)
	return s
}

// Strict reports whether the sandbox of a server that offers these tools is the
// strict one: when one of them is of a tier above medium, or of an unknown one.
func Strict(server string, tools []Tool) bool {
	return slices.ContainsFunc(tools, func(t Tool) bool {
		return t.Server == server && t.RiskTier != TierLow && t.RiskTier != TierMedium
	})
}

// kernelFolders are no files but the machine itself.
var kernelFolders = []string{"/proc", "/sys", "/dev"}

// TooWide reports whether no sandbox may show the path: the whole machine, or a
// folder that the kernel makes.
func TooWide(name string) bool {
	name = path.Clean(name)
	return name == "/" || slices.ContainsFunc(kernelFolders, func(f string) bool { return Inside(name, f) })
}

// Inside reports whether the clean path name is dir or below it.
func Inside(name, dir string) bool {
	return name == dir || dir == "/" || strings.HasPrefix(name, dir+"/")
}
