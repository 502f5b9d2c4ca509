package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// examples are shown in the help of a command, by its path without the program.
var examples = map[string]string{
	"demo":                "aureus demo --once",
	"serve":               "AUREUS_MODEL_URL=http://127.0.0.1:11434/v1 aureus serve --data /var/lib/aureus",
	"init":                "aureus init my-agent",
	"generate":            "aureus generate --template support-desk --param owner=my-team --param name=my-desk -f my-desk.yaml\naureus generate --goal 'Close stale tickets' --mcp tickets=https://mcp.example.com/mcp -f my-agent.yaml",
	"validate":            "aureus validate my-desk.yaml -o sarif",
	"push":                "aureus push my-desk.yaml --build-number 42",
	"ci":                  "aureus ci agents/*.yaml --release --wait --junit junit.xml --sarif findings.sarif --markdown summary.md\naureus ci my-desk.yaml --local",
	"apply":               "aureus apply -f agents --dry-run\naureus apply -f agents --release staging\naureus apply -f agents --prune --owner my-team --yes",
	"drift":               "aureus drift -f agents --env production",
	"drill":               "aureus drill my-desk --wait",
	"drill list":          "aureus drill list my-desk",
	"diff":                "aureus diff my-desk@v1 my-desk@v2",
	"simulate":            "aureus simulate my-desk.yaml --seed 7\naureus simulate my-desk@v2",
	"evaluate":            "aureus evaluate my-desk.yaml --repeats 5 -o junit\naureus evaluate my-desk@v2 --baseline my-desk@v1\naureus evaluate --recorded -o json",
	"runs list":           "aureus runs list --agent my-desk --failed --limit 50",
	"runs import":         "aureus runs import --format taubench results.json",
	"policy backtest":     "aureus policy backtest my-desk.yaml --runs runs.jsonl --format agentdojo -o json",
	"release start":       "aureus release start my-desk@v2 --env production --wait\naureus release start my-desk@v3 --env production --hotfix --reason 'refunds are paid twice'",
	"pipeline validate":   "aureus pipeline validate team.yaml",
	"pipeline put":        "aureus pipeline put team.yaml",
	"pipeline show":       "aureus pipeline show default",
	"waiver request":      "aureus waiver request my-desk@v2 --env production --gate evaluation --reason 'one flaky case, ticket 112' --ttl 8h",
	"evidence add":        "aureus evidence add my-desk@v2 --kind pen-test --verdict pass --report pen-test.json",
	"release pause":       "aureus release pause my-desk@v2 --reason 'the shop is down'",
	"rollback":            "aureus rollback my-desk --reason 'refunds fail' --wait",
	"approve":             "aureus approve my-desk@v2 --reason 'delta and evidence read' --wait\naureus approve APPROVAL --reason 'refunds of this customer' --for-run --free note --max amount=50 --uses 3 --for 30m",
	"approvals show":      "aureus approvals show APPROVAL",
	"deny":                "aureus deny my-desk@v2 --reason 'vouchers need a limit first'",
	"invoke":              `aureus invoke my-desk --session customer-1 --input '{"message": "Where is order A-10007?"}'`,
	"mcp":                 "aureus mcp my-desk@production",
	"scenario from-run":   "aureus scenario from-run RUN --into regressions.yaml",
	"incident rca":        "aureus incident rca INCIDENT --cause 'shipping was refunded twice' --detection 'the canary' --prevention 'a scenario'",
	"incident guardrail":  "aureus incident guardrail INCIDENT --version my-desk@v4 --scenario 'shipping is refunded once'\naureus incident guardrail INCIDENT --version my-desk@v4 --kind policy --name refund-limit",
	"incident triage":     "aureus incident triage INCIDENT --severity sev2 --assign ada",
	"incident done":       "aureus incident done INCIDENT --what 'the instructions say what the total includes'",
	"incident regress":    "aureus incident regress INCIDENT --into regressions.yaml",
	"incident postmortem": "aureus incident postmortem INCIDENT -o postmortem.md",
	"dora":                "aureus dora --agent my-desk --days 90",
	"evidence":            "aureus evidence my-desk@v2 --out bundles",
	"figures":             "aureus figures my-desk --window 1h",
	"audit tail":          "aureus audit tail -n 50",
	"audit export":        "aureus audit export -f ledger.jsonl",
	"audit verify":        "aureus audit verify ledger.jsonl --key ledger.pub",
	"audit proof":         "aureus audit proof 17",
	"token create":        "aureus token create --name deploy-bot --kind service --role developer --role operator --ttl 720h",
	"example shop":        "aureus example shop --db shop/shop.db --init",
}

