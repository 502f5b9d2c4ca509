package tool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/tool/sandbox"
	"github.com/aureus-agents/aureus/resource"
)

// shop is a blueprint that uses the named tools of a stdio server.
func shop(t *testing.T, role string, tools ...blueprint.Tool) *blueprint.Agent {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	a, marks := &blueprint.Agent{}, t.TempDir()
	a.Spec.Servers = []blueprint.Server{{Name: "shop", Stdio: &blueprint.StdioServer{
		Command: []string{self}, Env: map[string]string{roleEnv: role, "MARKS": marks},
		Sandbox: blueprint.Sandbox{Write: []string{marks}}}}}
	for _, bt := range tools {
		bt.Server = "shop"
		a.Spec.Tools = append(a.Spec.Tools, bt)
	}
	return a
}

func read(name string) blueprint.Tool {
	return blueprint.Tool{Name: name, Intent: blueprint.IntentRead, RiskTier: blueprint.TierLow}
}
func write(name string) blueprint.Tool {
	return blueprint.Tool{Name: name, Intent: blueprint.IntentWrite, RiskTier: blueprint.TierMedium}
}

func noWait(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func newAdapters(t *testing.T, cfg Config) *Adapters {
	t.Helper()
	if cfg.Wait == nil {
		cfg.Wait = noWait
	}
	if cfg.StopGrace == 0 {
		cfg.StopGrace = 300 * time.Millisecond
	}
	if cfg.TempDir == "" {
		cfg.TempDir = t.TempDir()
	}
	a := New(cfg)
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	t.Cleanup(cancel)
	return ctx
}

// open pins the blueprint's tools and opens them as a version.
func open(t *testing.T, a *Adapters, b *blueprint.Agent) (agentrun.Tools, *resource.Manifest) {
	t.Helper()
	ads, err := a.Discover(testContext(t), b)
	if err != nil {
		t.Fatalf("Discover = %v", err)
	}
	m := &resource.Manifest{Blueprint: *b, Adapters: ads}
	tools, err := a.Open(testContext(t), m, "sha256:1")
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	return tools, m
}

func call(t *testing.T, tools agentrun.Tools, bt blueprint.Tool, args map[string]any) (agentrun.Result, error) {
	t.Helper()
	return tools.Call(testContext(t), agentrun.Call{RunID: "run_1", ID: "run_1-1", Tool: bt, Args: args})
}

func TestDiscoverPinsUsedTools(t *testing.T) {
	a := newAdapters(t, Config{})
	b := shop(t, "shop", read("call_id"), blueprint.Tool{Name: "find", Upstream: "lookup_order"}, blueprint.Tool{Name: "find2", Upstream: "lookup_order"})
	ads, err := a.Discover(testContext(t), b)
	if err != nil {
		t.Fatal(err)
	}
	if len(ads) != 1 || ads[0].Server != "shop" || ads[0].Name != "shop" || ads[0].Version != "1.2.3" {
		t.Fatalf("Discover = %+v, want the server's own name and version", ads)
	}
	var names []string
	for _, p := range ads[0].Tools {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"call_id", "lookup_order"}, names); diff != "" {
		t.Errorf("Discover pins (-want +got):\n%s", diff)
	}
	p := ads[0].Tools[1]
	if p.Description != "looks an order up" || p.InputSchema["type"] != "object" || p.OutputSchema == nil || p.Annotations["readOnlyHint"] != true {
		t.Errorf("Discover pin = %+v, want description, schemas and annotations", p)
	}
	again, err := a.Discover(testContext(t), b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ads, again); diff != "" {
		t.Errorf("Discover twice differs:\n%s", diff)
	}
	want := p
	want.Digest = ""
	if d, err := digestWithout(want); err != nil || d != p.Digest || !strings.HasPrefix(d, "sha256:") {
		t.Errorf("digest of the pin = %q, %v, want %q", d, err, p.Digest)
	}
}

