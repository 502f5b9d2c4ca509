package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aureus-agents/aureus/internal/evaluate"
)

// tallyModel answers with the user's text and counts how often each was asked.
type tallyModel struct {
	mu    sync.Mutex
	asked map[string]int
	total int
	// at is called once, when the total reaches when.
	when int
	at   func()
}

func (m *tallyModel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/chat/completions") {
		http.NotFound(w, r)
		return
	}
	var body struct {
		Messages []struct{ Role, Content string }
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	said := body.Messages[len(body.Messages)-1].Content
	m.mu.Lock()
	m.asked[said]++
	if m.total++; m.total == m.when {
		m.at()
	}
	m.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	text, _ := json.Marshal(said)
	fmt.Fprintf(w, `{"id":"1","object":"chat.completion","model":"tally-1","choices":[{"index":0,"finish_reason":"stop",`+
		`"message":{"role":"assistant","content":%s}}],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}`, text)
}

// tallyBlueprint is an agent that says what it is told, with n cases.
func tallyBlueprint(t *testing.T, dir string, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("apiVersion: aureus/v1\nkind: Agent\nmetadata: {name: tally, owner: qa}\nspec:\n  goal: Say it.\n  instructions: Say it.\n" +
		"  riskTier: low\n  zone: public\n  model: {name: tally}\n  evaluation:\n    suites:\n      - name: s\n        scenarios:\n")
	for i := range n {
		fmt.Fprintf(&b, "          - {name: case %d, input: say %d, expect: {graders: [{type: equals, value: say %d}]}}\n", i, i, i)
	}
	file := filepath.Join(dir, "tally.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestEvaluateSurvivesKill ends evaluations with SIGKILL at several points and goes
// on with the same command: every case is in the report once, and of the finished
// runs none is made again: beyond one call a case, the model was asked at most for
// what was in progress at each kill.
func TestEvaluateSurvivesKill(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	const cases, concurrency = 150, 4
	kills := []int{1, 40, 41, 90, 149}
	dir := t.TempDir()
	file, journal := tallyBlueprint(t, dir, cases), filepath.Join(dir, "j.jsonl")
	model := &tallyModel{asked: map[string]int{}}
	srv := httptest.NewServer(model)
	defer srv.Close()
	evaluateOnce := func() ([]byte, error) {
		cmd := exec.Command(bin, "evaluate", file, "--resume", journal, "--concurrency", fmt.Sprint(concurrency), "-o", "json")
		cmd.Env = childEnv("AUREUS_MODEL_URL=" + srv.URL + "/v1")
		var out bytes.Buffer
		cmd.Stdout = &out
		model.mu.Lock() // the program may ask before Start has returned
		model.at = func() { _ = cmd.Process.Kill() }
		err := cmd.Start()
		model.mu.Unlock()
		if err == nil {
			err = cmd.Wait()
		}
		return out.Bytes(), err
	}
	for _, at := range kills {
		model.mu.Lock()
		model.when = max(at, model.total+1)
		model.mu.Unlock()
		if _, err := evaluateOnce(); err == nil {
			t.Fatalf("the evaluation ended before it was killed at call %d", at)
		}
	}
	model.mu.Lock()
	model.when = -1
	model.mu.Unlock()
	out, err := evaluateOnce()
	if err != nil {
		t.Fatalf("the evaluation after the kills: %v", err)
	}
	var report evaluate.Report
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range report.Cases {
		seen[c.Name] = true
	}
	if !report.Passed || len(report.Cases) != cases || len(seen) != cases {
		t.Errorf("the report has %d cases, %d of different names, passed %v; want %d, passed", len(report.Cases), len(seen), report.Passed, cases)
	}
	if most := cases + len(kills)*concurrency; model.total > most || len(model.asked) != cases {
		t.Errorf("the model was asked %d times for %d cases, want %d times at most for %d", model.total, len(model.asked), most, cases)
	}
	if report.Kept < 149-len(kills)*concurrency {
		t.Errorf("the last part took %d runs from the journal, want nearly all", report.Kept)
	}
	t.Logf("%d calls for %d cases over %d kills, %d runs kept", model.total, cases, len(kills), report.Kept)
	before := model.total
	if _, err := evaluateOnce(); err != nil || model.total != before {
		t.Errorf("an evaluation whose journal is whole asked the model %d times more, %v; want none", model.total-before, err)
	}
}

// TestEvaluateDeadModel: a model that does not answer is no failure of the agent.
func TestEvaluateDeadModel(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusUnauthorized)
	}))
	defer srv.Close()
	cmd := exec.Command(bin, "evaluate", tallyBlueprint(t, t.TempDir(), 3))
	cmd.Env = childEnv("AUREUS_MODEL_URL=" + srv.URL + "/v1")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "could not be measured") || strings.Contains(string(out), "does not pass") {
		t.Errorf("aureus evaluate with a model that refuses = %v, want status 1 and not measured:\n%s", err, out)
	}
}
