package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/api"
	"github.com/aureus-agents/aureus/internal/api/apitest"
)

var update = flag.Bool("update", false, "write docs/openapi.json")

const document = "../../docs/openapi.json"

// TestDocumentIsCommitted: run it with -update after a change of the API.
func TestDocumentIsCommitted(t *testing.T) {
	srv := serverOf(t, api.Config{Control: &apitest.Control{}, Version: "v1"})
	_, got := do(t, srv, "GET", "/openapi.json", "")
	if *update {
		if err := os.WriteFile(document, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, []byte(got)) {
		t.Errorf("%s is not what is served; run: go test ./internal/api -run Document -update\n%s", document,
			cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")))
	}
}

func TestEveryOperationIsDescribed(t *testing.T) {
	srv := serverOf(t, api.Config{Control: &apitest.Control{}})
	ids := map[string]bool{}
	for _, op := range operations(t, srv) {
		summary, _ := op.doc["summary"].(string)
		if op.id == "" || ids[op.id] || summary == "" || op.doc["tags"] == nil {
			t.Errorf("%s %s has no operationId of its own, summary or tag", op.method, op.path)
		}
		ids[op.id] = true
		responses, _ := op.doc["responses"].(map[string]any)
		want := []string{"400", "500", "503"}
		if op.id != "get-keys" {
			want = append(want, "401", "403")
		}
		if op.doc["requestBody"] != nil {
			want = append(want, "413")
		}
		if strings.Contains(op.path, "{") && op.method == "GET" && op.id != "list-versions" {
			want = append(want, "404")
		}
		for _, status := range want {
			if responses[status] == nil {
				t.Errorf("%s does not document its %s", op.id, status)
			}
		}
		good := 0
		for status, r := range responses {
			isProblem := strings.Contains(marshal(t, r), "application/problem+json")
			if status < "300" {
				good++
			}
			if isProblem != (status >= "400") {
				t.Errorf("%s: response %s is a problem: %v", op.id, status, isProblem)
			}
		}
		if good != 1 {
			t.Errorf("%s documents %d good answers, want one", op.id, good)
		}
		for _, p := range regexp.MustCompile(`{(\w+)}`).FindAllStringSubmatch(op.path, -1) {
			if !strings.Contains(marshal(t, op.doc["parameters"]), `"name":"`+p[1]+`"`) {
				t.Errorf("%s does not document its parameter %s", op.id, p[1])
			}
		}
	}
}

func TestDocumentIsClean(t *testing.T) {
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		OpenAPI    string
		Components struct {
			Schemas         map[string]any
			SecuritySchemes map[string]any
		}
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || doc.Components.SecuritySchemes["bearer"] == nil {
		t.Errorf("openapi %q, securitySchemes %v, want 3.1.0 and bearer", doc.OpenAPI, doc.Components.SecuritySchemes)
	}
	for _, word := range []string{"$schema", "ErrorModel", "ApprovalToken"} {
		if strings.Contains(string(data), word) {
			t.Errorf("the document has %q in it", word)
		}
	}
	refs := regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(string(data), -1)
	var missing []string
	for _, r := range refs {
		if doc.Components.Schemas[r[1]] == nil && !slices.Contains(missing, r[1]) {
			missing = append(missing, r[1])
		}
	}
	if len(missing) > 0 {
		t.Errorf("the document refers to schemas that it does not have: %v", missing)
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
