package live

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// The peer of an evaluation, which `make bench-peers` installs.
const (
	promptfooVersion = "0.120.0"
	promptfooFolder  = "bench/peers/node_modules/promptfoo"
)

// promptfoo runs the same cases as [evaluation] against the same model server.
type promptfoo struct {
	main, config, home, out string
}

// newPromptfoo checks that the pinned version is there and writes the cases for it.
func newPromptfoo(root, dir, modelURL string, cases int) (*promptfoo, error) {
	const fix = "run make bench-peers, which needs Node 20 and npm; without it there is nothing to compare with"
	if _, err := exec.LookPath("node"); err != nil {
		return nil, fmt.Errorf("promptfoo needs node: %w; %s", err, fix)
	}
	folder := filepath.Join(root, promptfooFolder)
	text, err := os.ReadFile(filepath.Join(folder, "package.json"))
	if err != nil {
		return nil, fmt.Errorf("promptfoo is not installed: %w; %s", err, fix)
	}
	var pkg struct{ Version string }
	if err := json.Unmarshal(text, &pkg); err != nil || pkg.Version != promptfooVersion {
		return nil, fmt.Errorf("promptfoo is %q (%v), not %s; %s", pkg.Version, err, promptfooVersion, fix)
	}
	p := &promptfoo{main: filepath.Join(folder, "dist", "src", "main.js"), config: filepath.Join(dir, "promptfooconfig.json"),
		home: filepath.Join(dir, "promptfoo"), out: filepath.Join(dir, "promptfoo.json")}
	type object = map[string]any
	var tests []any
	for i := range cases {
		tests = append(tests, object{"vars": object{"q": fmt.Sprintf("Where is order %d?", i)},
			"assert": []any{object{"type": "contains", "value": "on its way"}}})
	}
	config, err := json.Marshal(object{
		"prompts":   []any{"{{q}}"},
		"providers": []any{object{"id": "openai:chat:instant-1", "config": object{"apiBaseUrl": modelURL, "apiKey": "none"}}},
		"tests":     tests,
	})
	if err != nil {
		return nil, err
	}
	return p, os.WriteFile(p.config, config, 0o600)
}

// once evaluates every case, eight at a time as Aureus does, without its cache,
// its database of results and its table.
func (p *promptfoo) once(ctx context.Context, cases int) (took time.Duration, mb float64, err error) {
	cmd := exec.CommandContext(ctx, "node", p.main, "eval", "-c", p.config, "-j", "8", "-o", p.out,
		"--no-cache", "--no-write", "--no-table", "--no-progress-bar")
	cmd.Env = append(os.Environ(), "PROMPTFOO_CONFIG_DIR="+p.home, "PROMPTFOO_DISABLE_TELEMETRY=1", "PROMPTFOO_DISABLE_UPDATE=1",
		"PROMPTFOO_DISABLE_REMOTE_GENERATION=1")
	start := time.Now()
	said, err := cmd.CombinedOutput()
	took = time.Since(start)
	if err != nil {
		return 0, 0, fmt.Errorf("promptfoo eval: %w\n%s", err, said)
	}
	text, err := os.ReadFile(p.out)
	if err != nil {
		return 0, 0, err
	}
	var report struct {
		Results struct {
			Stats struct{ Successes, Failures, Errors int }
		}
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return 0, 0, fmt.Errorf("the report of promptfoo: %w", err)
	}
	if s := report.Results.Stats; s.Successes != cases || s.Failures+s.Errors != 0 {
		return 0, 0, fmt.Errorf("promptfoo passed %d cases, failed %d, with %d errors; want %d passed", s.Successes, s.Failures, s.Errors, cases)
	}
	mb, err = peakOf(cmd)
	return took, mb, err
}

// peakOf is the peak resident memory of an ended process.
func peakOf(cmd *exec.Cmd) (mb float64, err error) {
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, fmt.Errorf("this system does not tell a process's peak memory")
	}
	return float64(usage.Maxrss) / 1000, nil // KiB on Linux
}
