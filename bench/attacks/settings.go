package attacks

import "github.com/aureus-agents/aureus/blueprint"

// Setting is a set of policies that stands beside or in place of the built-in
// ones; permissions, tiers and budgets hold in all of them.
type Setting struct {
	Name, What string
	Policies   []blueprint.Policy
}

// BuiltIn is the name of the setting that is the built-in set as it is.
const BuiltIn = "built-in"

// flow are the built-in policies of flow.
var flow = []string{"not-asked-for", "target-from-outside", "target-not-picked", "admin-not-named", "amount-from-outside", "rule-of-two", "zone-ceiling"}

// in has policy text in place of the built-in policies that are named.
func in(text string, replaces ...string) []blueprint.Policy {
	return []blueprint.Policy{{ID: "setting", Cedar: text, Replaces: replaces}}
}

// nothing is a policy that never holds.
const nothing = `forbid (principal, action, resource) when { context.phase == "" };`

// Settings lists the settings of the frontier: two naive guards, the built-in set,
// that set without each of its rules, one that is looser and one that is stricter.
func Settings() []Setting {
	list := []Setting{
		{"no flow rules", "permissions, tiers and budgets alone", in(nothing, flow...)},
		{"naive A", "once text from outside was read, every effect is blocked", in(`forbid (principal, action, resource)
when { (resource.actsOutside || resource.actsInside) && context.tainted };`, flow...)},
		{"naive B", "whom or what an effect hits must be in the prompt", in(`forbid (principal, action, resource)
when { (resource.actsOutside || resource.actsInside) && !(["none", "user"].contains(context.target)) };`, flow...)},
		{BuiltIn, "as it is", nil},
	}
	for _, rule := range flow {
		list = append(list, Setting{"without " + rule, "the built-in set less this rule", in(nothing, rule)})
	}
	return append(list,
		Setting{"looser", "the built-in set with records that nobody picked, and amounts from anywhere", in(nothing, "target-not-picked", "amount-from-outside")},
		Setting{"stricter", "the built-in set, and a record counts nowhere, picked or not", in(`@decision("ask") forbid (principal, action, resource)
when { (resource.actsOutside || resource.actsInside) && context.tainted && ["selected", "record"].contains(context.target) };`)},
	)
}
