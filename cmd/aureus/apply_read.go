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
	"github.com/aureus-agents/aureus/resource"
)

// folderRun is one `aureus apply` or `aureus drift`.
type folderRun struct {
	*ciRun
	scope    scopeOfFolder
	declared []folder.Declared
}

// read reads and validates everything that the files and folders declare. What is
// wrong anywhere comes back as one error.
func (r *folderRun) read(names []string) error {
	if err := r.scope.check(); err != nil {
		return err
	}
	files, err := texts(names)
	if err != nil {
		return err
	}
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
		default:
			wrong = invalid(wrong, fault.Detail{File: file, Message: fmt.Sprintf("the kind %q is not known", kind), Fix: "write kind: Agent"})
		}
	}
	for _, d := range doubles(r.declared) {
		wrong = invalid(wrong, d)
	}
	if len(wrong.Details) > 0 {
		return wrong
	}
	if len(r.declared) == 0 {
		return fault.New(fault.Invalid, "there is no blueprint in %s; one begins with apiVersion: %s and kind: Agent", strings.Join(names, ", "), blueprint.APIVersion)
	}
	return nil
}

// invalid adds to an error what makes it one of the input's form.
func invalid(err *fault.Error, d ...fault.Detail) *fault.Error {
	err.Code = fault.Invalid
	return err.With(d...)
}

func (r *folderRun) readAgent(file string, wrong *fault.Error) *fault.Error {
	bp, src, err := readBlueprint(r.e, file)
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

// texts are the files that can declare something, in the order of their names.
// Links are not followed: what a folder has is in it.
func texts(names []string) ([]string, error) {
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
			case d.Type().IsRegular() && folder.IsText(path) && !strings.HasPrefix(d.Name(), "."):
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
