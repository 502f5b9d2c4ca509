package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/folder"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// folderRun is one `aureus apply` or `aureus drift`.
type folderRun struct {
	*ciRun
	scope     scopeOfFolder
	declared  []folder.Declared
	pipelines []folder.Pipeline
	named     map[string]bool // files that blueprints name
}

// read reads and validates everything that the files and folders declare. What is
// wrong anywhere comes back as one error.
func (r *folderRun) read(names []string) error {
	if err := r.scope.check(); err != nil {
		return err
	}
	files, err := filesOf(names, folder.IsText)
	if err != nil {
		return err
	}
	r.named = map[string]bool{}
	wrong := fault.New(fault.Blocked, "what the folder says does not pass; nothing was changed")
	for _, file := range files {
		kind, err := kindOfFile(file)
		if err != nil {
			return err
		}
		switch kind {
		case "":
		case blueprint.KindAgent:
			wrong = r.readAgent(file, wrong)
		case blueprint.KindPipeline:
			wrong = r.readPipelineOf(file, wrong)
		default:
			wrong = invalid(wrong, fault.Detail{File: file, Message: fmt.Sprintf("the kind %q is not known", kind), Fix: "write kind: Agent or kind: Pipeline"})
		}
	}
	wrong = invalid(wrong, append(doubles(r.declared), clashes(r.pipelines, nil)...)...)
	if len(wrong.Details) > 0 {
		return wrong
	}
	if len(r.declared) == 0 {
		return fault.New(fault.Invalid, "there is no blueprint and no pipeline in %s; a blueprint begins with apiVersion: %s and kind: Agent", strings.Join(names, ", "), blueprint.APIVersion)
	}
	return nil
}

// invalid adds to an error what makes it one of the input's form.
func invalid(err *fault.Error, d ...fault.Detail) *fault.Error {
	if len(d) > 0 {
		err.Code = fault.Invalid
	}
	return err.With(d...)
}

func (r *folderRun) readAgent(file string, wrong *fault.Error) *fault.Error {
	bp, src, err := readBlueprintNoting(r.e, file, func(named string) { r.named[named] = true })
	if err != nil {
		if f, ok := asFault(err); ok && len(f.Details) > 0 {
			return invalid(wrong, f.Details...)
		}
		return invalid(wrong, fault.Detail{File: file, Message: sentence(err)})
	}
	p := src.Position("metadata.name")
	r.declared = append(r.declared, folder.Declared{Kind: bp.Kind, Name: bp.Metadata.Name, File: file, Line: p.Line})
	r.agents = append(r.agents, &ciAgent{out: ci.Agent{File: file, Agent: bp.Metadata.Name, Findings: []resource.Finding{}}, bp: bp, src: src})
	if report := control.Validate(bp, src); !report.Passed {
		if f, ok := asFault(notValid(fault.Blocked, file, report)); ok {
			return wrong.With(f.Details...)
		}
	}
	return wrong
}

func (r *folderRun) readPipelineOf(file string, wrong *fault.Error) *fault.Error {
	p, err := readPipeline(r.e, file)
	if err != nil {
		if f, ok := asFault(err); ok && len(f.Details) > 0 {
			return invalid(wrong, f.Details...)
		}
		return invalid(wrong, fault.Detail{File: file, Message: sentence(err)})
	}
	d := folder.Declared{Kind: p.Kind, Name: p.Metadata.Name, File: file, Line: 1}
	r.declared = append(r.declared, d)
	r.pipelines = append(r.pipelines, folder.Pipeline{Declared: d, Spec: *p})
	return wrong
}

// clashes are the pairs of pipelines that name the same agent or owner: two that
// are declared, or a declared one and one that stays on the server.
func clashes(declared []folder.Pipeline, stay []resource.Pipeline) []fault.Detail {
	var out []fault.Detail
	for i, p := range declared {
		for _, other := range declared[:i] {
			if what := pipeline.Clash(p.Spec, other.Spec); what != "" && p.Name != other.Name {
				out = append(out, fault.Detail{File: p.File, Line: p.Line, Message: fmt.Sprintf("the pipeline %q names the %s, as %q of %s does", p.Name, what, other.Name, other.File),
					Fix: "leave it in one of the two"})
			}
		}
		for _, other := range stay {
			if what := pipeline.Clash(p.Spec, other.Spec); what != "" {
				out = append(out, fault.Detail{File: p.File, Line: p.Line, Message: fmt.Sprintf("the pipeline %q names the %s, as %q of the server does", p.Name, what, other.Name),
					Fix: "leave it in one of the two, or retire the other with --prune"})
			}
		}
	}
	return out
}

// doubles are the names that are declared twice, each with both places.
func doubles(declared []folder.Declared) []fault.Detail {
	var out []fault.Detail
	seen := map[string]folder.Declared{}
	for _, d := range declared {
		key := d.Kind + "/" + d.Name
		if before, ok := seen[key]; ok {
			out = append(out, fault.Detail{File: d.File, Line: d.Line, Path: "metadata.name",
				Message: fmt.Sprintf("the %s %q is declared at %s:%d already", strings.ToLower(d.Kind), d.Name, before.File, before.Line),
				Fix:     "remove one of the two, or give it another name"})
			continue
		}
		seen[key] = d
	}
	return out
}

// filesOf are the named files, and those of the named folders that fit, in the order
// of their names. Links are not followed: what a folder has is in it.
func filesOf(names []string, fits func(name string) bool) ([]string, error) {
	var out []string
	for _, name := range names {
		st, err := os.Stat(name)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "%s cannot be read", name)
		}
		if !st.IsDir() {
			out = append(out, name)
			continue
		}
		err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && path != name && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
				return fs.SkipDir
			case d.Type().IsRegular() && fits(path) && !strings.HasPrefix(d.Name(), "."):
				out = append(out, path)
			}
			return nil
		})
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "the folder %s cannot be read", name)
		}
	}
	return out, nil
}

// kindOfFile is the kind of what a file declares; one that is too large for a
// blueprint is judged by its beginning.
func kindOfFile(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "%s cannot be read", file)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, blueprint.DefaultMaxBytes))
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "%s cannot be read", file)
	}
	return folder.KindOf(file, data), nil
}
