package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// demoOnce runs the demo in an empty folder, as a process of its own, without a
// model of the user's.
func demoOnce(t *testing.T, flags ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shipped(t), append([]string{"demo", "--once", "--listen", "127.0.0.1:0"}, flags...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = childEnv()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("aureus demo --once = %v\n%s%s", err, out, stderr.String())
	}
	return out
}

func TestDemoJSON(t *testing.T) {
	t.Parallel()
	dec := json.NewDecoder(bytes.NewReader(demoOnce(t, "--json")))
	dec.DisallowUnknownFields() // demoResult is the documented object
	var got demoResult
	if err := dec.Decode(&got); err != nil || dec.More() {
		t.Fatalf("the demo printed more or less than the documented object: %v", err)
	}
	for _, s := range got.Steps {
		if !s.OK {
			t.Errorf("step %s failed", s.Name)
		}
	}
	want := []demoRelease{}
	for _, v := range []string{"v1", "v2", "v3", "v4"} {
		want = append(want, demoRelease{v, "staging", "promoted"}, demoRelease{v, "production", "promoted"})
	}
	want[5].State = "rolled_back"
	if diff := cmp.Diff(want, got.Releases); diff != "" {
		t.Errorf("releases (-want +got)\n%s", diff)
	}
	for _, step := range []string{"push-v1", "release-v3-production", "rollback", "quarantine", "rca", "scenario", "guardrail", "ledger", "tamper"} {
		if !slices.ContainsFunc(got.Steps, func(s demoStep) bool { return s.Name == step }) {
			t.Errorf("there is no step %s in %v", step, got.Steps)
		}
	}
	if r := got.Rollback; r.RunsOnBadVersion == 0 || r.FailedOnBad == 0 || r.ExcessFailedRuns > float64(r.FailedOnBad) || r.MsToGoodVersion < 0 {
		t.Errorf("rollback = %+v, want what the bad version did", r)
	}
	if l := got.Ledger; l.Leaves < 100 || !l.Verified || !l.TamperDetected {
		t.Errorf("ledger = %+v, want it verified and the change found", l)
	}
	if !strings.HasPrefix(got.Console, "http://127.0.0.1:") {
		t.Errorf("console = %q, want its address", got.Console)
	}
}

// TestDemoJSONKeys holds the names of the documented object.
func TestDemoJSONKeys(t *testing.T) {
	data, err := json.Marshal(demoResult{Steps: []demoStep{{}}, Releases: []demoRelease{{}}})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"steps.name", "steps.ok", "steps.ms", "releases.version", "releases.environment", "releases.state",
		"rollback.excess_failed_runs", "rollback.ms_to_good_version", "ledger.leaves", "ledger.verified", "ledger.tamper_detected"} {
		object, key, _ := strings.Cut(path, ".")
		v := got[object]
		if list, ok := v.([]any); ok {
			v = list[0]
		}
		if _, ok := v.(map[string]any)[key]; !ok {
			t.Errorf("the demo's object has no %s", path)
		}
	}
	if _, ok := got["console"].(string); !ok {
		t.Error("the demo's object has no console")
	}
}

func TestDemoText(t *testing.T) {
	t.Parallel()
	out := string(demoOnce(t))
	for _, want := range []string{
		"v3: a well-meant sentence breaks three refunds in ten",
		"refused the author's own yes, took the approver's",
		"rolling back: ",
		"a failing run becomes a regression scenario",
		"$ aureus push ", "$ aureus release start refund-desk@v4 --env production --wait",
		"a copy with one byte changed does not",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the timeline does not say %q", want)
		}
	}
	if strings.Contains(out, "✗") || strings.Contains(out, "\x1b[") {
		t.Error("the timeline has a failed step, or colours in a pipe")
	}
	if t.Failed() {
		t.Log(out)
	}
}
