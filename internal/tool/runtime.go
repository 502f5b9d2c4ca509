package tool

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"github.com/aureus-agents/aureus/internal/tool/sandbox"
)

// maxHops bounds how many symbolic links and interpreters a program may go through.
const maxHops = 16

// program shows the file of a program and what it is known to need to start:
// the interpreter that its first line names, and the modules of Node.js and
// Python programs that are installed beside it. What else it needs is named in
// the blueprint.
func (v *view) program(file string, lookup func(string) (string, bool)) {
	for range maxHops {
		real := v.follow(file)
		if real == "" || v.changes(real) { // it could write there what it wants to be shown
			return
		}
		v.modules(filepath.Dir(file))
		v.modules(filepath.Dir(real))
		next := interpreter(real, lookup)
		if next == "" {
			return
		}
		file = next
	}
}

// follow shows a file under its name, with the links that lead to it as they are:
// programs find what belongs to them by both names.
func (v *view) follow(name string) string {
	for range maxHops {
		info, err := os.Lstat(name)
		if err != nil {
			return ""
		}
		if info.Mode()&os.ModeSymlink == 0 {
			break
		}
		to, err := os.Readlink(name)
		if err != nil {
			return ""
		}
		v.link(name, to)
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(name), to)
		}
		name = filepath.Clean(to)
	}
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return ""
	}
	v.show(name, real, false)
	return real
}

// modules shows what is installed for a program in the folder bin.
func (v *view) modules(bin string) {
	if sandbox.Shown(bin) {
		return
	}
	if at := strings.Index(bin+"/", "/node_modules/"); at >= 0 {
		v.folder(bin[:at] + "/node_modules")
	}
	prefix := filepath.Dir(bin)
	if v.personal(prefix) {
		return
	}
	if cfg, err := os.ReadFile(filepath.Join(prefix, "pyvenv.cfg")); err == nil { // a Python environment
		v.folder(prefix)
		for line := range strings.Lines(string(cfg)) {
			if key, home, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == "home" {
				v.library(filepath.Dir(strings.TrimSpace(home)))
			}
		}
	}
	v.library(prefix)
}

// script shows what a Node.js script in the folder dir needs to start: the modules
// that it is installed among or that its package has, and the package's description,
// which says what kind of modules its files are.
func (v *view) script(dir string) {
	if at := strings.Index(dir+"/", "/node_modules/"); at >= 0 {
		v.folder(dir[:at] + "/node_modules")
		return
	}
	for range maxHops {
		if v.personal(dir) {
			return
		}
		about := filepath.Join(dir, "package.json")
		if _, err := os.Stat(about); err == nil {
			v.folder(about)
			v.folder(filepath.Join(dir, "node_modules"))
			return
		}
		dir = filepath.Dir(dir)
	}
}

// library shows the libraries of an interpreter that is installed in prefix.
func (v *view) library(prefix string) {
	for _, pattern := range []string{"lib/python3*", "lib/node_modules"} {
		if found, err := filepath.Glob(filepath.Join(prefix, pattern)); err == nil && len(found) > 0 && !v.personal(prefix) {
			v.folder(filepath.Join(prefix, "lib"))
			v.folder(filepath.Join(prefix, "bin"))
		}
	}
}

func (v *view) folder(name string) {
	if v.ledAway("", name) != nil {
		return
	}
	if real, err := filepath.EvalSymlinks(name); err == nil && !v.personal(real) && !v.hidden(real) {
		v.show(name, real, false)
	}
}

// interpreter is the program that the first line of a script names, "" for none.
func interpreter(file string, lookup func(string) (string, bool)) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	line, _ := bufio.NewReaderSize(f, 256).ReadSlice('\n') // a longer line is none that the kernel would follow
	text, ok := strings.CutPrefix(string(line), "#!")
	words := strings.Fields(text)
	if !ok || len(words) == 0 || !filepath.IsAbs(words[0]) {
		return ""
	}
	if filepath.Base(words[0]) != "env" {
		return words[0]
	}
	path, _ := lookup("PATH")
	for _, word := range words[1:] {
		if strings.HasPrefix(word, "-") || strings.Contains(word, "=") {
			continue
		}
		for _, dir := range filepath.SplitList(path) {
			if info, err := os.Stat(filepath.Join(dir, word)); err == nil && filepath.IsAbs(dir) && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return filepath.Join(dir, word)
			}
		}
		return ""
	}
	return ""
}