func TestCatalogListsEverything(t *testing.T) {
	a := newAdapters(t, Config{})
	ads, err := a.Catalog(testContext(t), shop(t, "shop").Spec.Servers)
	if err != nil {
		t.Fatal(err)
	}
	if len(ads) != 1 || len(ads[0].Tools) < 10 || !slices.IsSortedFunc(ads[0].Tools, func(x, y resource.ToolPin) int { return strings.Compare(x.Name, y.Name) }) {
		t.Errorf("Catalog = %d adapters, want one with all tools of all pages, sorted", len(ads))
	}
}

func TestDiscoverAsksFewAtOnce(t *testing.T) {
	a := newAdapters(t, Config{})
	b := shop(t, "shop", read("call_id"))
	for range maxAsking {
		a.asking <- struct{}{}
	}
	gone, cancel := context.WithCancel(testContext(t))
	cancel()
	if _, err := a.Discover(gone, b); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Discover while %d servers are asked = %v, want %s", maxAsking, err, fault.Unavailable)
	}
	<-a.asking
	if _, err := a.Discover(testContext(t), b); err != nil {
		t.Errorf("Discover with a free place = %v", err)
	}
	if len(a.asking) != maxAsking-1 {
		t.Errorf("Discover left %d places taken, want %d", len(a.asking), maxAsking-1)
	}
}

func TestDiscoverErrors(t *testing.T) {
	t.Setenv("AUREUS_MODEL_KEY", "sk-secret")
	tests := []struct {
		name string
		cfg  Config
		edit func(b *blueprint.Agent)
		role string
		code fault.Code
		want []string
	}{
		{name: "unknown tool", role: "shop", edit: func(b *blueprint.Agent) { b.Spec.Tools[0].Name = "lookup_ordr" }, code: fault.Invalid, want: []string{`"lookup_ordr"`, `"lookup_order"`}},
		{name: "unknown server", role: "shop", edit: func(b *blueprint.Agent) { b.Spec.Tools[0].Server = "bank" }, code: fault.Invalid, want: []string{`"bank"`, "spec.servers"}},
		{name: "exits at once", role: "exit", code: fault.Upstream, want: []string{"exit status 3", "cannot open shop.db"}},
		{name: "garbage", role: "garbage", code: fault.Upstream, want: []string{"not MCP", "stderr"}},
		{name: "hangs", role: "hang", cfg: Config{StartTimeout: 300 * time.Millisecond}, code: fault.Upstream, want: []string{"handshake", "300ms"}},
		{name: "deaf", role: "deaf", cfg: Config{StartTimeout: 300 * time.Millisecond}, code: fault.Upstream, want: []string{"handshake"}},
		{name: "no such program", role: "shop", edit: func(b *blueprint.Agent) { b.Spec.Servers[0].Stdio.Command = []string{"no-such-program-here"} }, code: fault.Invalid, want: []string{"not found", "no-such-program-here"}},
		{name: "empty command", role: "shop", edit: func(b *blueprint.Agent) { b.Spec.Servers[0].Stdio.Command = nil }, code: fault.Invalid, want: []string{"empty command"}},
		{name: "neither", role: "shop", edit: func(b *blueprint.Agent) { b.Spec.Servers[0].Stdio = nil }, code: fault.Invalid, want: []string{"neither stdio nor http"}},
		{name: "missing variable", role: "shop", edit: func(b *blueprint.Agent) {
			b.Spec.Servers[0].Stdio.EnvFrom = map[string]string{"TOKEN": "SHOP_TOKEN_UNSET"}
		}, code: fault.Invalid, want: []string{"SHOP_TOKEN_UNSET"}},
		{name: "a variable of Aureus", role: "shop", edit: func(b *blueprint.Agent) {
			b.Spec.Servers[0].Stdio.EnvFrom = map[string]string{"X": "AUREUS_MODEL_KEY"}
		}, code: fault.Invalid, want: []string{"AUREUS_MODEL_KEY", "belongs to Aureus"}},
		{name: "bad variable", role: "shop", edit: func(b *blueprint.Agent) { b.Spec.Servers[0].Stdio.Env["A=B"] = "x" }, code: fault.Invalid, want: []string{"stdio.env"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAdapters(t, tt.cfg)
			b := shop(t, tt.role, read("lookup_order"))
			if tt.edit != nil {
				tt.edit(b)
			}
			_, err := a.Discover(testContext(t), b)
			if fault.CodeOf(err) != tt.code {
				t.Fatalf("Discover = %v (%s), want code %s", err, fault.CodeOf(err), tt.code)
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("Discover = %q, want it to say %q", err, w)
				}
			}
			for _, not := range []string{"sk-secret", "\x1b"} {
				if strings.Contains(err.Error(), not) {
					t.Errorf("Discover = %q, holds %q", err, not)
				}
			}
			if left := folders(t, a); len(left) > 0 {
				t.Errorf("Discover left folders %v", left)
			}
		})
	}
}

