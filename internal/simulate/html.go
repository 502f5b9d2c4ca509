package simulate

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed report.html
var pageSource string

// page makes the HTML of a report or a matrix. Everything that comes from a
// scenario, a model or a tool is escaped by the template.
var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"short": shortDigest,
	"args": func(v map[string]any) string {
		s, err := readable(v)
		if err != nil {
			return ""
		}
		return s
	},
	"value": valueText,
}).Parse(pageSource))

// HTML writes the report as one page that needs nothing else.
func (r Report) HTML(w io.Writer) error { return page.Execute(w, map[string]any{"Report": r}) }

// HTML writes the matrix as one page that needs nothing else.
func (m Matrix) HTML(w io.Writer) error {
	return page.Execute(w, map[string]any{"Report": m.Clean, "Matrix": m})
}
