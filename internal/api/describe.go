package api

import (
	_ "embed"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// descriptions are the comments of the fields and types that the document shows,
// a line each: key, tab, text. TestDocumentDescriptions writes it from the source.
//
//go:embed descriptions.txt
var descriptions string

const schemaPrefix = "#/components/schemas/"

// describe gives the schemas of the document the comments of the Go types that they
// are made from, so that a field is documented in one place.
func describe(registry huma.Registry) {
	texts := map[string]string{}
	for line := range strings.Lines(descriptions) {
		key, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		texts[key] = text
	}
	for d := range described(registry) {
		if d.schema.Description == "" {
			d.schema.Description = texts[d.key]
		}
	}
}

// describable is a schema with the key of the comment that describes it.
type describable struct {
	schema *huma.Schema
	key    string       // resource.Release or resource.Release.State
	json   string       // the property; "" is a type
	owner  string       // key of the type that has it
	pkg    string       // import path of the type
	value  reflect.Type // of the property, without pointers and slices
}

// described yields the types of the document and their properties.
func described(registry huma.Registry) func(yield func(describable) bool) {
	return func(yield func(describable) bool) {
		for name, schema := range registry.Map() {
			t := registry.TypeFromRef(schemaPrefix + name)
			if t == nil || t.Kind() != reflect.Struct {
				continue
			}
			if !yield(describable{schema: schema, key: typeKey(t), pkg: t.PkgPath()}) {
				return
			}
			for _, f := range reflect.VisibleFields(t) {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				p := schema.Properties[name]
				if p == nil || f.Anonymous {
					continue
				}
				owner := t
				for _, i := range f.Index[:len(f.Index)-1] {
					if owner = owner.Field(i).Type; owner.Kind() == reflect.Pointer {
						owner = owner.Elem()
					}
				}
				d := describable{schema: p, key: typeKey(owner) + "." + f.Name, json: name, owner: typeKey(owner), pkg: owner.PkgPath(), value: f.Type}
				for d.value.Kind() == reflect.Pointer || d.value.Kind() == reflect.Slice {
					d.value = d.value.Elem()
				}
				if !yield(d) {
					return
				}
			}
		}
	}
}

// typeKey names a type by its package's last element; one instance of a generic
// type is described as the others.
func typeKey(t reflect.Type) string {
	name, _, _ := strings.Cut(t.Name(), "[")
	return path.Base(t.PkgPath()) + "." + name
}
