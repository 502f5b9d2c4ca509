package blueprint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/aureus-agents/aureus/internal/fault"
)

// DefaultMaxBytes is the size limit of a blueprint and of each file that it names.
const DefaultMaxBytes = 1 << 20

// Options of [Parse].
type Options struct {
	// Files is the folder that policies[].file and suites[].file are read from; give
	// os.Root.FS, which also keeps symbolic links inside. nil: a blueprint that
	// names a file is refused.
	Files fs.FS
	// MaxBytes limits the blueprint and each file that it names; default
	// [DefaultMaxBytes].
	MaxBytes int
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	return o
}

// Read reads a blueprint's text from r, at most [DefaultMaxBytes]; a longer one
// is refused with fault.TooLarge after that many bytes. name is used in the error.
func Read(r io.Reader, name string) ([]byte, error) {
	return readLimited(r, name, DefaultMaxBytes)
}

func readLimited(r io.Reader, name string, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s could not be read", name)
	}
	if len(data) > limit {
		return nil, tooLarge(name, limit)
	}
	return data, nil
}

func tooLarge(name string, limit int) error {
	return fault.New(fault.TooLarge, "%s is larger than the limit of %d bytes; a blueprint's scenarios can be in files of their own, which spec.evaluation.suites[].file names", name, limit)
}

// Parse reads a blueprint, YAML or JSON. name is the file's name, for places in
// errors and to tell the format: .json is JSON, .yaml and .yml are YAML, and
// otherwise a text that starts with { is JSON. The files that it names are
// inlined. What is wrong comes back as one fault.Invalid with a detail for each
// problem, in the order of the file.
func Parse(name string, data []byte, opts Options) (*Agent, error) {
	a, _, err := ParseSource(name, data, opts)
	return a, err
}

// ParseSource is [Parse] that also says where each field was written.
func ParseSource(name string, data []byte, opts Options) (*Agent, *Source, error) {
	opts = opts.withDefaults()
	root, problems, err := readTree(name, data, opts.MaxBytes)
	if err != nil {
		return nil, nil, err
	}
	if root != nil {
		problems = inOrder(append(problems, check(rules().agent, name, "", root)...))
	}
	if len(problems) > 0 {
		return nil, nil, invalid(name, problems)
	}
	a := new(Agent)
	if err := decode(root, a); err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "%s does not fit the blueprint's types", name)
	}
	src := &Source{File: name, at: map[string]Position{}, blocks: map[string]bool{}}
	src.add(name, "", root)
	in := &inliner{opts: opts, src: src, left: maxInlined}
	if problems, err = in.inline(a); err != nil {
		return nil, nil, err
	}
	if len(problems) > 0 {
		return nil, nil, invalid(name, problems)
	}
	return a, src, nil
}

// ParseScenarios reads a suite's file: a list of scenarios, or an object with
// the one field scenarios.
func ParseScenarios(name string, data []byte, opts Options) ([]Scenario, error) {
	opts = opts.withDefaults()
	root, problems, err := readScenarios(name, "", data, opts.MaxBytes)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, invalid(name, problems)
	}
	var out []Scenario
	if err := decode(root, &out); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s does not fit the scenarios' types", name)
	}
	return out, nil
}

// readScenarios reads and checks a suite's file; base is the field path that
// its list has in the blueprint.
func readScenarios(name, base string, data []byte, limit int) (*node, []fault.Detail, error) {
	root, problems, err := readTree(name, data, limit)
	if err != nil || root == nil {
		return nil, problems, err
	}
	if root.kind == kindObject && len(root.keys) == 1 && root.keys[0].name == "scenarios" {
		root = root.kids[0]
	}
	return root, inOrder(append(problems, check(rules().scenarios, name, base, root)...)), nil
}

// readTree reads one document of either format.
func readTree(name string, data []byte, limit int) (*node, []fault.Detail, error) {
	if len(data) > limit {
		return nil, nil, tooLarge(name, limit)
	}
	if i := invalidUTF8(data); i >= 0 {
		line := 1 + bytes.Count(data[:i], []byte("\n"))
		return nil, []fault.Detail{{File: name, Line: line, Column: i - bytes.LastIndexByte(data[:i], '\n'),
			Message: "the text is not UTF-8", Fix: "save the file as UTF-8"}}, nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var root *node
	var problems []fault.Detail
	if isJSON(name, data) {
		root, problems = jsonTree(name, data)
	} else {
		root, problems = yamlTree(name, data)
	}
	if root == nil && len(problems) == 0 {
		problems = []fault.Detail{{File: name, Message: "the file cannot be read", Fix: "start from what \"aureus init\" writes"}}
	}
	return root, problems, nil
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return -1
}

func isJSON(name string, data []byte) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".json":
		return true
	case ".yaml", ".yml":
		return false
	}
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{"))
}

func decode(n *node, into any) error {
	raw, err := json.Marshal(n.plain())
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

// invalid makes the one error of a file from its problems. The first is in the
// message, so that a reader who sees only that can act.
func invalid(name string, problems []fault.Detail) error {
	first := problems[0]
	where := first.File
	if where == "" {
		where = name
	}
	if first.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", where, first.Line, first.Column)
	}
	msg := where + ": "
	if first.Path != "" {
		msg += first.Path + ": "
	}
	msg += first.Message
	if first.Fix != "" {
		msg += "; " + first.Fix
	}
	if n := len(problems) - 1; n > 0 {
		msg += fmt.Sprintf(" (and %d more)", n)
	}
	return fault.New(fault.Invalid, "%s", msg).With(problems...)
}

// ParseValue reads any document, YAML or JSON as [Parse] tells them apart, with
// the place of each of its values.
func ParseValue(name string, data []byte) (any, *Source, error) {
	root, problems, err := readTree(name, data, MaxDataBytes)
	if err != nil {
		return nil, nil, err
	}
	if len(problems) > 0 {
		return nil, nil, invalid(name, inOrder(problems))
	}
	var out any
	if err := decode(root, &out); err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "%s cannot be read", name)
	}
	src := &Source{File: name, at: map[string]Position{}, blocks: map[string]bool{}}
	src.add(name, "", root)
	return out, src, nil
}
