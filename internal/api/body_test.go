package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/api/apitest"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// TestBadBodies: nothing reaches the use case, and no value that was sent comes
// back; the values sent are all called hidden.
func TestBadBodies(t *testing.T) {
	const push, release, invoke = "/v1/agents/desk/versions", "/v1/releases", "/v1/agents/desk/invoke"
	blueprint := func(spec string) string {
		return `{"blueprint":{"apiVersion":"aureus/v1","kind":"Agent","metadata":{"name":"desk"},"spec":{` + spec + `}},"build":{}}`
	}
	tests := []struct {
		name, path, body, contentType string
		code                          fault.Code
		at, message                   string // of the first detail
	}{
		{"empty", release, "", "", fault.Invalid, "", ""},
		{"not JSON", release, "hidden", "", fault.Invalid, "", "this is not valid JSON"},
		{"cut", release, `{"version":"hidden`, "", fault.Invalid, "version", "this is not valid JSON"},
		{"two values", release, `{"version":"a"} {"version":"hidden"}`, "", fault.Invalid, "", "this is not valid JSON"},
		{"another shape", release, `["hidden"]`, "", fault.Invalid, "", "expected an object"},
		{"unknown field", release, `{"verson":"hidden"}`, "", fault.Invalid, "verson", "there is no such field; check its spelling"},
		{"field in another case", release, `{"Version":"hidden"}`, "", fault.Invalid, "Version", "there is no such field; check its spelling"},
		{"field twice", release, `{"version":"a","version":"hidden"}`, "", fault.Invalid, "version", "this field is there twice"},
		{"wrong type", release, `{"version":12345678}`, "", fault.Invalid, "version", "expected a string"},
		{"not UTF-8", release, "{\"version\":\"hidden\xff\"}", "", fault.Invalid, "version", "this is not valid JSON"},
		{"input that would be rounded", invoke, `{"input":{"ids":[9007199254740993]}}`, "", fault.Invalid, "input.ids[0]", "the number is too large to be exact; write it as a string"},
		{"form", release, "version=hidden", "application/x-www-form-urlencoded", fault.Invalid, "", ""},
		{"text", release, "{}", "text/plain; hidden", fault.Invalid, "", ""},
		{"too large", release, `{"reason":"` + strings.Repeat("hidden", 50_000) + `"}`, "", fault.TooLarge, "", ""},
		{"too large input", invoke, `{"input":"` + strings.Repeat("hidden", 200_000) + `"}`, "", fault.TooLarge, "", ""},
		{"too large blueprint", push, blueprint(`"goal":"` + strings.Repeat("hidden", 3_000_000) + `"`), "", fault.TooLarge, "", ""},
		{"no blueprint", push, `{"build":{}}`, "", fault.Invalid, "blueprint", "this field is required"},
		{"blueprint of another agent", push, `{"blueprint":{"metadata":{"name":"hidden"}}}`, "", fault.Invalid, "blueprint.metadata.name", "must be the agent of the path"},
		{"deep unknown field", push, blueprint(`"tools":[{},{"riskTeir":"hidden"}]`), "", fault.Invalid, "blueprint.spec.tools[1].riskTeir", "there is no such field; check its spelling"},
		{"bad duration", push, blueprint(`"budgets":{"duration":"hidden"}`), "", fault.Invalid, "blueprint.spec.budgets.duration", "a duration is a string like 30s, 5m or 24h"},
		{"number as duration", push, blueprint(`"budgets":{"duration":1234567}`), "", fault.Invalid, "blueprint.spec.budgets.duration", "a duration is a string like 30s, 5m or 24h"},
		{"bad list", push, blueprint(`"tools":{"hidden":1}`), "", fault.Invalid, "blueprint.spec.tools", "expected a list"},
		{"fraction", push, blueprint(`"budgets":{"steps":1.25}`), "", fault.Invalid, "blueprint.spec.budgets.steps", "expected a whole number"},
		{"time to live", "/v1/tokens", `{"name":"x","roles":[],"ttlSeconds":-1}`, "", fault.Invalid, "ttlSeconds", "must be from 0 (no expiry) to ten years"},
		{"run of an import", "/v1/runs/import", "{\"id\":\"a\"}\n{\"idd\":\"hidden\"}\n", "application/x-ndjson", fault.Invalid, "idd", "there is no such field; check its spelling"},
		{"import cut", "/v1/runs/import", "{\"id\":\"a\"}\n{\"id\":\"hidden", "application/x-ndjson", fault.Invalid, "id", "this is not valid JSON"},
		{"empty import", "/v1/runs/import", "\n\n", "application/x-ndjson", fault.Invalid, "", ""},
	}
	c := &apitest.Control{}
	srv := serverOf(t, api.Config{Control: c})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.contentType == "" {
				tt.contentType = "application/json"
			}
			res, body := do(t, srv, "POST", tt.path, tt.body, "Content-Type", tt.contentType)
			p := problemOf(t, body)
			if res.StatusCode != fault.Map(tt.code).HTTP || p.Type != fault.TypeURI(tt.code) {
				t.Fatalf("POST = %d %s, want %s", res.StatusCode, body, tt.code)
			}
			got := fault.Detail{}
			if len(p.Errors) > 0 {
				got = p.Errors[0]
			}
			if diff := cmp.Diff(fault.Detail{Path: tt.at, Message: tt.message}, got); diff != "" {
				t.Errorf("first detail (-want +got):\n%s", diff)
			}
			for _, value := range []string{"hidden", "12345678", "1234567", "1.25"} {
				if strings.Contains(body, value) {
					t.Errorf("the answer repeats what was sent: %s", body)
				}
			}
			if calls := c.Calls(); len(calls) != 0 {
				t.Errorf("the use case was called: %v", calls)
			}
		})
	}
}

