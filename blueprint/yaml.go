package blueprint

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

// YAML writes the blueprint as YAML, fields in the order of the types, texts of
// several lines as blocks. Parse reads it back to an equal blueprint.
func (a *Agent) YAML() ([]byte, error) {
	raw, err := json.Marshal(a)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the blueprint cannot be written as YAML")
	}
	root, problems := jsonTree("", raw)
	if len(problems) > 0 {
		return nil, invalid("the blueprint", problems)
	}
	prune(root, "")
	var w yamlWriter
	w.object(root, 0)
	return w.buf.Bytes(), nil
}

// emptyBlock matches the fields that encoding/json writes as {} when nothing is
// in them; elsewhere an empty object is a value and stays.
var emptyBlock = regexp.MustCompile(`^spec\.(budgets|evaluation|release|release\.canary|monitor)$|^spec\.tools\[\]\.labels$|^spec\.evaluation\.suites\[\]\.scenarios\[\]\.expect$`)

// prune drops the empty blocks below n, whose path has its indexes left out.
func prune(n *node, path string) {
	if n.kind == kindArray {
		for _, kid := range n.kids {
			prune(kid, path+"[]")
		}
		return
	}
	keys, kids := n.keys[:0], n.kids[:0]
	for i, kid := range n.kids {
		p := joinKey(path, n.keys[i].name)
		prune(kid, p)
		if kid.kind == kindObject && len(kid.kids) == 0 && emptyBlock.MatchString(p) {
			continue
		}
		keys, kids = append(keys, n.keys[i]), append(kids, kid)
	}
	n.keys, n.kids = keys, kids
}

type yamlWriter struct{ buf bytes.Buffer }

func (w *yamlWriter) indent(level int) {
	for range level {
		w.buf.WriteString("  ")
	}
}

// object writes the fields of n; the first line's indent is already there.
func (w *yamlWriter) object(n *node, level int) {
	for i, kid := range n.kids {
		if i > 0 {
			w.indent(level)
		}
		w.buf.WriteString(yamlString(n.keys[i].name) + ":")
		w.value(kid, level, level+1)
	}
}

// value writes a value after "name:" or "-". Lists of a field stand at inner, too.
func (w *yamlWriter) value(n *node, level, inner int) {
	switch {
	case n.kind == kindObject && len(n.kids) == 0:
		w.buf.WriteString(" {}\n")
	case n.kind == kindArray && len(n.kids) == 0:
		w.buf.WriteString(" []\n")
	case n.kind == kindObject:
		w.buf.WriteByte('\n')
		w.indent(inner)
		w.object(n, inner)
	case n.kind == kindArray && scalars(n):
		w.buf.WriteString(" " + flow(n) + "\n")
	case n.kind == kindArray:
		w.buf.WriteByte('\n')
		for _, kid := range n.kids {
			w.indent(inner)
			w.item(kid, inner)
		}
	case n.kind == kindString && blockable(n.text):
		w.block(n.text, inner)
	default:
		w.buf.WriteString(" " + scalarText(n) + "\n")
	}
}

// item writes one entry of a list whose dash stands at level.
func (w *yamlWriter) item(n *node, level int) {
	w.buf.WriteByte('-')
	if n.kind == kindObject && len(n.kids) > 0 {
		w.buf.WriteByte(' ')
		w.object(n, level+1)
		return
	}
	w.value(n, level, level+1)
}

// block writes a text of several lines as a literal block.
func (w *yamlWriter) block(text string, level int) {
	body, end := strings.CutSuffix(text, "\n")
	w.buf.WriteString(" |")
	if !end {
		w.buf.WriteByte('-')
	}
	w.buf.WriteByte('\n')
	for line := range strings.SplitSeq(body, "\n") {
		if line != "" {
			w.indent(level)
			w.buf.WriteString(line)
		}
		w.buf.WriteByte('\n')
	}
}

// blockable reports whether a literal block keeps text exactly: lines of
// printable characters that do not start or end with white space.
func blockable(text string) bool {
	body := strings.TrimSuffix(text, "\n")
	if !strings.Contains(body, "\n") || strings.HasPrefix(body, "\n") || strings.HasSuffix(body, "\n") {
		return false
	}
	for i, line := range strings.Split(body, "\n") {
		if strings.TrimRight(line, " \t") != line || !printable(line) {
			return false
		}
		// A first line with an indent would set the block's indent.
		if i == 0 && strings.HasPrefix(line, " ") {
			return false
		}
	}
	return true
}

func printable(s string) bool {
	for _, r := range s {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == 0x2028 || r == 0x2029 || r == 0xfeff {
			return false
		}
	}
	return true
}

func scalars(n *node) bool {
	total := 0
	for _, k := range n.kids {
		if k.kind == kindObject || k.kind == kindArray {
			return false
		}
		total += len(scalarText(k)) + 2
	}
	return total < 100
}

func flow(n *node) string {
	parts := make([]string, len(n.kids))
	for i, k := range n.kids {
		parts[i] = scalarText(k)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func scalarText(n *node) string {
	switch n.kind {
	case kindString:
		return yamlString(n.text)
	case kindNull:
		return "null"
	}
	return n.text
}

// plainYAML is text that every YAML reader takes for itself without quotes.
var plainYAML = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./@()-]*( [A-Za-z0-9_./@()-]+)*$`)

// notText are plain words that some YAML reader takes for something else.
var notText = map[string]bool{"true": true, "false": true, "null": true, "yes": true, "no": true, "y": true, "n": true, "off": true}

func yamlString(s string) string {
	if plainYAML.MatchString(s) && !notText[strings.ToLower(s)] {
		return s
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// A string always has a JSON form.
	_ = enc.Encode(s)
	return strings.TrimSuffix(b.String(), "\n")
}
