package gateway_test

import (
	"bufio"
	"context"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/gateway"
)

// npm is the file of a peer that `make peers` installs.
func npm(t testing.TB, path ...string) string {
	t.Helper()
	dir, err := filepath.Abs("testdata/npm/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(append([]string{dir}, path...)...)
	if _, err := os.Stat(file); err != nil {
		t.Fatalf("the npm peers of the gateway are not installed; run make peers: %v", err)
	}
	return file
}

// official is the program of an official MCP server.
func official(t *testing.T, name string) string {
	return npm(t, ".bin", "mcp-server-"+name)
}

// TestOfficialServers: the filesystem, memory and everything servers, each in a
// sandbox of its own, behind one gateway. A client's roots do not widen what the
// filesystem server was given.
func TestOfficialServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gateway.Config{})
	a := newUpstream(t).desk()
	folder, secret := filepath.Join(w.dir, "notes"), filepath.Join(w.dir, "secret")
	for _, d := range []string{folder, secret} {
		w.must(os.Mkdir(d, 0o700))
		w.must(os.WriteFile(filepath.Join(d, "a.txt"), []byte("in "+filepath.Base(d)), 0o600))
	}
	a.Spec.Servers = []blueprint.Server{
		stdio("files", official(t, "filesystem"), folder),
		stdio("memory", official(t, "memory")),
		stdio("everything", official(t, "everything"), "stdio"),
	}
	a.Spec.Servers[0].Stdio.Sandbox.Write = []string{folder}
	a.Spec.Servers[1].Stdio.Env = map[string]string{"MEMORY_FILE_PATH": "/home/tool/memory.jsonl"}
	a.Spec.Tools = nil
	for server, tools := range map[string]string{"files": "read_text_file write_file list_directory",
		"memory": "create_entities read_graph", "everything": "echo get-sum trigger-long-running-operation"} {
		for name := range strings.FieldsSeq(tools) {
			a.Spec.Tools = append(a.Spec.Tools, inside(name, server))
		}
	}
	yes, write := true, a.Tool("write_file")
	write.RiskTier, write.Intent, write.Labels.ActsInside, write.Unprompted = blueprint.TierMedium, blueprint.IntentWrite, &yes, true
	w.deploy(a)
	progress := make(chan float64, 10)
	s := w.connect(&mcp.ClientOptions{ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
		progress <- r.Params.Progress
	}})
	call := func(name string, args map[string]any) (string, bool) {
		p := &mcp.CallToolParams{Name: name, Arguments: args}
		p.SetProgressToken(1)
		res, err := s.CallTool(t.Context(), p)
		w.must(err)
		return textOf(res), res.IsError
	}
	for _, tt := range []struct {
		tool string
		args map[string]any
		want string
		fail bool
	}{
		{"read_text_file", map[string]any{"path": filepath.Join(folder, "a.txt")}, "in notes", false},
		{"read_text_file", map[string]any{"path": filepath.Join(secret, "a.txt")}, "denied", true},
		{"write_file", map[string]any{"path": filepath.Join(folder, "b.txt"), "content": "new"}, "Successfully wrote", false},
		{"list_directory", map[string]any{"path": folder}, "b.txt", false},
		{"create_entities", map[string]any{"entities": []any{map[string]any{"name": "Ada", "entityType": "person", "observations": []any{"likes tea"}}}}, "Ada", false},
		{"read_graph", nil, "likes tea", false},
		{"echo", map[string]any{"message": "hello"}, "hello", false},
		{"get-sum", map[string]any{"a": 2, "b": 3}, "5", false},
		{"trigger-long-running-operation", map[string]any{"duration": 0.4, "steps": 2}, "completed", false},
	} {
		if got, failed := call(tt.tool, tt.args); !strings.Contains(got, tt.want) || failed != tt.fail {
			t.Errorf("%s(%v) = %q, error %t, want %q", tt.tool, tt.args, got, failed, tt.want)
		}
	}
	select {
	case <-progress:
	case <-time.After(patience):
		t.Error("no progress of the long operation arrived")
	}
}

func stdio(name string, argv ...string) blueprint.Server {
	return blueprint.Server{Name: name, Stdio: &blueprint.StdioServer{Command: argv}}
}

