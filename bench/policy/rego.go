package policy

import (
	"fmt"
	"strings"
)

// builtIn is internal/guard/builtin.cedar in Rego.
const builtIn = `package aureus

permit contains "builtin/permitted" if input.resource.permitted

deny contains "builtin/phase" if not input.context.phase in input.resource.phases
deny contains "builtin/permission" if not input.resource.permitted
effect if input.resource.actsOutside
effect if input.resource.actsInside
theirs := {"none", "user", "blueprint", "trusted"}
named if {
	input.context.target in theirs
	input.context.content in theirs
}
ask contains "builtin/not-asked-for" if {
	effect
	input.context.tainted
	not input.context.asked
}
ask contains "builtin/target-from-outside" if {
	effect
	input.context.tainted
	input.context.target in {"outside", "unknown"}
}
ask contains "builtin/target-not-picked" if {
	input.context.target == "record"
	input.context.tainted
	beyond
}
beyond if input.resource.actsOutside
beyond if input.resource.intent == "delete"
ask contains "builtin/admin-not-named" if {
	input.resource.intent == "admin"
	input.context.tainted
	not named
}
ask contains "builtin/amount-from-outside" if {
	input.context.tainted
	input.context.spending == "outside"
}
ask contains "builtin/rule-of-two" if {
	input.resource.intent == "read"
	input.resource.actsOutside
	input.context.tainted
	input.context.confidentiality > 0
	not named
}
ask contains "builtin/zone-ceiling" if {
	input.resource.actsOutside
	input.context.confidentiality > input.resource.zone
}
deny contains "builtin/tier-unknown" if not input.resource.tier in {"low", "medium", "high", "critical"}
ask contains "builtin/tier-high" if input.resource.tier == "high"
ask contains "builtin/tier-critical" if input.resource.tier == "critical"
deny contains "builtin/budget-tool-calls" if input.context.left.toolCalls <= 0
deny contains "builtin/budget-steps" if input.context.left.steps < 0
deny contains "builtin/budget-tokens" if input.context.left.tokens < 0
deny contains "builtin/budget-cost" if input.context.left.costMicroUSD < 0
deny contains "builtin/budget-spend" if input.context.spend > input.context.left.spend
deny contains "builtin/budget-session-tool-calls" if input.context.left.session.toolCalls <= 0
deny contains "builtin/budget-session-tokens" if input.context.left.session.tokens < 0
deny contains "builtin/budget-session-cost" if input.context.left.session.costMicroUSD < 0
deny contains "builtin/budget-session-spend" if input.context.spend > input.context.left.session.spend
deny contains "builtin/budget-day-tool-calls" if input.context.left.day.toolCalls <= 0
deny contains "builtin/budget-day-tokens" if input.context.left.day.tokens < 0
deny contains "builtin/budget-day-cost" if input.context.left.day.costMicroUSD < 0
deny contains "builtin/budget-day-spend" if input.context.spend > input.context.left.day.spend
deny contains "builtin/rate" if input.context.left.rate <= 0
ask contains "builtin/transition-approval" if input.context.phase in input.resource.approvalPhases

decision := {"permit": permit, "deny": deny, "ask": ask}
`

// module is the built-in set and the blueprint's policies in Rego.
func module() string {
	var b strings.Builder
	b.WriteString(builtIn)
	n := 0
	add := func(kind, body string) {
		fmt.Fprintf(&b, "\n%s contains \"p%02d\" if {\n%s}\n", kind, n, body)
		n++
	}
	for i := range 3 {
		add("deny", fmt.Sprintf("\tinput.resource.name == \"refund\"\n\tinput.context.args.amount > %d.5\n", amountBound(i)))
		add("ask", fmt.Sprintf("\tinput.resource.intent == \"execute\"\n\tinput.context.tainted\n\tinput.resource.zone > 1\n\tinput.context.left.toolCalls < %d\n", callsBound(i)))
		add("deny", fmt.Sprintf("\tinput.resource.name == \"send_mail\"\n\t\"x%d@example.com\" in input.context.args.to\n", i))
		add("ask", fmt.Sprintf("\tinput.resource.name == \"post\"\n\tinput.context.confidentiality > 1\n\tinput.context.left.tokens < %d\n", tokensBound(i)))
		add("deny", fmt.Sprintf("\tinput.resource.intent == \"write\"\n\tinput.resource.tier == \"high\"\n\tinput.context.tainted\n\tinput.context.left.spend < %d\n", spendBound(i)))
	}
	return b.String()
}
