package sandbox

import (
	"slices"
	"strings"
)

// Spec is a program and everything that it gets. Paths are absolute and clean.
type Spec struct {
	Path string   // the program's file, as the program itself sees it
	Argv []string // with the program's name
	Env  []string // all of it
	Dir  string   // where it runs; made when nothing is there
	// Views are what it sees of the host, beside the system's own folders. A view
	// inside an earlier one is put on top of it.
	Views []View
	// HostNetwork shares the host's network; otherwise there is a loopback
	// interface and nothing else.
	HostNetwork bool
	Limits      Limits
}

// View is a file or folder of the host that the program sees.
type View struct {
	Source string // on the host, without symbolic links
	Target string // where the program sees it
	Write  bool
	// Link, when set, makes Target a symbolic link to it; there is no Source.
	Link string
	// Hidden puts an empty folder over what an earlier view shows at Target.
	Hidden bool
}

// Limits hold for the program and all that it starts.
type Limits struct {
	MemoryMiB int // private and shared memory of all processes together
	Processes int // processes and threads
	DiskMiB   int // /tmp, the home folder and /dev/shm together; also the largest file it can write
	OpenFiles int // of one process
}

// Home and Temp are the writable folders of every sandbox.
const (
	Home = "/home/tool"
	Temp = "/tmp"
)

// sentinel is the name that this binary is started under to build a sandbox.
const sentinel = "aureus-sandbox"

// The pipes between Aureus and the process that builds the sandbox.
const (
	specFD   = 3 // the Spec, as JSON
	statusFD = 4 // a failure, as JSON; closed without one when the program runs
)

// failure says which step of building a sandbox failed.
type failure struct {
	Step    string `json:"step"`
	Cause   string `json:"cause"`
	Refused bool   `json:"refused"` // by the kernel's configuration, not because of the Spec
}

// systemFolders are shown to every program, where they exist: programs and
// libraries, no data of anybody. One that is a symbolic link is made one.
var systemFolders = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"}

// Shown reports whether every sandbox shows the path.
func Shown(name string) bool {
	return slices.ContainsFunc(systemFolders, func(f string) bool { return name == f || strings.HasPrefix(name, f+"/") })
}
