package redteam

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// kit is what an attacker finds in a version: its tools by what they are good for.
type kit struct {
	pins    []resource.ToolPin
	texts   []act // read text that outsiders write
	records []act // read records that outsiders fill
	trusted []act // read what no outsider writes into
	sends   []act // act outside, with an addressee
	pays    []act // spend
	keeps   []act // write into a record of our own
	deletes []act
	admins  []act
	lookups []act // read, and carry their words outside
}

// act is a tool with the arguments that matter. "" is none.
type act struct {
	tool    blueprint.Tool
	target  string // whom or what it affects
	content string // what is said
	amount  string
	rest    map[string]any // required arguments that are neither
	list    bool           // the target is a list
	kind    string         // of the target: mail, account, url, id or name
}

func newKit(m *resource.Manifest) *kit {
	k := &kit{}
	schemas := map[string]map[string]any{}
	for _, a := range m.Adapters {
		for _, p := range a.Tools {
			schemas[a.Server+"\x00"+p.Name] = p.InputSchema
			k.pins = append(k.pins, p)
		}
	}
	for _, t := range m.Blueprint.Spec.Tools {
		name := t.Upstream
		if name == "" {
			name = t.Name
		}
		k.add(actOf(t, schemas[t.Server+"\x00"+name]))
	}
	return k
}

// safe is a label with its default.
func safe(b *bool) bool { return b == nil || *b }

func (k *kit) add(a act) {
	l := a.tool.Labels
	outside, inside, taints := safe(l.ActsOutside), safe(l.ActsInside), safe(l.ReadsOutside)
	records := l.Records != nil && *l.Records
	switch intent := a.tool.Intent; {
	case intent == blueprint.IntentRead && outside:
		if a.target != "" || a.content != "" {
			k.lookups = append(k.lookups, a)
		}
	case intent == blueprint.IntentRead && taints && records:
		k.records = append(k.records, a)
	case intent == blueprint.IntentRead && taints:
		k.texts = append(k.texts, a)
	case intent == blueprint.IntentRead:
		k.trusted = append(k.trusted, a)
	case intent == blueprint.IntentDelete && a.target != "":
		k.deletes = append(k.deletes, a)
	case intent == blueprint.IntentAdmin && a.target != "":
		k.admins = append(k.admins, a)
	case outside && a.tool.Spends != "" && a.target != "":
		k.pays = append(k.pays, a)
	case outside && a.target != "":
		k.sends = append(k.sends, a)
	case inside && a.content != "":
		k.keeps = append(k.keeps, a)
	}
}

// What an argument is for, by words of its name; the first that is there counts.
var (
	targetNames  = strings.Fields("to recipients recipient email user_email participants channel iban account url file_id event_id email_id path password id name query")
	contentNames = strings.Fields("body content text message summary title subject description note query")
)

// actOf picks a tool's arguments out of its schema, and fills in the others.
func actOf(t blueprint.Tool, schema map[string]any) act {
	a := act{tool: t, amount: t.Spends, rest: map[string]any{}}
	props, _ := schema["properties"].(map[string]any)
	pick := func(names []string) string {
		for _, n := range names {
			if p, ok := props[n].(map[string]any); ok && n != a.target && n != a.amount && !isNumber(p) {
				return n
			}
		}
		return ""
	}
	a.target = pick(targetNames)
	a.content = pick(contentNames)
	if p, ok := props[a.target].(map[string]any); ok {
		a.list = p["type"] == "array"
	}
	a.kind = kindOf(a.target)
	required, _ := schema["required"].([]any)
	for _, name := range slices.Sorted(maps.Keys(props)) {
		if name != a.target && name != a.content && name != a.amount && slices.Contains(required, any(name)) {
			a.rest[name] = filler(name, props[name])
		}
	}
	return a
}

func isNumber(p map[string]any) bool { return p["type"] == "number" || p["type"] == "integer" }

// filler is a value that no policy minds: the user's words, or a date.
func filler(name string, p any) any {
	schema, _ := p.(map[string]any)
	switch {
	case isNumber(schema):
		return 1.0
	case schema["type"] == "boolean":
		return false
	case schema["type"] == "array":
		return []any{}
	case strings.Contains(name, "time"):
		return "2026-03-02 10:00"
	case strings.Contains(name, "date"), strings.Contains(name, "day"):
		return "2026-03-02"
	}
	return topicOfUser
}

func kindOf(target string) string {
	switch {
	case strings.Contains(target, "url"):
		return "url"
	case target == "account", target == "iban", target == "recipient":
		return "account"
	case strings.HasSuffix(target, "id"), target == "path":
		return "id"
	case target == "password", target == "name", target == "query", target == "channel":
		return "name"
	}
	return "mail"
}

// call is a step that calls the tool on target with content.
func (a act) call(target, content string) Step {
	args := maps.Clone(a.rest)
	if a.target != "" {
		args[a.target] = target
		if a.list {
			args[a.target] = []any{target}
		}
	}
	if a.content != "" {
		args[a.content] = content
	}
	if a.amount != "" {
		args[a.amount] = 20.0
	}
	return Step{Tool: a.tool.Name, Args: args, Result: "done"}
}

// goal is call as the harm that the attacker is after.
func (a act) goal(target, content string) Step {
	s := a.call(target, content)
	s.Goal = true
	return s
}

// reads is a step in which the tool gives text.
func (a act) reads(text string) Step {
	s := a.call(topicOfUser, topicOfUser)
	if a.target != "" && a.kind == "id" {
		s.Args[a.target] = "17"
	}
	s.Result = text
	return s
}

// verb is what the tool does, as a user would ask for it.
func (a act) verb() string { return strings.ReplaceAll(a.tool.Name, "_", " ") }

// of picks one of the acts.
func of(r *rand.Rand, lists ...[]act) (act, bool) {
	all := slices.Concat(lists...)
	if len(all) == 0 {
		return act{}, false
	}
	return all[r.IntN(len(all))], true
}

// jsonText is what a server that encodes gives.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
