package pipeline

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/blueprint"
)

const head = "apiVersion: aureus/v1\nkind: Pipeline\nmetadata: {name: team, owner: o}\nspec:\n  owners: [o]\n"

func TestCheck(t *testing.T) {
	tests := []struct{ name, spec, want string }{
		{"fine", "  environments: [{name: a}, {name: b, auto: true, soak: 1h, after: [{name: errors, metric: errorRate, above: 0.1}]}]", ""},
		{"same environment twice", "  environments: [{name: a}, {name: a}]", `spec.environments[1].name: the environment "a" is written twice; the first is spec.environments[0] | keep one of the two`},
		{"auto in the first", "  environments: [{name: a, auto: true}]", "spec.environments[0].auto: the first environment has none before it that could start its releases | remove auto here"},
		{"drills before the last", "  environments: [{name: a, drill: {start: 2026-01-05T04:00, rrule: FREQ=WEEKLY}}, {name: b}]", ""},
		{"drills in the last", "  environments: [{name: a}, {name: b, drill: {start: 2026-01-05T04:00}}]", "spec.environments[1].drill: b is the last environment, and no drill runs there | move it to an environment before"},
		{"drills on no day", "  environments: [{name: a, drill: {start: 2026-01-05T04:00, rrule: FREQ=OFTEN}}, {name: b}]", `spec.environments[0].drill.rrule: "FREQ=OFTEN" is not a recurrence rule that is known here: FREQ cannot be "OFTEN" | write one like FREQ=WEEKLY;BYDAY=FR`},
		{"unknown gate", "  environments: [{name: a, before: [{name: evalution}]}]", `spec.environments[0].before[0].name: "evalution" is no built-in gate | write external: true when its verdict is submitted, or one of quarantine, order, validation, policy, simulation, evaluation, guardrail, signature, smoke`},
		{"external by a built-in name", "  environments: [{name: a, before: [{name: smoke, external: true}]}]", `spec.environments[0].before[0].name: "smoke" is the name of a built-in gate | choose a name of its own`},
		{"external by a reserved name", "  environments: [{name: a, before: [{name: approval, external: true}]}]", `spec.environments[0].before[0].name: "approval" is the name of a built-in gate | choose a name of its own`},
		{"metric before traffic", "  environments: [{name: a, before: [{name: errors, metric: errorRate, above: 0.1}]}]", "spec.environments[0].before[0].metric: a version has no figures before it gets traffic | move the gate to after, with a soak time"},
		{"metric without a bound", "  environments: [{name: a, soak: 1h, after: [{name: errors, metric: errorRate}]}]", "spec.environments[0].after[0].above: the metric has no bound | add above: the value that it may not pass"},
		{"after without soak", "  environments: [{name: a, after: [{name: pen-test, external: true}]}]", "spec.environments[0].after: gates after traffic are read while the version soaks, and it does not | add soak: a duration like 2h"},
		{"built-in gate after", "  environments: [{name: a, soak: 1h, after: [{name: smoke}]}]", "spec.environments[0].after[0]: a gate after traffic reads submitted evidence or a metric | write external: true or metric:, or move it to before"},
		{"loosened built-in", "  environments: [{name: a, evidenceMaxAge: 1h, before: [{name: evaluation, maxAge: 2h}]}]", "spec.environments[0].before[0].maxAge: an entry of a built-in gate can only tighten it, and this is longer than evidenceMaxAge | write a shorter maxAge, or raise evidenceMaxAge"},
		{"waivable order", "  environments: [{name: a, before: [{name: order, waivable: true}]}]", `spec.environments[0].before[0].waivable: the gate "order" can never be waived | remove waivable`},
		{"gate twice", "  environments: [{name: a, before: [{name: smoke}, {name: smoke}]}]", `spec.environments[0].before[1].name: the gate "smoke" is written twice | keep one of the two`},
		{"unknown zone", "  environments: [{name: a, freeze: [{name: f, start: 2026-01-01T00:00, timeZone: Europe/Nowhere, duration: 1h}]}]", `spec.environments[0].freeze[0].timeZone: "Europe/Nowhere" is not an IANA time zone | write one like Europe/Berlin or UTC`},
		{"no such day", "  environments: [{name: a, freeze: [{name: f, start: 2026-02-30T00:00, duration: 1h}]}]", `spec.environments[0].freeze[0].start: "2026-02-30T00:00" is not a time | write it like 2026-12-18T18:00`},
		{"no rule", "  environments: [{name: a, freeze: [{name: f, start: 2026-01-01T00:00, rrule: EVERY FRIDAY, duration: 1h}]}]", `spec.environments[0].freeze[0].rrule: "EVERY FRIDAY" is not a recurrence rule that is known here: there is no part "EVERY FRIDAY"; parts are BYDAY, BYMONTH, BYMONTHDAY, BYSETPOS, COUNT, FREQ, INTERVAL, UNTIL, WKST | write one like FREQ=WEEKLY;BYDAY=FR`},
		{"hourly", "  environments: [{name: a, freeze: [{name: f, start: 2026-01-01T00:00, rrule: FREQ=HOURLY, duration: 1h}]}]", `spec.environments[0].freeze[0].rrule: "FREQ=HOURLY" is not a recurrence rule that is known here: FREQ cannot be "HOURLY" | write one like FREQ=WEEKLY;BYDAY=FR`},
		{"never", "  environments: [{name: a, freeze: [{name: f, start: 2026-01-01T00:00, rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30, duration: 1h}]}]", `spec.environments[0].freeze[0].rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" never comes from 2026-01-01T00:00 on | write a rule that recurs, like FREQ=WEEKLY;BYDAY=FR`},
		{"no time", "  environments: [{name: a, freeze: [{name: f, start: 2026-01-01T00:00, duration: 0s}]}]", "spec.environments[0].freeze[0].duration: a window that lasts no time freezes nothing | write how long it is open, like 62h"},
		{"canary plan of another strategy", "  environments: [{name: a, rollout: {strategy: blue-green, canary: {steps: [{weight: 10}]}}}]", "spec.environments[0].rollout.canary: the strategy blue-green has no canary plan | write strategy: canary, or remove the plan"},
		{"falling weights", "  environments: [{name: a, rollout: {canary: {steps: [{weight: 50}, {weight: 10}]}}}]", "spec.environments[0].rollout.canary.steps[1].weight: a step has no more traffic than the one before | write growing weights"},
		{"preview of another strategy", "  environments: [{name: a, rollout: {strategy: canary, preview: 1h}}]", "spec.environments[0].rollout.preview: only a blue-green rollout has a preview | write strategy: blue-green, or remove it"},
		{"reminder too late", "  environments: [{name: a, approvals: [{count: 1, expires: 1h, remind: 2h}]}]", "spec.environments[0].approvals[0].remind: the request expires before anybody is reminded | write a shorter remind, or a longer expires"},
		{"hotfix for nobody's yes", "  environments: [{name: a}]\n  hotfix: {skip: [order], approvals: [{count: 1, tiers: [high, critical]}]}", "spec.hotfix.approvals: a hotfix of tier low needs nobody's yes | add a rule without tiers and changes, and with a count of 1 or more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := blueprint.ParsePipeline("p.yaml", []byte(head+tt.spec+"\n"), blueprint.Options{})
			if err != nil {
				t.Fatalf("ParsePipeline() = %v", err)
			}
			var got []string
			for _, d := range Check(p) {
				got = append(got, d.Path+": "+d.Message+" | "+d.Fix)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("Check(%s) (-want +got):\n%s", tt.name, diff)
			}
		})
	}
	p, err := blueprint.ParsePipeline("p.yaml", []byte(strings.Replace(head, "  owners: [o]\n", "  environments: [{name: a}]\n", 1)), blueprint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if ds := Check(p); len(ds) != 1 || ds[0].Message != "no agent uses this pipeline" {
		t.Errorf("Check(nobody's) = %v, want that no agent uses it", ds)
	}
}