// inside is a tool that may be called without asking.
func inside(name, server string) blueprint.Tool {
	no := false
	return blueprint.Tool{Name: name, Server: server, RiskTier: blueprint.TierLow, Intent: blueprint.IntentRead, Zone: blueprint.ZonePublic,
		Labels: blueprint.Labels{ReadsOutside: &no, ReadsPrivate: &no, ActsOutside: &no, ActsInside: &no}}
}

// TestInspector: the command line of the official inspector lists and calls.
func TestInspector(t *testing.T) {
	t.Parallel()
	w, u := newWorld(t, gateway.Config{}), newUpstream(t)
	w.deploy(u.desk())
	inspect := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "node", append([]string{npm(t, ".bin", "mcp-inspector"), "--cli", w.http.URL + "/mcp/desk@staging",
			"--transport", "http", "--header", "Authorization: Bearer " + w.token("inspector-"+args[1][6:])}, args...)...)
		cmd.Dir = t.TempDir()
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("mcp-inspector %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	if out := inspect("--method", "tools/list"); !strings.Contains(out, `"mail"`) || strings.Contains(out, "send_mail") {
		t.Errorf("tools/list = %s, want the version's tools under the blueprint's names", out)
	}
	if out := inspect("--method", "tools/call", "--tool-name", "echo", "--tool-arg", "text=hello"); !strings.Contains(out, "hello") {
		t.Errorf("tools/call = %s, want the echo", out)
	}
}

var scenario = regexp.MustCompile(`(?m)^([✓✗]) ([a-z0-9-]+): (\d+) passed`)

// TestConformance: of the official conformance suite, what the everything server
// passes alone it passes behind the gateway.
func TestConformance(t *testing.T) {
	t.Parallel()
	w := newWorld(t, gateway.Config{})
	direct := everything(t)
	a := newUpstream(t).desk()
	a.Spec.Servers = []blueprint.Server{{Name: "everything", HTTP: &blueprint.HTTPServer{URL: direct}, Expose: []string{blueprint.ExposeResources, blueprint.ExposePrompts}}}
	a.Spec.Tools = []blueprint.Tool{inside("echo", "everything"), inside("get-sum", "everything")}
	w.deploy(a)
	through := w.http.URL + "/mcp/desk@staging"
	alone := make(chan map[string]string, 1)
	go func() { alone <- conformance(t, direct) }()
	behind := conformance(t, withToken(t, through, w.token("conformance")))
	for name, passed := range <-alone {
		if behind[name] < passed {
			t.Errorf("%s: the server alone = %s, behind the gateway = %s", name, passed, behind[name])
		}
	}
}

// everything starts the everything server on a free port.
func everything(t *testing.T) string {
	t.Helper()
	port := httptest.NewServer(nil)
	u, err := url.Parse(port.URL)
	if err != nil {
		t.Fatal(err)
	}
	port.Close()
	cmd := exec.CommandContext(t.Context(), official(t, "everything"), "streamableHttp")
	cmd.Env = append(os.Environ(), "PORT="+u.Port())
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "listening") {
	}
	go func() {
		for lines.Scan() { // so that it can go on writing
		}
		_ = cmd.Wait() // killed with the test
	}()
	return u.String() + "/mcp"
}

// withToken is the gateway for a client that sends no token.
func withToken(t *testing.T, to, secret string) string {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.URL.Path = u.Scheme, u.Host, u.Path
		r.Out.Header.Set("Authorization", "Bearer "+secret)
	}})
	t.Cleanup(func() { proxy.CloseClientConnections(); proxy.Close() })
	return proxy.URL + "/mcp"
}

// conformance runs the suite and returns how a scenario ended: its mark and the
// checks that passed.
func conformance(t *testing.T, at string) map[string]string {
	shim, err := filepath.Abs("testdata/npm/globsync.mjs")
	if err != nil {
		t.Error(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--import", shim, npm(t, "@modelcontextprotocol", "conformance", "dist", "index.js"), "server", "--url", at)
	cmd.Dir = t.TempDir()
	out, _ := cmd.CombinedOutput() // scenarios fail also without the gateway
	got := map[string]string{}
	for _, m := range scenario.FindAllStringSubmatch(string(out), -1) {
		got[m[2]] = map[string]string{"✓": "passes", "✗": "fails"}[m[1]] + " " + m[3]
	}
	if len(got) < 20 {
		t.Errorf("the suite reported %d scenarios:\n%s", len(got), out)
	}
	return got
}
