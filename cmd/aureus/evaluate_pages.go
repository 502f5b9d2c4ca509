package main

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
)

// reportPages are the files that a report is written to beside what is printed.
type reportPages struct {
	html, markdown, junit, evidence string
}

func (p *reportPages) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.html, "html", "", "write the report as a page to this file")
	cmd.Flags().StringVar(&p.markdown, "markdown", "", "write it as a comment for a merge request to this file")
	cmd.Flags().StringVar(&p.junit, "junit", "", "write it as JUnit XML to this file")
	cmd.Flags().StringVar(&p.evidence, "evidence", "", "link or name of the signed evidence, for the page and the comment (default: the server's)")
}

// reportForms are what --output can be besides text and json.
var reportForms = []string{"junit", "markdown", "html"}

// form takes a report's own form out of --output; "" is text or json.
func (r *remote) form() string {
	if !slices.Contains(reportForms, r.output) {
		return ""
	}
	form := r.output
	r.output = "json" // what the rest of a command takes
	return form
}

// writer is how a report is written in a form.
func (p reportPages) writer(form string, r evaluate.Report) func(io.Writer) error {
	switch form {
	case "junit":
		return r.JUnit
	case "markdown":
		return func(w io.Writer) error { return r.Markdown(w, p.evidence) }
	}
	return func(w io.Writer) error { return r.HTML(w, p.evidence) }
}

// write writes the files.
func (p reportPages) write(r evaluate.Report) error {
	for form, file := range map[string]string{"html": p.html, "markdown": p.markdown, "junit": p.junit} {
		if file == "" {
			continue
		}
		var text strings.Builder
		if err := p.writer(form, r)(&text); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
			return fault.Wrap(err, fault.Failed, "the report %s cannot be written", file)
		}
	}
	return nil
}
