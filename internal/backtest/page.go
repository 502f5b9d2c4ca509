package backtest

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

//go:embed page.gohtml
var pageText string

var pages = template.Must(template.New("page").Funcs(template.FuncMap{
	"words": func(s string) string { return strings.ReplaceAll(s, "_", " ") },
	"json":  shownJSON,
	"shown": func(v any) string { return clipped(inputText(v), maxShown) },
	"names": func(list []string) string { return strings.Join(list, ", ") },
	"froms": shownOrigins,
}).Parse(pageText))

// maxShown bounds, in bytes, an input or the arguments of a call on a page.
const maxShown = 4 << 10

// Title is what a page is about.
type Title struct {
	Candidate, Against string // names of the two sets
	Runs               string // where the runs are from
}

// Page writes an HTML page of a comparison, in one file without scripts or
// anything from elsewhere: the counts and every run that changes. Everything
// from a run is escaped.
//
// The changes are read before the counts are known, so they are written first, to
// wherever [Page.Change] is told, and copied in by [Page.Write].
type Page struct{ Title Title }

// Change writes one run that changes.
func (p Page) Change(w io.Writer, ch Change) error {
	return pages.ExecuteTemplate(w, "change", ch)
}

// Write writes the page around the changes.
func (p Page) Write(w io.Writer, c *Comparison, changes io.Reader) error {
	if err := pages.ExecuteTemplate(w, "head", map[string]any{"Title": p.Title, "C": c, "Moves": c.Moves()}); err != nil {
		return err
	}
	if _, err := io.Copy(w, changes); err != nil {
		return err
	}
	return pages.ExecuteTemplate(w, "foot", nil)
}

// shownJSON is v for a reader, cut when it is long.
func shownJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the template escapes
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return "(not shown: it has no JSON form)"
	}
	return clipped(strings.TrimSpace(b.String()), maxShown)
}

func clipped(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + " ... (cut)"
}

// shownOrigins says where a call's values come from, by path.
func shownOrigins(d resource.Decision) []string {
	out := make([]string, 0, len(d.Origins))
	for _, path := range slices.Sorted(maps.Keys(d.Origins)) {
		out = append(out, path+": "+d.Origins[path])
	}
	return out
}
