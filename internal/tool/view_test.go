package tool

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// tree makes files, folders (ending in /) and links (name -> target) in a folder.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		name, to, link := strings.Cut(n, " -> ")
		text := ""
		name, text, _ = strings.Cut(name, ": ")
		file := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(file), 0o700)
		switch {
		case err != nil:
		case link:
			err = os.Symlink(to, file)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(file, 0o700)
		default:
			err = os.WriteFile(file, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o700)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestViews: what a server sees of the folder that Aureus runs in.
func TestViews(t *testing.T) {
	files := []string{"app/server.js: x", "app/lib/a.js: x", "top.js: x", "desk/main.js: x", "desk/data/x: x", "data/key.pem: x", "shop/shop.db: x", "notes/n: x",
		"linked -> notes", "home/me/x.js: x", "venv/pyvenv.cfg: home = DIR/python/bin\n", "venv/bin/python -> ../../python/bin/python3",
		"venv/bin/srv: #!DIR/venv/bin/python\n", "python/bin/python3: x", "python/lib/python3.12/os.py: x",
		"pkg/package.json: x", "pkg/dist/index.js: x", "pkg/src/a.txt: x", "pkg/node_modules/dep/index.js: x", "pkg/secret: x",
		"desk/node_modules/srv/package.json: x", "desk/node_modules/srv/dist/index.js: x",
		"home/me/package.json: x", "home/me/bin/x.js: x", "leaky/package.json -> ../data/key.pem", "leaky/dist/x.mjs: x",
		"node/bin/npm -> ../lib/node_modules/npm/bin/cli.js", "node/bin/node: x", "node/lib/node_modules/npm/bin/cli.js: #!/usr/bin/env node\n"}
	tests := []struct {
		name    string
		command []string // DIR is the folder
		sandbox blueprint.Sandbox
		strict  bool
		want    []string // r, w, link or hidden, and the path; in the folder
		dir     string
	}{
		{name: "nothing", command: []string{"/bin/sh"}, dir: "/home/tool"},
		{name: "a script's folder", command: []string{"/bin/sh", "app/server.js"}, want: []string{"r app"}, dir: "."},
		{name: "a script alone when strict", command: []string{"/bin/sh", "app/server.js"}, strict: true, want: []string{"r app/server.js"}, dir: "."},
		{name: "a script beside the data", command: []string{"/bin/sh", "desk/main.js"}, want: []string{"r desk", "hidden desk/data"}, dir: "."},
		{name: "a script above a home is alone", command: []string{"/bin/sh", "top.js"}, want: []string{"r top.js"}, dir: "."},
		{name: "a built script with its package's modules", command: []string{"/bin/sh", "pkg/dist/index.js"}, want: []string{"r pkg/dist", "r pkg/node_modules", "r pkg/package.json"}, dir: "."},
		{name: "a built script alone when strict", command: []string{"/bin/sh", "pkg/dist/index.js"}, strict: true, want: []string{"r pkg/dist/index.js"}, dir: "."},
		{name: "a text is no script", command: []string{"/bin/sh", "pkg/src/a.txt"}, want: []string{"r pkg/src"}, dir: "."},
		{name: "an installed script with its modules", command: []string{"/bin/sh", "DIR/desk/node_modules/srv/dist/index.js"}, want: []string{"r desk/node_modules"}, dir: "/home/tool"},
		{name: "a package that is a home shows nothing", command: []string{"/bin/sh", "home/me/bin/x.js"}, want: []string{"r home/me/bin"}, dir: "."},
		{name: "what belongs to Aureus is no package", command: []string{"/bin/sh", "leaky/dist/x.mjs"}, want: []string{"r leaky/dist"}, dir: "."},
		{name: "by its whole name", command: []string{"/bin/sh", "DIR/app/server.js"}, want: []string{"r app"}, dir: "/home/tool"},
		{name: "a script in a home is alone", command: []string{"/bin/sh", "home/me/x.js"}, want: []string{"r home/me/x.js"}, dir: "."},
		{name: "no file", command: []string{"/bin/sh", "-app/server.js", "nothing"}, dir: "/home/tool"},
		{name: "a folder is named, not guessed", command: []string{"/bin/sh", "notes"}, dir: "."},
		{name: "data is not shown as an argument", command: []string{"/bin/sh", "data/key.pem"}, dir: "."},
		{name: "write wins", command: []string{"/bin/sh", "shop/shop.db"}, sandbox: blueprint.Sandbox{Read: []string{"shop"}, Write: []string{"shop"}}, want: []string{"w shop"}, dir: "."},
		{name: "a file to write in a folder to read", command: []string{"/bin/sh"}, sandbox: blueprint.Sandbox{Read: []string{"."}, Write: []string{"shop/shop.db"}},
			want: []string{"r ", "w shop/shop.db", "hidden data", "hidden desk/data"}, dir: "."},
		{name: "a link is shown as what it leads to", command: []string{"/bin/sh"}, sandbox: blueprint.Sandbox{Read: []string{"linked"}}, want: []string{"r linked", "r notes"}, dir: "."},
		{name: "a program beside its folder", command: []string{"DIR/app/server.js"}, want: []string{"r app/server.js"}, dir: "/home/tool"},
		{name: "a Python environment", command: []string{"DIR/venv/bin/srv"}, want: []string{"r python/bin", "r python/lib", "r venv"}, dir: "/home/tool"},
		{name: "a Node program", command: []string{"DIR/node/bin/npm"}, want: []string{"r node/bin", "r node/lib"}, dir: "/home/tool"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, files...)
			for i := range tt.command {
				tt.command[i] = strings.ReplaceAll(tt.command[i], "DIR", dir)
			}
			env := map[string]string{"HOME": filepath.Join(dir, "home/me"), "PATH": filepath.Join(dir, "node/bin")}
			c := Config{Dir: dir, Private: []string{filepath.Join(dir, "data"), filepath.Join(dir, "desk/data")}, LookupEnv: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
			s := blueprint.Server{Name: "s", Stdio: &blueprint.StdioServer{Command: tt.command, Sandbox: tt.sandbox}}
			views, at, err := c.views(s, dir, tt.command[0], tt.strict)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range views {
				how := "r "
				switch {
				case v.Hidden:
					how = "hidden "
				case v.Link != "":
					how = "link "
				case v.Write:
					how = "w "
				}
				if rel, err := filepath.Rel(dir, v.Target); err == nil && filepath.IsLocal(rel) {
					got = append(got, how+strings.TrimPrefix(rel, "."))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("views(%q) (-want +got):\n%s", tt.command, diff)
			}
			if want := tt.dir; filepath.Join(dir, tt.dir) != at && want != at {
				t.Errorf("views(%q) runs in %s, want %s", tt.command, at, want)
			}
		})
	}
}

func TestViewsRefuse(t *testing.T) {
	dir := tree(t, "data/key.pem: x", "data/more/", "kernel -> /proc", "whole -> /", "leak -> data/key.pem")
	c := Config{Dir: dir, Private: []string{filepath.Join(dir, "data", "more")}}.withDefaults()
	over := blueprint.Server{Name: "s", Stdio: &blueprint.StdioServer{Command: []string{"/bin/sh"}, Sandbox: blueprint.Sandbox{Write: []string{"."}}}}
	if _, _, err := c.views(over, dir, "/bin/sh", false); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "holds the data of Aureus") {
		t.Errorf("views with write of a folder around the data of Aureus = %v, want INVALID", err)
	}
	tests := []struct{ path, want string }{
		{"nothing", "does not exist"}, {"/", "no sandbox shows"}, {"/proc/self", "no sandbox shows"}, {"/sys", "no sandbox shows"}, {"/dev/shm", "no sandbox shows"},
		{"kernel", "no sandbox shows"}, {"whole", "no sandbox shows"}, {"data", "belongs to Aureus"}, {"data/more", "belongs to Aureus"}, {"leak", "belongs to Aureus"},
	}
	for _, tt := range tests {
		for _, field := range []string{"read", "write"} {
			sb := blueprint.Sandbox{Read: []string{tt.path}}
			if field == "write" {
				sb = blueprint.Sandbox{Write: []string{tt.path}}
			}
			c := Config{Dir: dir, Private: []string{filepath.Join(dir, "data")}}.withDefaults()
			_, _, err := c.views(blueprint.Server{Name: "s", Stdio: &blueprint.StdioServer{Command: []string{"/bin/sh"}, Sandbox: sb}}, dir, "/bin/sh", false)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "stdio.sandbox."+field) {
				t.Errorf("views with %s %s = %v, want INVALID that says %q", field, tt.path, err, tt.want)
			}
		}
	}
}

