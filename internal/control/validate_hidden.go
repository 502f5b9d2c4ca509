package control

import (
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/screen"
	"github.com/aureus-agents/aureus/resource"
)

// hidden warns of characters that a person who approves the blueprint does not
// see and the model reads: control characters, and those that turn the direction
// of text or take no room. The two joiners are letters of some scripts and parts
// of emoji, so they are not named.
func hidden(a *blueprint.Agent) []resource.Finding {
	var out []resource.Finding
	look := func(path, text string) {
		at := strings.IndexFunc(text, func(r rune) bool {
			return screen.Hidden(r) && r != '\r' && r != '\u200c' && r != '\u200d'
		})
		if at < 0 {
			return
		}
		r := []rune(text[at:])[0]
		out = append(out, resource.Finding{Rule: "blueprint/hidden-text", Severity: "warning", Code: resource.OutOfScope, Path: path,
			Line:        strings.Count(text[:at], "\n") + 1,
			Message:     fmt.Sprintf("the text holds the character %U, which a reader does not see and the model reads", r),
			Remediation: "take it out; what it is to say can be said in words"})
	}
	look("metadata.owner", a.Metadata.Owner)
	look("metadata.description", a.Metadata.Description)
	look("spec.goal", a.Spec.Goal)
	look("spec.instructions", a.Spec.Instructions)
	for i, t := range a.Spec.Tools {
		look(fmt.Sprintf("spec.tools[%d].description", i), t.Description)
	}
	for i, p := range a.Spec.Policies {
		look(fmt.Sprintf("spec.policies[%d].description", i), p.Description)
		look(fmt.Sprintf("spec.policies[%d].cedar", i), p.Cedar)
	}
	return out
}
