package blueprint_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
)

// TestSchemaHasTheTypesFields holds agent.schema.json and the types together:
// the same fields everywhere, required only where the type always writes one.
func TestSchemaHasTheTypesFields(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal(blueprint.Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	s := schemaWalk{t: t, doc: doc, agent: doc}
	s.walk("agent", reflect.TypeFor[blueprint.Agent](), doc)
	if s.structs < 30 {
		t.Errorf("compared %d types, want at least 30: the walk stopped early", s.structs)
	}
}

// TestPipelineSchemaHasTheTypesFields holds pipeline.schema.json and its types
// together, through the one document that is published.
func TestPipelineSchemaHasTheTypesFields(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal(blueprint.PipelineSchema(), &doc); err != nil {
		t.Fatal(err)
	}
	agent := doc["$defs"].(map[string]any)["agent.schema.json"].(map[string]any)
	s := schemaWalk{t: t, doc: doc, agent: agent}
	s.walk("pipeline", reflect.TypeFor[blueprint.Pipeline](), doc)
	if s.structs < 14 {
		t.Errorf("compared %d types, want at least 14: the walk stopped early", s.structs)
	}
}

type schemaWalk struct {
	t          *testing.T
	doc, agent map[string]any
	structs    int
}

// resolve follows $ref.
func (s *schemaWalk) resolve(m map[string]any) map[string]any {
	for {
		ref, ok := m["$ref"].(string)
		if !ok {
			return m
		}
		name, shared := strings.CutPrefix(ref, "agent.schema.json#/$defs/")
		def, ok := s.doc["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		if shared || !ok { // what is shared names its neighbours without the file
			def = s.agent["$defs"].(map[string]any)[strings.TrimPrefix(name, "#/$defs/")].(map[string]any)
		}
		m = def
	}
}

func (s *schemaWalk) walk(path string, typ reflect.Type, schema map[string]any) {
	schema = s.resolve(schema)
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ == reflect.TypeFor[blueprint.Duration]() {
		s.kind(path, schema, "string")
		return
	}
	switch typ.Kind() {
	case reflect.Struct:
		s.object(path, typ, schema)
	case reflect.Slice:
		s.kind(path, schema, "array")
		s.walk(path+"[]", typ.Elem(), schema["items"].(map[string]any))
	case reflect.Map:
		s.kind(path, schema, "object")
	case reflect.String:
		if schema["enum"] == nil && schema["const"] == nil {
			s.kind(path, schema, "string")
		}
	case reflect.Bool:
		s.kind(path, schema, "boolean")
	case reflect.Int, reflect.Int64:
		s.kind(path, schema, "integer")
	case reflect.Float64:
		s.kind(path, schema, "number")
	case reflect.Interface:
		if schema["type"] != nil {
			s.t.Errorf("%s takes any value and its schema has type %v", path, schema["type"])
		}
	default:
		s.t.Errorf("%s has the kind %s, which this test does not know", path, typ.Kind())
	}
}

func (s *schemaWalk) kind(path string, schema map[string]any, want string) {
	if schema["type"] != want {
		s.t.Errorf("type of %s = %v, want %s", path, schema["type"], want)
	}
}

func (s *schemaWalk) object(path string, typ reflect.Type, schema map[string]any) {
	s.structs++
	s.kind(path, schema, "object")
	if schema["additionalProperties"] != false {
		s.t.Errorf("%s lets unknown fields through", path)
	}
	props, _ := schema["properties"].(map[string]any)
	var fields []string
	optional := map[string]bool{}
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous {
			continue // its fields come by themselves
		}
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields = append(fields, name)
		optional[name] = strings.Contains(opts, "omit")
		if p, ok := props[name].(map[string]any); ok {
			s.walk(path+"."+name, f.Type, p)
		}
	}
	slices.Sort(fields)
	if diff := cmp.Diff(fields, slices.Sorted(maps.Keys(props))); diff != "" {
		s.t.Errorf("fields of %s (-types +schema):\n%s", path, diff)
	}
	required, _ := schema["required"].([]any)
	for _, r := range required {
		if optional[r.(string)] {
			s.t.Errorf("%s.%s is required by the schema and left out by the types when empty", path, r)
		}
	}
}

// TestSchemaVocabulary holds the enumerations of the schema and the constants together.
func TestSchemaVocabulary(t *testing.T) {
	var doc struct {
		Defs map[string]struct{ Enum []string } `json:"$defs"`
	}
	// Other definitions have enumerations of other types.
	_ = json.Unmarshal(blueprint.Schema(), &doc)
	for name, want := range map[string][]string{
		"tier": words(blueprint.Tiers()), "zone": words(blueprint.Zones()), "intent": words(blueprint.Intents()),
	} {
		if diff := cmp.Diff(want, doc.Defs[name].Enum); diff != "" {
			t.Errorf("%s (-constants +schema):\n%s", name, diff)
		}
	}
}

func words[T ~string](all []T) []string {
	var out []string
	for _, v := range all {
		out = append(out, string(v))
	}
	return out
}
