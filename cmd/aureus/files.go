package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// isFile reports whether the argument of a command names a blueprint file and
// not a registered version.
func isFile(arg string) bool {
	switch strings.ToLower(filepath.Ext(arg)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return arg == "-"
}

// readBlueprint reads a blueprint and the files that it names, from a file or,
// for "-", from stdin.
func readBlueprint(e *env, name string) (*blueprint.Agent, *blueprint.Source, error) {
	return readBlueprintNoting(e, name, func(string) {})
}

// readBlueprintNoting is readBlueprint that tells which files the blueprint names.
func readBlueprintNoting(e *env, name string, named func(file string)) (*blueprint.Agent, *blueprint.Source, error) {
	if name == "-" {
		data, err := blueprint.Read(e.stdin, "stdin")
		if err != nil {
			return nil, nil, err
		}
		return blueprint.ParseSource("stdin", data, blueprint.Options{})
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "the blueprint cannot be read")
	}
	defer f.Close()
	data, err := blueprint.Read(f, name)
	if err != nil {
		return nil, nil, err
	}
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "the blueprint's folder cannot be read")
	}
	defer root.Close()
	files := noting{root.FS(), func(file string) { named(filepath.Join(filepath.Dir(name), filepath.FromSlash(file))) }}
	return blueprint.ParseSource(name, data, blueprint.Options{Files: files})
}

// writeNew writes a file that must not be there yet; "-" is stdout.
func writeNew(e *env, name string, data []byte) error {
	if name == "-" {
		_, err := e.document().Write(data)
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if os.IsExist(err) {
		return fault.New(fault.Invalid, "%s is there already and is left as it is; name another file", name)
	}
	if err == nil {
		_, err = f.Write(data)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "%s cannot be written", name)
	}
	return nil
}

// openInput opens a file to read; "-" is stdin.
func openInput(e *env, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(e.stdin), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the input cannot be read")
	}
	return f, nil
}
