// Command testreport reads the output of "go test -json" and prints go test's
// own lines: a line for each package, and everything that a failed test said.
// It exits with status 1 when a test failed, and also when a test was skipped:
// a test that does not run holds nothing.
//
//	go test -json ./... | testreport
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	os.Exit(run(os.Stdin, os.Stdout, os.Stderr))
}

// event is a line of "go test -json"; see "go doc cmd/test2json".
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Output     string
}

// report collects what is not decided until a test or package ends.
type report struct {
	out     io.Writer
	said    map[string][]string // package and test -> output
	build   map[string][]string // import path -> compiler's output
	skipped []string
	failed  bool
	seen    bool
}

func run(in io.Reader, out, errOut io.Writer) int {
	r := report{out: out, said: map[string][]string{}, build: map[string][]string{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Fprintln(errOut, "testreport: read the output of go test:", err)
			return 1
		}
	}
	switch {
	case len(r.skipped) > 0:
		fmt.Fprintf(errOut, "%d skipped, and nothing may be skipped: install what is missing and run again\n", len(r.skipped))
		for _, s := range r.skipped {
			fmt.Fprintln(errOut, "--- SKIP:", s)
		}
		return 1
	case !r.seen:
		fmt.Fprintln(errOut, "testreport: no package was tested")
		return 1
	case r.failed:
		return 1
	}
	return 0
}

// line takes one line; what is not JSON is passed on as it is.
func (r *report) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil {
		_, _ = r.out.Write(line)
		return
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		if e.Test == "" && packageLine(e.Output) {
			fmt.Fprint(r.out, e.Output)
			return
		}
		r.said[key] = append(r.said[key], e.Output)
	case "build-output":
		r.build[e.ImportPath] = append(r.build[e.ImportPath], e.Output)
	case "build-fail":
		r.failed = true
		r.tell(r.build[e.ImportPath])
	case "skip":
		if e.Test != "" {
			r.skipped = append(r.skipped, e.Package+" "+e.Test)
		}
		delete(r.said, key)
	case "pass":
		r.seen = true
		delete(r.said, key)
	case "fail":
		r.failed, r.seen = true, true
		r.tell(r.said[key])
		delete(r.said, key)
	}
}

func (r *report) tell(lines []string) {
	for _, l := range lines {
		fmt.Fprint(r.out, l)
	}
}

// packageLine reports whether go test says with l how a package ended.
func packageLine(l string) bool {
	return slices.ContainsFunc([]string{"ok  \t", "FAIL\t", "?   \t", "\t"}, func(p string) bool {
		return strings.HasPrefix(l, p)
	})
}
