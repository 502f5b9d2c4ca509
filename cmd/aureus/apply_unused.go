package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/folder"
)

// noting is a file system that notes what is opened.
type noting struct {
	fs.FS
	opened func(name string)
}

func (n noting) Open(name string) (fs.File, error) {
	n.opened(name)
	return n.FS.Open(name)
}

// isPolicy reports whether a file of this name holds policies.
func isPolicy(name string) bool { return strings.EqualFold(filepath.Ext(name), ".cedar") }

// unused are the policies and suites of the folders that no blueprint names: files
// that look as if they were in force, and are not.
func (r *folderRun) unused(names []string) ([]string, error) {
	files, err := filesOf(names, func(name string) bool { return isPolicy(name) || folder.IsText(name) })
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, file := range files {
		if r.named[filepath.Clean(file)] {
			continue
		}
		suite := false
		if !isPolicy(file) {
			if suite, err = isSuite(file); err != nil {
				return nil, err
			}
		}
		if suite || isPolicy(file) {
			out = append(out, file)
		}
	}
	return out, nil
}

// isSuite reports whether a file is a list of scenarios, as suites name one.
func isSuite(file string) (bool, error) {
	st, err := os.Stat(file)
	if err != nil {
		return false, fault.Wrap(err, fault.Invalid, "%s cannot be read", file)
	}
	if st.Size() > blueprint.DefaultMaxBytes {
		return false, nil // more than a suite may be
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return false, fault.Wrap(err, fault.Invalid, "%s cannot be read", file)
	}
	if folder.KindOf(file, data) != "" {
		return false, nil
	}
	list, err := blueprint.ParseScenarios(file, data, blueprint.Options{})
	return err == nil && len(list) > 0, nil
}

// tellUnused says which files nothing comes of.
func (r *folderRun) tellUnused(files []string) {
	for _, file := range files {
		field := "evaluation.suites[].file"
		if isPolicy(file) {
			field = "policies[].file"
		}
		fmt.Fprintf(r.e.stderr, "note: no blueprint of the folder names %s, so nothing comes of it; name it in %s, or take it away\n", file, field)
	}
}