// folders lists the working folders that are left.
func folders(t *testing.T, a *Adapters) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(a.cfg.TempDir, "aureus-tool-*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

func TestCall(t *testing.T) {
	a := newAdapters(t, Config{MaxResult: 50_000})
	names := []string{"lookup_order", "call_id", "huge", "mixed"}
	var bts []blueprint.Tool
	for _, n := range names {
		bts = append(bts, read(n))
	}
	tools, _ := open(t, a, shop(t, "shop", bts...))
	tests := []struct {
		name string
		tool string
		args map[string]any
		want agentrun.Result
		has  string
	}{
		{name: "structured", tool: "lookup_order", args: map[string]any{"id": "A7"}, want: agentrun.Result{
			Text: `{"id":"A7","total":12.5}`, Structured: map[string]any{"id": "A7", "total": 12.5}}},
		{name: "the tool's own error", tool: "lookup_order", args: map[string]any{"id": "none"}, want: agentrun.Result{Text: "no such order", IsError: true}},
		{name: "arguments against the schema", tool: "lookup_order", args: map[string]any{"id": 7.0}, has: "id"},
		{name: "call id", tool: "call_id", want: agentrun.Result{Text: "run_1-1"}},
		{name: "kinds of content", tool: "mixed", want: agentrun.Result{Text: "a\n[image, image/png, 4 bytes]\nb"}},
		{name: "too large", tool: "huge", has: "over the limit of 50000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := call(t, tools, read(tt.tool), tt.args)
			if err != nil {
				t.Fatalf("Call(%s) = %v", tt.tool, err)
			}
			if tt.has != "" {
				if !got.IsError || !strings.Contains(got.Text, tt.has) {
					t.Errorf("Call(%s) = %+v, want an error that says %q", tt.tool, got, tt.has)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(agentrun.Result{}, "Raw")); diff != "" {
				t.Errorf("Call(%s) (-want +got):\n%s", tt.tool, diff)
			}
		})
	}
	if _, err := call(t, tools, read("delete_all"), nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("Call(delete_all) = %v, want INVALID: the version has no such tool", err)
	}
}

func TestChildSeesLittle(t *testing.T) {
	t.Setenv("AUREUS_MODEL_KEY", "sk-secret")
	t.Setenv("OTHER_SECRET", "hidden")
	t.Setenv("SHOP_TOKEN", "tok")
	b := shop(t, "shop", read("environ"))
	b.Spec.Servers[0].Stdio.EnvFrom = map[string]string{"TOKEN": "SHOP_TOKEN"}
	a := newAdapters(t, Config{})
	tools, _ := open(t, a, b)
	res, err := call(t, tools, read("environ"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Env []string
		Dir string
	}
	if err := json.Unmarshal([]byte(res.Text), &got); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range got.Env {
		k, _, _ := strings.Cut(e, "=")
		names = append(names, k)
	}
	for _, n := range names {
		if !slices.Contains([]string{"PATH", "HOME", "LANG", "TZ", "TMPDIR", "TOKEN", roleEnv, "MARKS", "GOCOVERDIR"}, n) {
			t.Errorf("the child sees %s", n)
		}
	}
	if !slices.Contains(got.Env, "TOKEN=tok") || !slices.Contains(names, "PATH") {
		t.Errorf("the child sees %v, want PATH and TOKEN", names)
	}
	if got.Dir != sandbox.Home {
		t.Errorf("the child runs in %s, want its own folder", got.Dir)
	}
}

func TestCommandFolder(t *testing.T) {
	base := t.TempDir()
	if err := os.WriteFile(filepath.Join(base, "server.js"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(base, "run.sh"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name       string
		argv       []string
		path, dir  string
		selfConfig string
	}{
		{"own folder", []string{"/bin/sh", "-c", "true"}, "/bin/sh", "/tmp/own", ""},
		{"argument names a file", []string{"/bin/sh", "server.js"}, "/bin/sh", base, ""},
		{"flag is no file", []string{"/bin/sh", "-server.js"}, "/bin/sh", "/tmp/own", ""},
		{"relative program", []string{"./run.sh"}, filepath.Join(base, "run.sh"), "/tmp/own", ""},
		{"aureus", []string{"aureus", "x"}, "/opt/aureus", "/tmp/own", "/opt/aureus"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{Dir: base, Self: tt.selfConfig}.withDefaults()
			cmd, _, err := c.newCommand(blueprint.Server{Name: "s", Stdio: &blueprint.StdioServer{Command: tt.argv,
				Sandbox: blueprint.Sandbox{Mode: blueprint.SandboxNone}}}, false, "/tmp/own")
			if err != nil {
				t.Fatal(err)
			}
			if cmd.Path != tt.path || cmd.Dir != tt.dir || cmd.SysProcAttr == nil || !cmd.SysProcAttr.Setpgid {
				t.Errorf("newCommand(%q) = %s in %s, want %s in %s in its own group", tt.argv, cmd.Path, cmd.Dir, tt.path, tt.dir)
			}
		})
	}
}

func TestServerDies(t *testing.T) {
	a := newAdapters(t, Config{})
	b := shop(t, "shop", write("die"), read("die_once"), write("lookup_order"))
	marks := b.Spec.Servers[0].Stdio.Env["MARKS"]
	tools, _ := open(t, a, b)
	_, err := call(t, tools, write("die"), nil)
	if !fault.Is(err, fault.Upstream) || !strings.Contains(err.Error(), `"shop"`) {
		t.Fatalf("Call(die) = %v, want UPSTREAM_FAILED that names the server", err)
	}
	if n := size0(t, filepath.Join(marks, "die")); n != 1 {
		t.Errorf("die was called %d times, want once: it does not read", n)
	}
	got, err := call(t, tools, write("lookup_order"), map[string]any{"id": "B"})
	if err != nil || got.IsError {
		t.Fatalf("Call after the server died = %+v, %v, want it to be started again", got, err)
	}
	got, err = call(t, tools, read("die_once"), nil)
	if err != nil || got.Text != "survived" || got.Retries != 1 {
		t.Errorf("Call(die_once) = %+v, %v, want survived after one retry", got, err)
	}
}

func size0(t *testing.T, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Size()
}

// TestFrozenServer: a server that answers nothing any more is started again,
// though its process and its pipes are there.
func TestFrozenServer(t *testing.T) {
	a := newAdapters(t, Config{})
	brief := func(name string) blueprint.Tool {
		bt := write(name)
		bt.Timeout = blueprint.Duration(200 * time.Millisecond)
		return bt
	}
	tools, _ := open(t, a, shop(t, "shop", brief("freeze"), brief("call_id")))
	if _, err := call(t, tools, brief("freeze"), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Call(freeze) = %v, want a timeout", err)
	}
	timeouts := 1
	for end := time.Now().Add(testTimeout); ; timeouts++ {
		if _, err := call(t, tools, brief("call_id"), nil); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("a frozen server was not started again")
		}
	}
	if timeouts < stuckCalls {
		t.Errorf("the server was started again after %d timeouts, want at least %d", timeouts, stuckCalls)
	}
}

func TestSlowCallTimesOut(t *testing.T) {
	a := newAdapters(t, Config{})
	slow := write("stuck")
	slow.Timeout = blueprint.Duration(200 * time.Millisecond)
	tools, _ := open(t, a, shop(t, "shop", slow, read("lookup_order")))
	_, err := call(t, tools, slow, nil)
	if !fault.Is(err, fault.Upstream) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "in time") {
		t.Fatalf("Call(stuck) = %v, want UPSTREAM_FAILED in time", err)
	}
	if got, err := call(t, tools, read("lookup_order"), map[string]any{"id": "B"}); err != nil || got.IsError {
		t.Errorf("Call beside a stuck one = %+v, %v, want an answer", got, err)
	}
}

func TestGarbageInTheMiddle(t *testing.T) {
	a := newAdapters(t, Config{})
	tools, _ := open(t, a, shop(t, "late garbage", write("blurt")))
	_, err := call(t, tools, write("blurt"), nil)
	if !fault.Is(err, fault.Upstream) || !strings.Contains(err.Error(), "not MCP") {
		t.Errorf("Call(blurt) = %v, want UPSTREAM_FAILED about stdout", err)
	}
}

func TestMessageOverTheFrameLimit(t *testing.T) {
	a := newAdapters(t, Config{MaxResult: 50_000})
	tools, _ := open(t, a, shop(t, "shop", write("monster"), read("lookup_order")))
	if _, err := call(t, tools, write("monster"), nil); !fault.Is(err, fault.Upstream) {
		t.Errorf("Call(monster) = %v, want UPSTREAM_FAILED", err)
	}
	if got, err := call(t, tools, read("lookup_order"), map[string]any{"id": "B"}); err != nil || got.IsError {
		t.Errorf("Call after an overlong message = %+v, %v, want an answer", got, err)
	}
}

func TestDriftIsRefused(t *testing.T) {
	a := newAdapters(t, Config{})
	b := shop(t, "shop", read("lookup_order"), write("change"))
	tools, m := open(t, a, b)

	drifted := *m
	drifted.Blueprint = *shop(t, "drifted", read("lookup_order"), write("change"))
	_, err := a.Open(testContext(t), &drifted, "sha256:2")
	if !fault.Is(err, fault.Verification) || !strings.Contains(err.Error(), "lookup_order") || !strings.Contains(err.Error(), "description") {
		t.Errorf("Open(drifted) = %v, want VERIFICATION_FAILED that names the tool and its description", err)
	}

	gone := *m
	gone.Adapters = []resource.Adapter{{Server: "shop", Tools: append(slices.Clone(m.Adapters[0].Tools), resource.ToolPin{Name: "refund", Digest: "sha256:0"})}}
	if _, err := a.Open(testContext(t), &gone, "sha256:3"); !fault.Is(err, fault.Verification) || !strings.Contains(err.Error(), `"refund"`) {
		t.Errorf("Open(gone) = %v, want VERIFICATION_FAILED that names refund", err)
	}

	if _, err := call(t, tools, write("change"), nil); err != nil {
		t.Fatal(err)
	}
	// The notice comes beside the answer: wait for it, then no call may pass.
	link := tools.(*toolset).conns["shop"].link
	eventually(t, link.changed.Load)
	for range 2 {
		_, err = call(t, tools, read("lookup_order"), map[string]any{"id": "B"})
		if !fault.Is(err, fault.Verification) || !strings.Contains(err.Error(), "lookup_order") {
			t.Errorf("Call after tools/list_changed = %v, want VERIFICATION_FAILED that names lookup_order", err)
		}
	}
}

func TestCloseLeavesNoProcess(t *testing.T) {
	a := newAdapters(t, Config{})
	tools, _ := open(t, a, shop(t, "shop", write("grandchild"), read("environ"), write("stuck")))
	if res, err := call(t, tools, write("grandchild"), nil); err != nil || strings.Trim(res.Text, "0123456789") != "" {
		t.Fatalf("grandchild = %q, %v, want its number", res.Text, err)
	}
	pids := family(t, tools.(*toolset).conns["shop"].link.proc.cmd.Process.Pid)
	if len(pids) != 3 {
		t.Fatalf("the server is the processes %v, want what keeps the sandbox, the server and its child", pids)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := tools.Call(context.Background(), agentrun.Call{Tool: write("stuck")})
		failed <- err
	}()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil {
		t.Error("a call in flight at Close returned no error")
	}
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d lives after Close", pid)
		}
	}
	if left := folders(t, a); len(left) > 0 {
		t.Errorf("Close left folders %v", left)
	}
	if _, err := a.Open(testContext(t), &resource.Manifest{}, "sha256:9"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Open after Close = %v, want UNAVAILABLE", err)
	}
	if _, err := tools.Call(testContext(t), agentrun.Call{Tool: read("environ")}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Call after Close = %v, want UNAVAILABLE", err)
	}
}

