package blueprint

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/aureus-agents/aureus/internal/fault"
)

// maxInlined bounds all files of a blueprint together.
const maxInlined = 8 << 20

// inliner replaces the files that a blueprint names by their content.
type inliner struct {
	opts     Options
	src      *Source
	left     int // bytes that may still be read
	problems []fault.Detail
}

// inline fills in policies and suites. Problems are about the blueprint; an
// error is about a limit.
func (in *inliner) inline(a *Agent) ([]fault.Detail, error) {
	for i := range a.Spec.Policies {
		p := &a.Spec.Policies[i]
		if p.File == "" {
			continue
		}
		at := fmt.Sprintf("spec.policies[%d]", i)
		data, name, err := in.read(at+".file", p.File)
		if err != nil {
			return nil, err
		}
		if data == nil {
			continue
		}
		if !utf8.Valid(data) || strings.TrimSpace(string(data)) == "" {
			in.problem(at+".file", p.File+" holds no Cedar text", "write the policies into it, in UTF-8")
			continue
		}
		p.Cedar, p.File = string(data), ""
		in.src.at[at+".cedar"] = Position{File: name, Line: 1, Column: 1}
	}
	for i := range a.Spec.Evaluation.Suites {
		s, at := &a.Spec.Evaluation.Suites[i], fmt.Sprintf("spec.evaluation.suites[%d]", i)
		if err := errors.Join(in.suite(s, at), in.data(s, at)); err != nil {
			return nil, err
		}
	}
	return in.problems, nil
}

func (in *inliner) suite(s *Suite, at string) error {
	if s.File == "" {
		return nil
	}
	data, name, err := in.read(at+".file", s.File)
	if data == nil || err != nil {
		return err
	}
	list := at + ".scenarios"
	root, problems, err := readScenarios(name, list, data, in.opts.MaxBytes)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		in.problems = append(in.problems, problems...)
		return nil
	}
	if err := decode(root, &s.Scenarios); err != nil {
		return fault.Wrap(err, fault.Invalid, "%s does not fit the scenarios' types", name)
	}
	s.File = ""
	in.src.add(name, list, root)
	return nil
}

// read returns the content of a named file and the name to report it by; nil
// content when a problem was noted.
func (in *inliner) read(at, name string) ([]byte, string, error) {
	return in.readUpTo(at, name, in.opts.MaxBytes)
}

// readUpTo is read with a limit of its own.
func (in *inliner) readUpTo(at, name string, limit int) ([]byte, string, error) {
	if in.opts.Files == nil {
		in.problem(at, "files cannot be named here", "write the content into the blueprint itself")
		return nil, "", nil
	}
	clean := path.Clean(name)
	if strings.ContainsAny(name, "\\") || path.IsAbs(name) || !fs.ValidPath(clean) || clean == "." {
		in.problem(at, fmt.Sprintf("%q is not a file inside the blueprint's folder", name),
			"write a relative path with / that stays inside the folder of the blueprint")
		return nil, "", nil
	}
	f, err := in.opts.Files.Open(clean)
	if err != nil {
		message := fmt.Sprintf("the file %q cannot be opened", name)
		if errors.Is(err, fs.ErrNotExist) {
			message = fmt.Sprintf("there is no file %q beside the blueprint", name)
		}
		in.problem(at, message, "correct the path, or write the file")
		return nil, "", nil
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		in.problem(at, fmt.Sprintf("%q is not a regular file", name), "name a file")
		return nil, "", nil
	}
	data, err := readLimited(f, clean, min(limit, in.left))
	if err != nil {
		return nil, "", err
	}
	in.left -= len(data)
	if data == nil {
		data = []byte{}
	}
	return data, in.reportName(clean), nil
}

// reportName is how the file is called beside the blueprint's own name.
func (in *inliner) reportName(clean string) string {
	if dir := path.Dir(in.src.File); dir != "." && in.src.File != "" && in.src.File != "-" {
		return path.Join(dir, clean)
	}
	return clean
}

func (in *inliner) problem(at, message, fix string) {
	p := in.src.Position(at)
	in.problems = append(in.problems, fault.Detail{File: p.File, Line: p.Line, Column: p.Column, Path: at, Message: message, Fix: fix})
}
