package guard

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/aureus-agents/aureus/blueprint"
)

// role is what an argument does in a call.
type role int

const (
	// roleTarget decides whom or what the call affects: an addressee, an account, a
	// path, an id. It is the role of everything that is nothing else.
	roleTarget role = iota
	// roleContent is what is said or written there.
	roleContent
	// roleQuantity is a number, a date, a switch or one of a fixed set.
	roleQuantity
)

// String is the name that blueprints and policies use.
func (r role) String() string {
	return [...]string{string(blueprint.RoleTarget), string(blueprint.RoleContent), string(blueprint.RoleQuantity)}[r]
}

// contentNames are argument names that hold text for people in common tools.
var contentNames = words(`answer body caption city comment comments content contents country description details
	feedback greeting headline html keyword keywords label location markdown message msg note notes place postcode prompt q
	query question reason remark remarks review snippet state street subject summary text title topic venue zip`)

// targetWords in an argument's name make it a target whatever its value looks like.
var targetWords = words(`account address bcc branch bucket cc channel command contact customer database dest destination
	directory dir domain email endpoint file filename folder from host iban id ids invitee invitees key member members number order
	owner participant participants password path payee phone project receiver recipient recipients repo repository secret
	service site table target to token uid uri url user username webhook`)

var datePattern = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2})([T ]?\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$`)

// minTarget is the length from which a word can name somebody.
const minTarget = 3

// rolesOf are the roles that a tool's arguments have by name; the blueprint's
// word goes before the argument's name. An enumeration is chosen, not written.
func rolesOf(t blueprint.Tool, schema map[string]any) map[string]role {
	out := map[string]role{}
	props, _ := schema["properties"].(map[string]any)
	for name, p := range props {
		if s, ok := p.(map[string]any); ok {
			_, enum := s["enum"]
			_, constant := s["const"]
			if enum || constant {
				out[name] = roleQuantity
			}
		}
	}
	for name, r := range t.Arguments {
		switch r {
		case blueprint.RoleContent:
			out[name] = roleContent
		case blueprint.RoleQuantity:
			out[name] = roleQuantity
		default:
			out[name] = roleTarget
		}
	}
	return out
}

// naming is what an argument's name says of its role.
type naming int

const (
	namesNothing naming = iota
	namesTarget
	namesContent
)

func namingOf(name string) naming {
	parts := nameWords(name)
	if slices.ContainsFunc(parts, func(p string) bool { return targetWords[p] }) {
		return namesTarget
	}
	if len(parts) > 0 && contentNames[parts[len(parts)-1]] {
		return namesContent
	}
	return namesNothing
}

// namingsOf are those of a schema's arguments, looked up once.
func namingsOf(schema map[string]any) map[string]naming {
	out := map[string]naming{}
	for name := range declared(schema) {
		out[name] = namingOf(name)
	}
	return out
}

// roleOf is the role of a scalar value under a name.
func roleOf(n naming, v any) role {
	s, text := v.(string)
	switch {
	case n == namesTarget:
		return roleTarget
	case !text:
		return roleQuantity
	case n == namesContent:
		return roleContent
	case datePattern.MatchString(s), len(s) < minTarget && !strings.ContainsFunc(s, unicode.IsDigit):
		return roleQuantity
	}
	return roleTarget
}

// nameWords splits fileId, file_id and file-id into words in lower case.
func nameWords(name string) []string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case unicode.IsUpper(r) && lower:
			b.WriteByte(' ')
			b.WriteRune(unicode.ToLower(r))
			lower = false
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		}
		lower = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}

func words(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}
