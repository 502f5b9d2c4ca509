package promptfoo

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// prompt is one prompt: what is sent as the user's message, and a system message.
type prompt struct {
	label, system, user string
}

// prompts reads the prompts; what cannot be read is noted.
func (in *importer) prompts() []prompt {
	var out []prompt
	list, ok := in.doc["prompts"].([]any)
	if !ok && in.doc["prompts"] != nil {
		list = []any{in.doc["prompts"]}
	}
	for i, v := range list {
		at := fmt.Sprintf("prompts[%d]", i)
		switch v := v.(type) {
		case string:
			out = append(out, in.prompt(at, "", v)...)
		case map[string]any:
			label, _ := v["label"].(string)
			raw, _ := v["raw"].(string)
			id, _ := v["id"].(string)
			out = append(out, in.prompt(at, label, orText(raw, id))...)
		default:
			in.note(NoteLeftOut, at, "a prompt is a text, or an object with raw or id", "")
		}
	}
	return out
}

// prompt reads one prompt: its text, or the prompts of a file.
func (in *importer) prompt(at, label, text string) []prompt {
	if !isFile(text) {
		if path.Ext(text) == ".txt" && !strings.ContainsAny(text, " \n{") { // an old way to name a file
			return in.promptFile(at, label, text)
		}
		return in.texts(at, label, []string{text})
	}
	name := strings.TrimPrefix(text, "file://")
	if !strings.ContainsAny(name, "*?[") || in.Files == nil {
		return in.promptFile(at, label, name)
	}
	names, err := fs.Glob(in.Files, path.Clean(strings.TrimPrefix(name, "./")))
	if err != nil || len(names) == 0 {
		in.note(NoteLeftOut, at, name+" names no file", "")
	}
	var out []prompt
	for _, n := range names {
		out = append(out, in.promptFile(at, label, n)...)
	}
	return out
}

func (in *importer) promptFile(at, label, name string) []prompt {
	switch ext := path.Ext(strings.SplitN(name, ":", 2)[0]); ext {
	case ".txt", ".md", ".json", ".j2", "":
	default:
		in.note(NoteLeftOut, at, fmt.Sprintf("%s is a prompt that a program makes", name), "write the prompt as text")
		return nil
	}
	data, clean, ok := in.read(at, name)
	if !ok {
		return nil
	}
	texts := []string{string(data)}
	if path.Ext(clean) == ".txt" {
		texts = regexp.MustCompile(`(?m)^---\s*$`).Split(string(data), -1)
	}
	return in.texts(at, orText(label, clean), texts)
}

// texts are prompts of given texts; a chat in JSON becomes its messages.
func (in *importer) texts(at, label string, texts []string) []prompt {
	var out []prompt
	for _, t := range texts {
		if t = strings.TrimSpace(t); t == "" {
			continue
		}
		if block.MatchString(t) {
			in.note(NoteLeftOut, at, "the prompt has a {% %} block, which is not run", "write one prompt for each case")
			continue
		}
		p := prompt{label: label, user: t}
		if label != "" && len(texts) > 1 {
			p.label = fmt.Sprintf("%s %d", label, len(out)+1)
		}
		if strings.HasPrefix(t, "[") {
			if chat, ok := in.chat(at, t); ok {
				chat.label, p = p.label, chat
			}
		}
		for _, f := range filters(p.user + p.system) {
			in.note(NoteApproximated, at, fmt.Sprintf("the filter %q of a placeholder is not run", f), "")
		}
		out = append(out, p)
	}
	return out
}

// chat is a list of messages as a prompt: system messages, and all others as one
// text, each with its role when there are several.
func (in *importer) chat(at, text string) (prompt, bool) {
	var messages []struct {
		Role    string `json:"role"`
		Content any    `json:"content"`
	}
	if json.Unmarshal([]byte(text), &messages) != nil || len(messages) == 0 {
		return prompt{}, false
	}
	var system, other []string
	var roles []string
	for _, m := range messages {
		content, ok := m.Content.(string)
		if !ok {
			in.note(NoteLeftOut, at, "a message of the prompt is no text (images, audio)", "")
			continue
		}
		if m.Role == "system" || m.Role == "developer" {
			system = append(system, content)
			continue
		}
		roles, other = append(roles, m.Role), append(other, content)
	}
	if len(other) > 1 {
		in.note(NoteApproximated, at, "the earlier messages of the chat are one text", "use a conversation: turns")
		for i := range other {
			other[i] = roles[i] + ": " + other[i]
		}
	}
	return prompt{system: strings.Join(system, "\n\n"), user: strings.Join(other, "\n\n")}, len(other) > 0
}

// sameSystem is the system message that all prompts share, when it names no
// variable.
func sameSystem(ps []prompt) string {
	if ps[0].system == "" || placeholder.MatchString(ps[0].system) ||
		slices.ContainsFunc(ps, func(p prompt) bool { return p.system != ps[0].system }) {
		return ""
	}
	return ps[0].system
}

var (
	placeholder = regexp.MustCompile(`\{\{-?\s*([^{}|]+?)\s*((?:\|[^{}]*?)?)\s*-?\}\}`)
	block       = regexp.MustCompile(`\{%-?.*?%\}`)
)

// plainFilters change nothing here, or are done.
var plainFilters = []string{"safe", "dump", "trim", "upper", "lower"}

// filters are the filters of placeholders that are not run.
func filters(text string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		for f := range strings.SplitSeq(strings.TrimPrefix(m[2], "|"), "|") {
			f = strings.TrimSpace(f)
			if f != "" && !slices.Contains(plainFilters, f) && !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out
}

// render puts variables into a text; missing are the names that have none.
func render(text string, vars map[string]any) (out string, missing []string) {
	out = placeholder.ReplaceAllStringFunc(text, func(p string) string {
		m := placeholder.FindStringSubmatch(p)
		v, ok := lookup(vars, m[1])
		if !ok {
			if !slices.Contains(missing, m[1]) {
				missing = append(missing, m[1])
			}
			return ""
		}
		s := shown(v)
		for f := range strings.SplitSeq(strings.TrimPrefix(m[2], "|"), "|") {
			switch strings.TrimSpace(f) {
			case "dump":
				if raw, err := json.Marshal(v); err == nil {
					s = string(raw)
				}
			case "trim":
				s = strings.TrimSpace(s)
			case "upper":
				s = strings.ToUpper(s)
			case "lower":
				s = strings.ToLower(s)
			}
		}
		return s
	})
	return out, missing
}

func lookup(vars map[string]any, name string) (any, bool) {
	var cur any = vars
	for part := range strings.SplitSeq(name, ".") {
		m, ok := cur.(map[string]any)
		if ok {
			cur, ok = m[part]
		}
		if !ok {
			return nil, false
		}
	}
	return cur, true
}

// shown is a value in a text.
func shown(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	if v == nil {
		return ""
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}
