package evaluate

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
)

//go:embed report.html
var pageSource string

// page makes the HTML of a report. Everything that comes from a case, a model or
// a tool is escaped by the template.
var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"short":   short,
	"percent": percent,
	"points":  points,
	"usd":     USD,
	"score":   func(x float64) string { return fmt.Sprintf("%.2f", x) },
	"ms":      func(x float64) string { return fmt.Sprintf("%.0f", x) },
	"deref":   func(x *float64) float64 { return *x },
	"value":   shownValue,
	"plus":    func(a, b int) int { return a + b },
}).Parse(pageSource))

// shownValue is a value as a person reads it.
func shownValue(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return ""
	}
	return string(raw)
}

// HTML writes the report as one page that needs nothing else: no script, no
// network. evidence is as in [Report.View].
func (r Report) HTML(w io.Writer, evidence string) error { return page.Execute(w, r.View(evidence)) }
