package main

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/simulate"
	"github.com/aureus-agents/aureus/internal/tool"
	"github.com/aureus-agents/aureus/resource"
)

// maxCopied bounds the bytes of the files that a scenario's servers get copies of.
const maxCopied = 256 << 20

// privateServers starts servers for one scenario in a folder that is removed
// after it. A file or folder beside Aureus that a server's command or sandbox
// names is copied there, so that the scenario changes the copy.
type privateServers struct {
	dir string // against which commands name files; "" is the current folder
}

var _ simulate.Servers = privateServers{}

// Start implements simulate.Servers.
func (p privateServers) Start(ctx context.Context, m *resource.Manifest, digest string) (agentrun.Tools, func(), error) {
	room, err := os.MkdirTemp("", "aureus-scenario-")
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Unavailable, "a scenario's folder cannot be made")
	}
	remove := func() { _ = os.RemoveAll(room) } // what is left is the system's to clean
	work, temp := filepath.Join(room, "work"), filepath.Join(room, "temp")
	if err := p.furnish(m, work, temp); err != nil {
		remove()
		return nil, nil, err
	}
	adapters := tool.New(tool.Config{Dir: work, TempDir: temp, Private: []string{defaultData}})
	stop := func() {
		_ = adapters.Close() // it ends what it started and has nothing to say
		remove()
	}
	tools, err := adapters.Open(ctx, m, digest)
	if err != nil {
		stop()
		return nil, nil, err
	}
	return tools, stop, nil
}

// furnish makes the folders of a scenario and copies what its servers name.
func (p privateServers) furnish(m *resource.Manifest, work, temp string) error {
	for _, dir := range []string{work, temp} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return fault.Wrap(err, fault.Unavailable, "a scenario's folder cannot be made")
		}
	}
	left := int64(maxCopied)
	for _, s := range m.Blueprint.Spec.Servers {
		if s.Stdio == nil {
			continue
		}
		for _, name := range s.Stdio.Sandbox.Write {
			if !filepath.IsLocal(name) {
				return fault.New(fault.Invalid, "server %q may change %s, of which a scenario cannot have a copy; name a folder beside the blueprint by a relative path, or use no live fixture", s.Name, name)
			}
		}
		for _, name := range slices.Concat(s.Stdio.Command, s.Stdio.Sandbox.Read, s.Stdio.Sandbox.Write) {
			if name == "" || name == "." || !filepath.IsLocal(name) {
				continue
			}
			if err := copyTree(filepath.Join(p.dir, name), filepath.Join(work, name), &left); err != nil {
				return fault.Wrap(err, fault.Invalid, "%q of server %q cannot be copied for the scenario, which changes a copy only", name, s.Name)
			}
		}
	}
	return nil
}

// copyTree copies a file or folder; what is not there, is not copied.
func copyTree(from, to string, left *int64) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		dest := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(dest, 0o700)
		case !d.Type().IsRegular():
			return nil // links and devices lead out of the copy
		}
		return copyFile(path, dest, left)
	})
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

func copyFile(from, to string, left *int64) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return err
	}
	n, err := io.Copy(out, io.LimitReader(in, *left+1))
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if *left -= n; *left < 0 && err == nil {
		err = fault.New(fault.TooLarge, "the files are larger than %d MiB", maxCopied>>20)
	}
	return err
}
