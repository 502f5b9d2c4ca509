package blueprint

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed agent.schema.json
var schemaJSON []byte

//go:embed pipeline.schema.json
var pipelineSchemaJSON []byte

// SchemaID and PipelineSchemaID are the $id of the published schemas.
const (
	SchemaID         = "https://github.com/aureus-agents/aureus/blueprint/agent.schema.json"
	PipelineSchemaID = "https://github.com/aureus-agents/aureus/blueprint/pipeline.schema.json"
)

// Schema returns the published JSON Schema (2020-12) of a blueprint. Parse
// accepts exactly what it accepts, so an editor that knows it shows the same
// problems.
func Schema() []byte { return bytes.Clone(schemaJSON) }

// PipelineSchema returns the published JSON Schema (2020-12) of a pipeline as one
// document: the definitions that it shares with blueprints are inside.
func PipelineSchema() []byte {
	var doc map[string]any
	err := json.Unmarshal(pipelineSchemaJSON, &doc)
	if err == nil {
		doc["$defs"].(map[string]any)["agent.schema.json"] = json.RawMessage(schemaJSON)
		var out []byte
		if out, err = json.MarshalIndent(doc, "", "  "); err == nil {
			return append(out, '\n')
		}
	}
	panic("blueprint: pipeline.schema.json: " + err.Error())
}

// ruleset is the published schemas, compiled, and as data for their descriptions.
type ruleset struct {
	docs      map[string]any // by $id
	agent     *jsonschema.Schema
	scenarios *jsonschema.Schema
	scenario  *jsonschema.Schema
	pipeline  *jsonschema.Schema
}

// rules compiles the embedded schemas once. They are part of the binary, so a
// failure is a defect that every test finds.
var rules = sync.OnceValue(func() *ruleset {
	r := &ruleset{docs: map[string]any{}}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	for id, text := range map[string][]byte{SchemaID: schemaJSON, PipelineSchemaID: pipelineSchemaJSON} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err == nil {
			err = c.AddResource(id, doc)
		}
		if err != nil {
			panic("blueprint: " + id + ": " + err.Error())
		}
		r.docs[id] = doc
	}
	r.agent = c.MustCompile(SchemaID)
	r.scenarios = c.MustCompile(SchemaID + "#/$defs/scenarios")
	r.scenario = c.MustCompile(SchemaID + "#/$defs/scenario")
	r.pipeline = c.MustCompile(PipelineSchemaID)
	return r
})

// at returns the schema object that a schema URL points at, nil when there is none.
func (r *ruleset) at(schemaURL string) map[string]any {
	id, ptr, _ := strings.Cut(schemaURL, "#")
	if id == "" {
		id = SchemaID
	}
	cur := r.docs[id]
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
