package guard

import (
	"slices"
	"strings"
	"unicode"

	"github.com/aureus-agents/aureus/blueprint"
)

// What a user can ask for. Words that mean the same are in one class; a word may
// be in several. The user's text and the tool's name are both reduced to classes,
// and a tool was asked for when they share one. Nothing but the user's own text
// is read, so nothing that a run reads later can ask for anything.
var askClasses = map[string]map[string]bool{
	"send": words(`answer contact dm email forward inform mail message notify ping post reply respond send
		share tell text write`),
	"pay": words(`buy charge compensate donate pay purchase refund reimburse remit send settle spend transfer
		wire repay return`),
	"create": words(`add arrange book compose create draft generate insert log make open organize organise
		plan prepare put record register remind save schedule set start store submit upload write`),
	"update": words(`add adjust amend append assign change complete correct decrease edit extend fix increase mark
		modify move postpone put rename replace reschedule resolve set shift switch update upgrade write`),
	"delete": words(`archive ban cancel clear close delete discard drop eliminate erase kick purge remove revoke trash
		unsubscribe withdraw`),
	"share":   words(`access add allow give grant invite join permit post publish send share upload`),
	"publish": words(`announce post publish release share submit upload`),
	"reserve": words(`book booking order purchase rent reservation reserve schedule`),
	"run": words(`apply build deploy execute launch restart run scale start stop trigger roll rollback approve merge
		install`),
}

// Words that hand the decision what to do to a text which the user names: "follow
// the instructions in ...". Whom it may affect still has to come from elsewhere.
var (
	followWords = words(`follow do execute perform carry complete handle process`)
	orderWords  = words(`instruction action step todo task request order item`)
	givenWords  = words(`following these below`)
)

// askAnything is the class of a user who told the agent to do what a text says.
const askAnything = "anything"

// asksOf are the classes that a user's text asks for, sorted.
func asksOf(text string) []string {
	list := stems(text)
	var out []string
	for class, verbs := range askClasses {
		if slices.ContainsFunc(list, func(w string) bool { return has(verbs, w) }) {
			out = append(out, class)
		}
	}
	if delegates(list) {
		out = append(out, askAnything)
	}
	slices.Sort(out)
	return out
}

// delegates finds a word for following close before a word for orders. "Do the
// following tasks" names them in the user's own text and hands nothing over.
func delegates(list []string) bool {
	for i, w := range list {
		if givenWords[w] || !has(followWords, w) {
			continue
		}
		for _, next := range list[i+1 : min(i+6, len(list))] {
			if givenWords[next] {
				break
			}
			if has(orderWords, next) {
				return true
			}
		}
	}
	return false
}

// asksFor are the classes in which a tool counts as asked for: those of the words
// of its name, or what its intent says when the name says nothing.
func asksFor(t blueprint.Tool) []string {
	var out []string
	for class, verbs := range askClasses {
		if slices.ContainsFunc(nameWords(t.Name), func(w string) bool { return has(verbs, w) }) {
			out = append(out, class)
		}
	}
	if len(out) == 0 {
		switch t.Intent {
		case blueprint.IntentDelete:
			out = []string{"delete"}
		case blueprint.IntentExecute:
			out = []string{"run"}
		case blueprint.IntentWrite, blueprint.IntentAdmin:
			out = []string{"create", "update"}
		}
	}
	slices.Sort(out)
	return out
}

// asked reports whether the user of s asked for what g's tool does. A lookup
// serves any question, and a blueprint may make a call the agent's own duty.
func (g *toolGuard) asked(s State) bool {
	if g.tool.Unprompted || g.tool.Intent == blueprint.IntentRead {
		return true
	}
	for _, class := range s.Asks {
		if class == askAnything || slices.Contains(g.asks, class) {
			return true
		}
	}
	return len(g.tool.AskedBy) > 0 && s.said(g.tool.AskedBy)
}

// said reports whether the user used one of the words.
func (s State) said(list []string) bool {
	for _, src := range s.Sources {
		if src.Origin != OriginUser {
			continue
		}
		for _, w := range list {
			if mentions(src.Text, []string{normalise(w)}) {
				return true
			}
		}
	}
	return false
}

// stems are the words of a text in lower case.
func stems(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' })
}

// has reports whether a word or its base form is in the set: "sends", "sent" is
// not, "sending", "booked", "updates", "instructions".
func has(set map[string]bool, w string) bool {
	if set[w] {
		return true
	}
	for _, end := range []string{"s", "es", "d", "ed", "ing"} {
		base, ok := strings.CutSuffix(w, end)
		if !ok || len(base) < 2 {
			continue
		}
		n := len(base)
		if set[base] || set[base+"e"] || n > 3 && base[n-1] == base[n-2] && set[base[:n-1]] {
			return true
		}
	}
	return false
}
