package console

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/backtest"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// Automaton is that of a refund desk; other agents have no readable guard.
func (f *fixture) Automaton(ctx context.Context, p control.Principal, ref string) (control.Automaton, error) {
	v, err := f.Version(ctx, p, ref)
	if err != nil {
		return control.Automaton{}, err
	}
	if v.Agent == "support-triage" {
		return control.Automaton{}, fault.New(fault.Verification, "%s was registered with another built-in policy set than this Aureus has; push its blueprint again", v.Name)
	}
	a := control.Automaton{Agent: v.Agent, Number: v.Number, Digest: v.Digest}
	if v.Agent == "invoice-reader" { // no workflow
		a.Graph = graphOf("work/clean/public > work/tainted/public: read_invoice", "work/clean/public > work/clean/internal: find_order",
			"work/clean/internal > work/tainted/internal: read_invoice", "work/tainted/public > work/tainted/internal: find_order",
			"work/tainted/internal > work/tainted/internal? pay_supplier", "work/clean/public > work/tainted/internal? search_everything_there_is")
		return a, nil
	}
	a.Phases = []string{"intake", "decide", "resolve"}
	a.Graph = graphOf("intake/clean/public > decide/tainted/confidential: lookup_order", "intake/clean/public > intake/tainted/confidential: lookup_order",
		"intake/tainted/confidential > decide/tainted/confidential: lookup_order", "intake/tainted/confidential > intake/tainted/confidential: lookup_order",
		"decide/tainted/confidential > resolve/tainted/confidential? issue_refund", "decide/tainted/confidential > decide/tainted/confidential? issue_refund",
		"decide/tainted/confidential > decide/tainted/confidential: lookup_order", "decide/tainted/confidential > resolve/tainted/confidential: refuse_refund",
		"resolve/tainted/confidential > resolve/tainted/confidential: send_mail")
	return a, nil
}

// graphOf reads "FROM > TO: TOOL, ..." and, for calls that need a human, "FROM > TO? TOOL".
func graphOf(lines ...string) guard.Graph {
	var g guard.Graph
	state := func(id string) string {
		for _, s := range g.States {
			if s.ID == id {
				return id
			}
		}
		part := strings.Split(id, "/")
		g.States = append(g.States, guard.GraphState{ID: id, Phase: part[0], Tainted: part[1] == "tainted", Confidentiality: blueprint.Zone(part[2]),
			Initial: len(g.States) == 0, Final: part[0] == "resolve" || part[0] == "work"})
		return id
	}
	for _, l := range lines {
		from, rest, _ := strings.Cut(l, " > ")
		decision := resource.DecisionApproved
		to, tools, ok := strings.Cut(rest, ": ")
		if !ok {
			decision = resource.DecisionPending
			to, tools, _ = strings.Cut(rest, "? ")
		}
		g.Edges = append(g.Edges, guard.GraphEdge{From: state(from), To: state(to), Decision: decision, Tools: strings.Split(tools, ", ")})
	}
	return g
}

// policyReport is what the policy check of a refund desk says.
func policyReport() guard.PropertyReport {
	return guard.PropertyReport{Agent: "refund-desk", States: 4, Calls: 812, Open: []string{"Labels, zones and tiers are believed: a tool that does more than it is labelled for is not seen."}, Properties: []guard.PropertyResult{
		{ID: "no-outside-effect-from-outside", Sentence: "Once a run has read text from outside, no effect outside runs without a human on a target that such a text or nobody named.", BuiltIn: true, Verdict: guard.PropertyHolds},
		{ID: "no-unasked-effect", Sentence: "Once a run has read text from outside, no effect runs without a human that the run's user did not ask for.", BuiltIn: true, Verdict: guard.PropertyFails, Accepted: "the desk answers mails by itself"},
		{ID: "mail-only-to-customers", Sentence: "A mail goes to nobody but the customer.", Verdict: guard.PropertyFails, Depends: []string{"mail-to-customer"}, CounterExample: &guard.Witness{Says: "Refund order A-1. " + hostile, Phase: "intake", Replayed: true, Steps: []guard.WitnessStep{
			{Tool: "lookup_order", Args: map[string]any{"order_id": "A-1"}, Origins: map[string]string{"order_id": "user"}, Decision: resource.DecisionApproved, Policies: []string{"desk-read"}, Result: hostile, After: atDecide},
			{Tool: "send_mail", Args: map[string]any{"to": hostile}, Origins: map[string]string{"to": "tool:lookup_order"}, Decision: resource.DecisionPending, Human: true, Quorum: 1, Policies: []string{"rule-of-two"}, After: atResolve}}}},
	}}
}

