package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// servers holds the server of each running script, by the script's folder.
var servers sync.Map

// scriptCommands are the commands of scripts beside testscript's own.
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits":    scriptExits,
	"until":    scriptUntil,
	"capture":  scriptCapture,
	"json":     scriptJSON,
	"jsoneq":   scriptJSONEqual,
	"replace":  scriptReplace,
	"flip":     scriptFlip,
	"large":    scriptLarge,
	"scribble": scriptScribble,
	"sqlite":   scriptSQLite,
	"serve":    scriptServe,
	"noserve":  scriptNoServe,
	"unserve":  scriptUnserve,
	"model":    scriptModel,
	"script":   scriptScriptedModel,
	"http":     scriptHTTP,
}

// exits N COMMAND...: the command ends with exit status N.
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(first(ts, neg, args, 2, "exits STATUS COMMAND ARGS..."))
	ts.Check(err)
	if got := exitOf(ts, args[1:]); got != want {
		ts.Fatalf("exit status of %v = %d, want %d", args[1:], got, want)
	}
}

// until N COMMAND...: as exits, tried again until it holds.
func scriptUntil(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(first(ts, neg, args, 2, "until STATUS COMMAND ARGS..."))
	ts.Check(err)
	deadline := time.Now().Add(startLimit)
	for exitOf(ts, args[1:]) != want {
		if time.Now().After(deadline) {
			ts.Fatalf("exit status of %v did not become %d in %s", args[1:], want, startLimit)
		}
		time.Sleep(50 * time.Millisecond) // between tries; the deadline decides
	}
}

func exitOf(ts *testscript.TestScript, args []string) int {
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	ts.Check(err)
	return 0
}

// capture VAR [REGEXP]: sets VAR to the last command's output, or to the
// expression's first group in it.
func scriptCapture(ts *testscript.TestScript, neg bool, args []string) {
	name := first(ts, neg, args, 1, "capture VAR [REGEXP]")
	text := strings.TrimSpace(ts.ReadFile("stdout"))
	if len(args) > 1 {
		m := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(text)
		if len(m) < 2 {
			ts.Fatalf("%q is not in the output:\n%s", args[1], text)
		}
		text = m[1]
	}
	ts.Setenv(name, text)
}

// json FILE PATH VALUE: the JSON value at a path like steps.0.name.
func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	first(ts, false, args, 3, "json FILE PATH VALUE")
	got := valueAt(ts, readJSON(ts, args[0]), args[1])
	if equal := got == args[2]; equal == neg {
		ts.Fatalf("%s of %s = %s, want %s (negated: %v)", args[1], args[0], got, args[2], neg)
	}
}

func readJSON(ts *testscript.TestScript, file string) (v any) {
	text := ts.ReadFile(file)
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		ts.Fatalf("%s is not one JSON value: %v\n%s", file, err, text)
	}
	return v
}

// valueAt follows a path; len is the length of a list.
func valueAt(ts *testscript.TestScript, v any, path string) string {
	for _, p := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[p]
		case []any:
			i, err := strconv.Atoi(p)
			if p == "len" {
				v = float64(len(x))
				continue
			}
			if err != nil || i >= len(x) {
				ts.Fatalf("a list of %d has no %q", len(x), p)
			}
			v = x[i]
		default:
			ts.Fatalf("there is no %q in %v", p, v)
		}
	}
	if s, ok := v.(string); ok {
		return s
	}
	data, err := json.Marshal(v)
	ts.Check(err)
	return string(data)
}

// jsoneq FILE FILE: both hold the same JSON value.
func scriptJSONEqual(ts *testscript.TestScript, neg bool, args []string) {
	first(ts, neg, args, 2, "jsoneq FILE FILE")
	a, b := readJSON(ts, args[0]), readJSON(ts, args[1])
	if !reflect.DeepEqual(a, b) {
		ts.Fatalf("%s and %s differ:\n%s", args[0], args[1], cmp.Diff(a, b))
	}
}

// replace FROM TO OLD NEW: writes a copy of a file in which OLD, which must be
// there, is NEW. \n in them is a line break.
func scriptReplace(ts *testscript.TestScript, neg bool, args []string) {
	first(ts, neg, args, 4, "replace FROM TO OLD NEW")
	text := ts.ReadFile(args[0])
	was, is := strings.ReplaceAll(args[2], `\n`, "\n"), strings.ReplaceAll(args[3], `\n`, "\n")
	if !strings.Contains(text, was) {
		ts.Fatalf("%s has no %q", args[0], was)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Replace(text, was, is, 1)), 0o600))
}

// flip FILE TEXT: changes one bit of the file behind the first TEXT.
func scriptFlip(ts *testscript.TestScript, neg bool, args []string) {
	first(ts, neg, args, 2, "flip FILE TEXT")
	data := []byte(ts.ReadFile(args[0]))
	at := bytes.Index(data, []byte(args[1]))
	if at < 0 {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	data[at+len(args[1])] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

// large FROM TO MIB: writes a copy of a text file, filled up with comments.
func scriptLarge(ts *testscript.TestScript, neg bool, args []string) {
	first(ts, neg, args, 3, "large FROM TO MIB")
	mib, err := strconv.Atoi(args[2])
	ts.Check(err)
	data := append([]byte(ts.ReadFile(args[0])), bytes.Repeat([]byte("# more of the same, line after line ...\n"), mib<<20/40)...)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o600))
}

// scribble FILE: writes over a part in the middle of a file.
func scriptScribble(ts *testscript.TestScript, neg bool, args []string) {
	first(ts, neg, args, 1, "scribble FILE")
	data := []byte(ts.ReadFile(args[0]))
	copy(data[len(data)/4:], bytes.Repeat([]byte("scribble"), len(data)/16))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

// sqlite FILE STATEMENT: changes a database that nothing has open.
func scriptSQLite(ts *testscript.TestScript, neg bool, args []string) {
	first(ts, neg, args, 2, "sqlite FILE STATEMENT")
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	res, err := db.Exec(args[1])
	ts.Check(err)
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		ts.Fatalf("%s changed nothing (%v)", args[1], err)
	}
}

// http STATUS METHOD PATH [FILE]: a plain request to the server, whose answer
// becomes the standard output. ! before it sends no token.
func scriptHTTP(ts *testscript.TestScript, neg bool, args []string) {
	first(ts, false, args, 3, "http STATUS METHOD PATH [BODYFILE]")
	var body io.Reader
	if len(args) > 3 {
		body = strings.NewReader(ts.ReadFile(args[3]))
	}
	req, err := http.NewRequest(args[1], ts.Getenv("AUREUS_SERVER")+args[2], body)
	ts.Check(err)
	if !neg {
		req.Header.Set("Authorization", "Bearer "+ts.Getenv("AUREUS_TOKEN"))
	}
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	_, err = io.Copy(ts.Stdout(), res.Body)
	ts.Check(err)
	if got := strconv.Itoa(res.StatusCode); got != args[0] {
		ts.Fatalf("%s %s = %s, want %s", args[1], args[2], got, args[0])
	}
}

func first(ts *testscript.TestScript, neg bool, args []string, n int, usage string) string {
	if neg || len(args) < n {
		ts.Fatalf("usage: %s", usage)
	}
	if n == 0 {
		return ""
	}
	return args[0]
}