// TestViewsLedAway: a server that may change a folder cannot have itself shown
// another one by a link there.
func TestViewsLedAway(t *testing.T) {
	dir := tree(t, "secret/app/key: x", "work/real/app/key: x", "work/inner -> real", "work/planted -> ../secret", "work/venv/bin/python: #!DIR/secret/app/key", "hop -> work/planted", "shown -> secret", "work/js/main.js: x", "work/js/package.json: {}", "work/js/node_modules -> ../../secret")
	tests := []struct {
		name    string
		command []string
		sb      blueprint.Sandbox
		ok      bool
	}{
		{"a link inside", nil, blueprint.Sandbox{Write: []string{"work"}, Read: []string{"work/inner/app"}}, true},
		{"a planted link in read", nil, blueprint.Sandbox{Write: []string{"work"}, Read: []string{"work/planted/app"}}, false},
		{"a planted link at the end", nil, blueprint.Sandbox{Write: []string{"work"}, Read: []string{"work/planted"}}, false},
		{"a planted link in write", nil, blueprint.Sandbox{Write: []string{"work", "work/planted/app"}}, false},
		{"a planted link in an argument", []string{"--db", "work/planted/app/key"}, blueprint.Sandbox{Write: []string{"work"}}, false},
		{"a link to a planted link", nil, blueprint.Sandbox{Write: []string{"work"}, Read: []string{"hop/app"}}, false},
		{"a link of ours", nil, blueprint.Sandbox{Write: []string{"work"}, Read: []string{"shown/app"}}, true},
		{"a link that it cannot change", nil, blueprint.Sandbox{Read: []string{"work/planted/app"}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{Dir: dir}.withDefaults()
			s := blueprint.Server{Name: "s", Stdio: &blueprint.StdioServer{Command: append([]string{"/bin/sh"}, tt.command...), Sandbox: tt.sb}}
			_, _, err := c.views(s, dir, "/bin/sh", false)
			if tt.ok != (err == nil) || err != nil && !fault.Is(err, fault.Invalid) {
				t.Errorf("views(%v, %+v) = %v, want ok %v", tt.command, tt.sb, err, tt.ok)
			}
		})
	}
	program := filepath.Join(dir, "work", "venv", "bin", "python")
	s := blueprint.Server{Name: "s", Stdio: &blueprint.StdioServer{Command: []string{program, "work/js/main.js"}, Sandbox: blueprint.Sandbox{Write: []string{"work"}}}}
	views, _, err := Config{Dir: dir}.withDefaults().views(s, dir, program, false)
	for _, x := range views {
		if strings.Contains(x.Target, "secret") {
			t.Errorf("views of a program that can change itself show %s, which its first line names", x.Target)
		}
	}
	if err != nil {
		t.Errorf("views of a program that can change itself = %v", err)
	}
}

// TestStrictServer: a tool of tier high makes the sandbox of its server the strict one.
func TestStrictServer(t *testing.T) {
	for tier, want := range map[blueprint.Tier]bool{"low": false, "medium": false, "high": true, "critical": true, "": true} {
		b := shop(t, "shop", blueprint.Tool{Name: "lookup_order", RiskTier: tier, Intent: blueprint.IntentRead})
		tools, _ := open(t, newAdapters(t, Config{}), b)
		if got := tools.(*toolset).conns["shop"].link.strict; got != want {
			t.Errorf("the sandbox of a server with a tool of tier %q is strict: %v, want %v", tier, got, want)
		}
	}
	if usual, strict := (blueprint.Sandbox{}).Resolved(false), (blueprint.Sandbox{}).Resolved(true); !slices.Equal(
		[]int{usual.MemoryMiB, usual.Processes, usual.DiskMiB, usual.OpenFiles},
		[]int{2 * strict.MemoryMiB, 2 * strict.Processes, 2 * strict.DiskMiB, 2 * strict.OpenFiles}) {
		t.Errorf("limits %+v and strict %+v, want half of each", usual, strict)
	}
}
