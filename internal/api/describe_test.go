package api

import (
	"cmp"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2/adapters/humago"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/resource"
)

// module is the path of the module, whose packages are at ../..
const module = "github.com/aureus-agents/aureus/"

// TestDocumentDescriptions: the table of comments is that of the source, and no property is
// without one. Run it with -update after a change of a comment.
func TestDocumentDescriptions(t *testing.T) {
	s := &server{cfg: Config{Control: struct{ Control }{}}.withDefaults(), mux: http.NewServeMux()}
	s.api = humago.New(s.mux, humaConfig(""))
	s.routes()
	comments, lines := map[string]map[string]string{}, map[string]string{}
	var missing []string
	for d := range described(s.api.OpenAPI().Components.Schemas) {
		of := func(pkg string) map[string]string {
			if comments[pkg] == nil && strings.HasPrefix(pkg, module) {
				comments[pkg] = commentsOf(t, pkg)
			}
			return comments[pkg]
		}
		text := of(d.pkg)[d.key]
		if d.json != "" {
			_, name, _ := strings.Cut(d.owner, ".")
			text = cmp.Or(text, words[d.owner+"."+d.json], words[name+"."+d.json])
			what, _, _ := strings.Cut(of(d.value.PkgPath())[typeKey(d.value)], ". ")
			if d.value.Kind() == reflect.Struct && d.value != reflect.TypeFor[resource.Actor]() {
				text = cmp.Or(text, what)
			}
			text = cmp.Or(text, words[d.json], what)
		}
		switch {
		case text != "":
			lines[d.key] = d.key + "\t" + text + "\n"
		case d.json != "" && d.schema.Description == "":
			missing = append(missing, d.key+" "+d.json)
		}
	}
	slices.Sort(missing)
	if missing = slices.Compact(missing); len(missing) > 0 {
		t.Errorf("%d properties have no description; give the Go field a comment:\n%s", len(missing), strings.Join(missing, "\n"))
	}
	var want strings.Builder
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		want.WriteString(lines[key])
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile("descriptions.txt", []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		descriptions = want.String() // the document is written after this
	}
	if diff := gocmp.Diff(strings.Split(want.String(), "\n"), strings.Split(descriptions, "\n")); diff != "" {
		t.Errorf("descriptions.txt is not what the comments say; run: go test ./internal/api -run Document -update\n%s", diff)
	}
}

// commentsOf reads the comments of a package's types and of their fields.
func commentsOf(t *testing.T, pkg string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", strings.TrimPrefix(pkg, module), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of %s: %v", pkg, err)
	}
	out := map[string]string{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.TYPE {
				continue
			}
			for _, spec := range gen.Specs {
				ts := spec.(*ast.TypeSpec)
				key := path.Base(pkg) + "." + ts.Name.Name
				out[key] = oneLine(cmp.Or(text(ts.Doc), text(gen.Doc)))
				if st, ok := ts.Type.(*ast.StructType); ok {
					fieldComments(out, key, st)
				}
			}
		}
	}
	return out
}

// fieldComments reads what stands above a field and behind it. A comment that names
// the fields that follow ("From and To: ...") is theirs too.
func fieldComments(out map[string]string, key string, st *ast.StructType) {
	group := ""
	for _, field := range st.Fields.List {
		own := oneLine(strings.TrimSpace(text(field.Doc) + " " + text(field.Comment)))
		if field.Doc != nil {
			group = oneLine(text(field.Doc))
		}
		for _, name := range field.Names {
			if own == "" && regexp.MustCompile(`\b`+name.Name+`\b`).MatchString(group) {
				out[key+"."+name.Name] = group
				continue
			}
			out[key+"."+name.Name] = own
		}
	}
}

func text(c *ast.CommentGroup) string {
	if c == nil {
		return ""
	}
	return c.Text()
}

// link is a doc link, which only Go's documentation resolves.
var link = regexp.MustCompile(`\[([A-Z][\w.]*|[a-z]+\.[A-Z]\w*)\]`)

func oneLine(s string) string {
	return link.ReplaceAllString(strings.Join(strings.Fields(s), " "), "$1")
}