func policyEvidence(agent, digest string) resource.Evidence {
	report, err := json.Marshal(policyReport())
	if err != nil {
		panic(err)
	}
	return resource.Evidence{ID: "evi-policy", Kind: resource.EvidencePolicy, Subject: digest, Agent: agent, Environment: "production", Verdict: resource.Block, Digest: digestOf("policy"), CreatedAt: before(2 * time.Hour), CreatedBy: resource.System, Report: report}
}

// Backtest changes two runs, one of them with an attacker's text in everything.
func (f *fixture) Backtest(ctx context.Context, p control.Principal, q control.BacktestQuery) (control.BacktestReport, error) {
	f.mu.Lock()
	f.replays++
	f.mu.Unlock()
	v, err := f.Version(ctx, p, q.Version)
	if err != nil {
		return control.BacktestReport{}, err
	}
	if q.Environment == "staging" {
		return control.BacktestReport{}, fault.New(fault.Conflict, "nothing of %s serves in staging, so there is nothing to hold %s against", v.Agent, v.Name)
	}
	r := control.BacktestReport{Candidate: v, Environment: "production", Limit: control.DefaultBacktestRuns, More: true, Oldest: before(26 * time.Hour), Newest: before(time.Minute)}
	if q.Runs > 0 {
		r.Limit = q.Runs
	}
	r.Against, err = f.Version(ctx, p, v.Agent+"@v2")
	r.Counts = backtest.Comparison{Runs: 200, Changed: 2, Broken: 1, Asking: 1, Candidate: backtest.Result{Benign: 180, BenignFinished: 170, BenignAskedHuman: 9, BenignBlocked: 1, Skipped: 20}, Against: backtest.Result{Benign: 180, BenignFinished: 172, BenignAskedHuman: 8, Skipped: 20}}
	r.Moves = []backtest.Moved{{Move: backtest.Move{Kind: backtest.KindBenign, From: backtest.Finished, To: backtest.AskedHuman}, Runs: 1}, {Move: backtest.Move{Kind: backtest.KindBenign, From: backtest.Finished, To: backtest.Blocked}, Runs: 1}}
	yes := decided(resource.DecisionApproved, "policy", "reading orders is permitted in intake", atIntake, atDecide, "desk-read")
	no := decided(resource.DecisionRejected, "policy", "The address is not one that lookup_order returned. "+hostile, atResolve, atResolve, "mail-to-customer")
	ask := decided(resource.DecisionPending, "tier", "A refund over 200 needs a person.", atDecide, atDecide, "tier-gate")
	run := func(id string) resource.Run {
		return resource.Run{ID: id, StartedAt: before(time.Hour), Input: map[string]any{"message": hostile}}
	}
	r.Changes = []backtest.Change{
		{Move: r.Moves[1].Move, Run: run("run-0897"), Calls: []backtest.CallChange{{Step: 3, Tool: "send_mail", Args: map[string]any{"to": "mail@evil.example", "body": hostile}, From: yes, To: no}}},
		{Move: r.Moves[0].Move, Run: run("run-0891"), Calls: []backtest.CallChange{{Step: 2, Tool: "issue_refund", Args: map[string]any{"amount": 480}, From: yes, To: ask}}}}
	return r, err
}

// askedCall is what the request apr-12 shows.
func askedCall() *resource.AskedCall {
	return &resource.AskedCall{Version: version("refund-desk", 2), Goal: "Refund customers what they are entitled to, and nothing else.", PolicyDigest: digestOf("policies"),
		Arguments: []resource.ArgumentFlow{{Name: "amount", Class: "record", Role: "quantity"}, {Name: "currency", Class: "unknown", Role: "quantity"}, {Name: "iban", Class: "outside", Role: "target"}, {Name: "note", Class: "outside", Role: "content"}, {Name: "order_id", Class: "user", Role: "target"}},
		Origins:   map[string]string{"amount": "tool:lookup_order", "currency": "unknown", "iban": "tool:lookup_order", "note": "tool:lookup_order", "order_id": "user"},
		Fears:     []resource.Fear{{Policy: "builtin.outside-target", Reason: "A target of the call stands in text from outside.", Quorum: 1}, {Policy: "tier-gate", Reason: "A refund over 200 needs a person.", Quorum: 1}},
		Before:    atDecide, LastOutside: &resource.OutsideText{Tool: "lookup_order", Call: "c1"}}
}
