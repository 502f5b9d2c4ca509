package console

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

//go:embed templates
var templateFiles embed.FS

// views are the page templates by name, each with the layout and the partials.
type views map[string]*template.Template

// loadViews parses what is embedded; a template that does not parse is a defect
// that every test finds, so it panics.
func loadViews(funcs template.FuncMap) views {
	base := template.Must(template.New("").Funcs(funcs).ParseFS(templateFiles, "templates/layout.html", "templates/partials/*.html"))
	files, err := fs.Glob(templateFiles, "templates/pages/*.html")
	if err != nil {
		panic(err)
	}
	v := views{}
	for _, f := range files {
		t := template.Must(template.Must(base.Clone()).ParseFS(templateFiles, f))
		v[strings.TrimSuffix(path.Base(f), ".html")] = t
	}
	return v
}

// page is what the layout shows around a body.
type page struct {
	Title     string
	Nav       string // which entry of the navigation is current
	User      *control.Principal
	Form      string // form token
	Flash     string
	Approvals int // pending
	Incidents int // not resolved
	Version   string
	Body      any
}

// bound is a value together with the page it is on, for partials with forms.
type bound struct {
	Page page
	V    any
}

// show renders a page for a signed-in principal.
func (s *server) show(w http.ResponseWriter, rq *request, status int, v view) {
	p := page{Title: v.title, Nav: v.nav, User: &rq.who, Form: rq.session.form, Version: s.version, Body: v.body}
	if !rq.live {
		p.Flash = s.sessions.heard(rq.session.id)
	}
	s.countOpen(rq, &p)
	s.write(w, status, v.template, p)
}

// countOpen fills the navigation's counts. They are an aid: a failure is logged
// and leaves them out, the page itself still stands.
func (s *server) countOpen(rq *request, p *page) {
	waiting, err := s.control.Approvals(rq.Context(), rq.who, control.ApprovalFilter{State: resource.ApprovalPending}, control.Page{})
	if err != nil {
		s.log.Warn("console counts", "error", err)
	}
	p.Approvals = len(waiting)
	incidents, err := s.control.Incidents(rq.Context(), rq.who, control.IncidentFilter{}, control.Page{})
	if err != nil {
		s.log.Warn("console counts", "error", err)
	}
	p.Incidents = len(unresolved(incidents))
}

// write renders to memory first, so that an error is never half a page.
func (s *server) write(w http.ResponseWriter, status int, name string, p page) {
	var b bytes.Buffer
	if err := s.views[name].ExecuteTemplate(&b, "layout", p); err != nil {
		s.log.Error("console page", "template", name, "error", err)
		http.Error(w, "This page could not be drawn. The server's log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the browser has left: nobody to tell
}

// errorView is the body of the error page.
type errorView struct {
	Status  int
	Code    fault.Code
	Heading string
	Message string
	Details []fault.Detail
	Back    string // where the person came from, on this console
}

// fail shows an error as a page with its status. The cause goes to the log only.
func (s *server) fail(w http.ResponseWriter, r *http.Request, rq *request, err error) {
	code := fault.CodeOf(err)
	v := errorView{Status: fault.Map(code).HTTP, Code: code, Heading: headings[code], Message: messageOf(err), Details: detailsOf(err), Back: cameFrom(r)}
	if v.Heading == "" {
		v.Heading = "This could not be done"
	}
	level := s.log.Info
	if v.Status >= 500 {
		level = s.log.Error
	}
	level("console request failed", "method", r.Method, "path", r.URL.Path, "code", string(code), "error", err)
	if rq == nil {
		s.write(w, v.Status, "error", page{Title: v.Heading, Version: s.version, Body: v})
		return
	}
	s.show(w, rq, v.Status, view{template: "error", title: v.Heading, body: v})
}