func TestTooLargeNamesTheLimit(t *testing.T) {
	srv := serverOf(t, api.Config{Control: &apitest.Control{}})
	_, body := do(t, srv, "POST", "/v1/agents/desk/versions", strings.Repeat(" ", api.MaxPushBody+1))
	if p := problemOf(t, body); p.Status != 413 || !strings.Contains(p.Detail, "16 MiB") {
		t.Errorf("POST of too much = %+v, want 413 that names 16 MiB", p)
	}
}

func TestBadQueries(t *testing.T) {
	c := &apitest.Control{}
	srv := serverOf(t, api.Config{Control: c})
	tests := []struct{ name, path, at string }{
		{"not a number", "/v1/runs?limit=hidden", "query.limit"},
		{"too few", "/v1/runs?limit=0", "query.limit"},
		{"too many", "/v1/runs?limit=1001", "query.limit"},
		{"unknown parameter", "/v1/runs?agnet=hidden", "query.agnet"},
		{"unknown word", "/v1/runs?mode=hidden", "query.mode"},
		{"one unknown word of two", "/v1/runs?outcome=success,hidden", "query.outcome[1]"},
		{"not a boolean", "/v1/runs?failed=hidden", "query.failed"},
		{"missing", "/v1/diff?from=desk", "query.to"},
		{"too long", "/v1/runs?session=" + strings.Repeat("hidden", 100), "query.session"},
		{"index below zero", "/v1/ledger/proof/-1", "path.index"},
		{"index not a number", "/v1/ledger/proof/hidden", "path.index"},
		{"empty window", "/v1/figures?from=20&to=10", "query.to"},
		{"odd bucket", "/v1/figures/series?bucket=61000", "query.bucket"},
		{"too many buckets", "/v1/figures/series?from=1&to=999999999999", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body := do(t, srv, "GET", tt.path, "")
			p := problemOf(t, body)
			if res.StatusCode != 400 || p.Type != fault.TypeURI(fault.Invalid) || strings.Contains(body, "hidden") {
				t.Fatalf("GET %s = %d %s, want 400 INVALID without the value", tt.path, res.StatusCode, body)
			}
			got := ""
			if len(p.Errors) > 0 {
				got = p.Errors[0].Path
			}
			if got != tt.at {
				t.Errorf("GET %s is wrong at %q, want %q", tt.path, got, tt.at)
			}
			if calls := c.Calls(); len(calls) != 0 {
				t.Errorf("the use case was called: %v", calls)
			}
		})
	}
}

func TestImport(t *testing.T) {
	c := &apitest.Control{}
	srv := serverOf(t, api.Config{Control: c})
	res, body := do(t, srv, "POST", "/v1/runs/import", "{\"id\":\"a\",\"task\":\"1\"}\n\n{\"id\":\"b\"}", "Content-Type", "application/x-ndjson")
	if res.StatusCode != 201 || strings.TrimSpace(body) != `{"imported":2}` {
		t.Errorf("POST = %d %s, want 201 with 2 imported", res.StatusCode, body)
	}
	want := []apitest.Call{{Method: "ImportRuns", By: "tester", Args: []any{[]resource.Run{{ID: "a", Task: "1"}, {ID: "b"}}}}}
	if diff := cmp.Diff(want, c.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