func TestChildDiesWithAureus(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(self)
	parent.Env = append(os.Environ(), roleEnv+"=parent")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var child int
	_, scanErr := fmt.Fscan(out, &child)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := parent.Wait(); err == nil || scanErr != nil || child == 0 {
		t.Fatalf("the parent said %d (%v) and ended with %v, want the child's pid and to be killed", child, scanErr, err)
	}
	eventually(t, func() bool { return !alive(child) })
}

// eventually waits until cond holds.
func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	ctx, tick := testContext(t), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it did not happen")
		}
	}
}

// family is a process and all below it, as the host numbers them.
func family(t *testing.T, pid int) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	children := map[int][]int{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // it ended
		}
		var id, parent int
		var state string
		_, rest, _ := strings.Cut(string(text), ") ")
		if _, err := fmt.Sscan(rest, &state, &parent); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(string(text), &id); err != nil {
			t.Fatal(err)
		}
		children[parent] = append(children[parent], id)
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// alive reports whether a process runs; one that nobody reaped does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	return !bytes.Contains(b, []byte(") Z "))
}

func TestRunsShareOneServer(t *testing.T) {
	a := newAdapters(t, Config{})
	tools, m := open(t, a, shop(t, "shop", read("environ")))
	again, err := a.Open(testContext(t), m, "sha256:1")
	if err != nil {
		t.Fatal(err)
	}
	if tools != again {
		t.Error("Open gives other tools for the same digest")
	}
	pids := make([]string, 16)
	var wg sync.WaitGroup
	for i := range pids {
		wg.Go(func() {
			res, err := tools.Call(context.Background(), agentrun.Call{Tool: read("environ")})
			if err != nil {
				t.Error(err)
				return
			}
			var got struct{ Pid int }
			if err := json.Unmarshal([]byte(res.Text), &got); err != nil {
				t.Error(err)
			}
			pids[i] = strconv.Itoa(got.Pid)
		})
	}
	wg.Wait()
	if u := slices.Compact(slices.Sorted(slices.Values(pids))); len(u) != 1 {
		t.Errorf("16 calls reached %d processes, want one", len(u))
	}
}