// prints are what -o json of a command writes, where its own text does not say.
var prints = map[string]any{
	"agents":              []resource.AgentSummary{},
	"versions":            []resource.Version{},
	"runs list":           []resource.Run{},
	"runs show":           resource.Run{},
	"runs import":         importedRuns{},
	"approvals show":      resource.Approval{},
	"pipeline put":        resource.Pipeline{},
	"pipeline list":       []resource.Pipeline{},
	"waiver request":      resource.Waiver{},
	"waiver list":         []resource.Waiver{},
	"waiver revoke":       resource.Waiver{},
	"evidence add":        resource.Evidence{},
	"release start":       resource.Release{},
	"release wait":        resource.Release{},
	"release list":        []resource.Release{},
	"release show":        resource.Release{},
	"release pause":       resource.Release{},
	"release resume":      resource.Release{},
	"release cancel":      resource.Release{},
	"release promote":     resource.Release{},
	"release rollback":    resource.Release{},
	"rollback":            resource.Release{},
	"drill":               resource.Drill{},
	"drill list":          []resource.Drill{},
	"approvals":           []resource.Approval{},
	"approve":             resource.Approval{},
	"deny":                resource.Approval{},
	"invoke":              resource.Run{},
	"scenario from-run":   blueprint.Scenario{},
	"incident list":       []resource.Incident{},
	"incident show":       resource.IncidentReport{},
	"incident triage":     resource.Incident{},
	"incident done":       resource.Incident{},
	"incident regress":    []regression{},
	"incident postmortem": resource.Postmortem{},
	"dora":                []resource.DORA{},
	"incident rca":        resource.Incident{},
	"incident guardrail":  resource.Incident{},
	"evidence":            []resource.VerifiedEvidence{},
	"figures":             []resource.Figures{},
	"audit tail":          []resource.LedgerEntry{},
	"audit key":           resource.PublicKeys{},
	"audit proof":         resource.Proof{},
	"token create":        resource.TokenCreated{},
	"token list":          []resource.Token{},
}

// finish completes the help of a command and of those below it, and makes a
// command that only groups others refuse what it does not know.
func finish(cmd *cobra.Command) {
	_, path, _ := strings.Cut(cmd.CommandPath(), " ")
	if ex := examples[path]; ex != "" {
		cmd.Example = "  " + strings.ReplaceAll(ex, "\n", "\n  ")
	}
	if v := prints[path]; v != nil {
		if cmd.Long == "" {
			cmd.Long = cmd.Short + "."
		}
		cmd.Long += "\n\n" + wrap("-o json prints "+shape(reflect.TypeOf(v))+".", 80, "")
	}
	if cmd.HasSubCommands() {
		cmd.SuggestionsMinimumDistance = 2
		if cmd.RunE == nil {
			cmd.Args = knownSubcommand
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			cmd.DisableFlagsInUseLine = true
			cmd.Annotations = map[string]string{groups: ""}
		}
	}
	for _, c := range cmd.Commands() {
		finish(c)
	}
}

// groups marks a command that only groups others.
const groups = "groups"

// unknownHelp is the error of help that was asked for what there is not: cobra
// looks at the flag before the words.
func unknownHelp(cmd *cobra.Command) error {
	if _, only := cmd.Annotations[groups]; !only {
		return nil
	}
	return knownSubcommand(cmd, cmd.Flags().Args())
}

func knownSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q for %q%s", args[0], cmd.CommandPath(), hint)
}

// shape names the fields of what a command prints: ["..."] for a list.
func shape(t reflect.Type) string {
	if t.Kind() == reflect.Slice {
		return "[" + shape(t.Elem()) + "]"
	}
	return "{" + strings.Join(fields(t), ", ") + "}"
}

func fields(t reflect.Type) []string {
	var out []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			out = append(out, fields(f.Type)...)
		case name != "" && name != "-":
			out = append(out, `"`+name+`"`)
		}
	}
	return out
}
