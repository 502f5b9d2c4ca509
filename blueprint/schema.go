package blueprint

import (
	"bytes"
	_ "embed"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed agent.schema.json
var schemaJSON []byte

// SchemaID is the $id of the published schema.
const SchemaID = "https://github.com/aureus-agents/aureus/blueprint/agent.schema.json"

// Schema returns the published JSON Schema (2020-12) of a blueprint. Parse
// accepts exactly what it accepts, so an editor that knows it shows the same
// problems.
func Schema() []byte { return bytes.Clone(schemaJSON) }

// ruleset is the published schema, compiled, and as data for its descriptions.
type ruleset struct {
	doc       map[string]any
	agent     *jsonschema.Schema
	scenarios *jsonschema.Schema
}

// rules compiles the embedded schema once. It is part of the binary, so a
// failure is a defect that every test finds.
var rules = sync.OnceValue(func() *ruleset {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaJSON))
	if err != nil {
		panic("blueprint: agent.schema.json: " + err.Error())
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(SchemaID, doc); err != nil {
		panic("blueprint: agent.schema.json: " + err.Error())
	}
	return &ruleset{
		doc:       doc.(map[string]any),
		agent:     c.MustCompile(SchemaID),
		scenarios: c.MustCompile(SchemaID + "#/$defs/scenarios"),
	}
})

// at returns the schema object that a schema URL points at, nil when there is none.
func (r *ruleset) at(schemaURL string) map[string]any {
	_, ptr, _ := strings.Cut(schemaURL, "#")
	var cur any = r.doc
	for _, part := range strings.Split(strings.TrimPrefix(ptr, "/"), "/") {
		if part == "" {
			continue
		}
		part = strings.NewReplacer("~1", "/", "~0", "~", "%24", "$").Replace(part)
		switch v := cur.(type) {
		case map[string]any:
			cur = v[part]
		case []any:
			i := 0
			for _, d := range part {
				i = i*10 + int(d-'0')
			}
			if i < 0 || i >= len(v) {
				return nil
			}
			cur = v[i]
		default:
			return nil
		}
	}
	m, _ := cur.(map[string]any)
	return m
}

// about returns a text keyword (description, x-fix, x-problem) of the schema at
// url, "" when it has none.
func (r *ruleset) about(url, keyword string) string {
	s, _ := r.at(url)[keyword].(string)
	return s
}