func TestIdleServerIsStoppedAndStartedAgain(t *testing.T) {
	a := newAdapters(t, Config{IdleTimeout: time.Millisecond})
	tools, _ := open(t, a, shop(t, "shop", read("call_id")))
	c := tools.(*toolset).conns["shop"]
	eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.link == nil
	})
	if got, err := call(t, tools, read("call_id"), nil); err != nil || got.Text != "run_1-1" {
		t.Errorf("Call of an idle server = %+v, %v, want it to be started again", got, err)
	}
}

func TestLogsHoldNoPayload(t *testing.T) {
	var buf bytes.Buffer
	var mu sync.Mutex
	log := slog.New(slog.NewTextHandler(lockedWriter{&mu, &buf}, &slog.HandlerOptions{Level: slog.LevelInfo}))
	a := newAdapters(t, Config{Logger: log})
	tools, _ := open(t, a, shop(t, "shop", read("lookup_order")))
	if _, err := call(t, tools, read("lookup_order"), map[string]any{"id": "PAYLOAD"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Discover(testContext(t), shop(t, "exit", read("lookup_order"))); err == nil {
		t.Fatal("Discover of a server that exits = nil")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, not := range []string{"PAYLOAD", "shop.db"} {
		if strings.Contains(buf.String(), not) {
			t.Errorf("the log at info level holds %q:\n%s", not, buf.String())
		}
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func TestNearest(t *testing.T) {
	tests := []struct {
		name string
		in   []string
		want string
	}{
		{"lookup_ordr", []string{"issue_refund", "lookup_order"}, "lookup_order"},
		{"LookupOrder", []string{"lookup_order"}, "lookup_order"},
		{"x", []string{"issue_refund"}, ""},
		{"a", nil, ""},
	}
	for _, tt := range tests {
		if got := nearest(tt.name, tt.in); got != tt.want {
			t.Errorf("nearest(%q, %q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}
