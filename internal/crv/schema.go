package crv

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

const draft2020 = "https://json-schema.org/draft/2020-12/schema"

// CompiledSchema is a compiled JSON Schema. Immutable, safe for concurrent use.
type CompiledSchema struct{ schema *jsonschema.Schema }

// refuseRemote is the loader of every schema: nothing outside the schema itself
// is read.
type refuseRemote struct{}

func (refuseRemote) Load(url string) (any, error) {
	return nil, fmt.Errorf("remote references are refused: %s", url)
}

// CompileSchema compiles a JSON Schema (2020-12); remote references are refused.
func CompileSchema(schema map[string]any) (*CompiledSchema, error) {
	if schema == nil {
		return nil, fault.New(fault.Invalid, "the JSON Schema is missing; write an object like {type: object}")
	}
	if d, ok := schema["$schema"]; ok {
		if s, _ := d.(string); strings.TrimSuffix(s, "#") != draft2020 {
			return nil, fault.New(fault.Invalid, "the schema's $schema is %v; only JSON Schema 2020-12 (%s) is supported", d, draft2020)
		}
	}
	doc, err := jsonShape(schema)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the JSON Schema is not JSON")
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(refuseRemote{})
	if err := c.AddResource("mem:///schema.json", doc); err != nil {
		return nil, schemaFault(err)
	}
	s, err := c.Compile("mem:///schema.json")
	if err != nil {
		return nil, schemaFault(err)
	}
	return &CompiledSchema{s}, nil
}

// schemaFault says what is wrong with a schema without the made-up address that
// it was compiled under.
func schemaFault(err error) error {
	var meta *jsonschema.SchemaValidationError
	if errors.As(err, &meta) {
		var ve *jsonschema.ValidationError
		if errors.As(meta.Err, &ve) {
			var at []string
			for _, f := range schemaFindings(ve) {
				at = append(at, strings.TrimPrefix(f.Path+": ", ": ")+f.Message)
			}
			return fault.New(fault.Invalid, "the JSON Schema is not valid 2020-12: %s", strings.Join(at, "; "))
		}
	}
	text := strings.ReplaceAll(err.Error(), "mem:///schema.json", "")
	return fault.New(fault.Invalid, "the JSON Schema cannot be used: %s", text)
}

// Check returns what is wrong with v, nil when nothing is, sorted by path.
func (s *CompiledSchema) Check(v any) []resource.Finding {
	shaped, err := jsonShape(v)
	if err != nil {
		return []resource.Finding{finding("schema/not-json", resource.OutOfScope, "", "the value has no JSON form")}
	}
	err = s.schema.Validate(shaped)
	if err == nil {
		return nil
	}
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return []resource.Finding{finding("schema/not-valid", resource.OutOfScope, "", err.Error())}
	}
	return schemaFindings(ve)
}

// VerifySchema is the operator: what is wrong with v by s.
func VerifySchema(s *CompiledSchema, v any) []resource.Finding { return s.Check(v) }

func schemaFindings(ve *jsonschema.ValidationError) []resource.Finding {
	var out []resource.Finding
	p := message.NewPrinter(language.English)
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) > 0 {
			for _, c := range e.Causes {
				walk(c)
			}
			return
		}
		path := instancePath(e.InstanceLocation)
		if r, ok := e.ErrorKind.(*kind.Required); ok {
			for _, m := range r.Missing {
				out = append(out, finding("schema/required", resource.MissingData, joinPath(path, m), fmt.Sprintf("the field %q is missing", m)))
			}
			return
		}
		keyword := "false"
		if k := e.ErrorKind.KeywordPath(); len(k) > 0 {
			keyword = k[0]
		}
		out = append(out, finding("schema/"+keyword, resource.OutOfScope, path, e.ErrorKind.LocalizedString(p)))
	}
	walk(ve)
	slices.SortFunc(out, func(a, b resource.Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(out)
}

// instancePath writes a JSON pointer's parts as a dotted path that [Extract] follows.
func instancePath(parts []string) string { return strings.Join(parts, ".") }
