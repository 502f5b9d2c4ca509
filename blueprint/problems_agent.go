package blueprint

import (
	"encoding/json"

	"github.com/aureus-agents/aureus/internal/fault"
)

// Problems checks a blueprint that was made in code or came over the API by the
// same schema as [Parse]; none means that Parse would accept it.
func (a *Agent) Problems() []fault.Detail {
	raw, err := json.Marshal(a)
	if err != nil {
		return []fault.Detail{{Message: "the blueprint has no JSON form: " + err.Error(), Fix: "use values that JSON has"}}
	}
	root, problems := jsonTree("", raw)
	if root != nil {
		problems = inOrder(append(problems, check(rules().agent, "", "", root)...))
	}
	for i := range problems {
		problems[i].Line, problems[i].Column = 0, 0 // of a text that nobody wrote
	}
	return problems
}
