package control_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// useCase is an exported method: its roles, as its comment says them, and a call
// of it.
type useCase struct {
	says  string // ends the comment, but for notes in brackets
	roles []resource.Role
	call  func(ctx context.Context, c *control.Control, p control.Principal) error
}

// noPrincipal are the methods that take no principal, with the reason.
var noPrincipal = map[string]string{
	"Authenticate": "makes the principal",
	"Bootstrap":    "makes the first token, at a start",
	"PublicKeys":   "public by their name",
	"HandleJob":    "called by the worker",
	"Recover":      "called at a start",
	"CheckAlerts":  "called by the clock",
	"CheckDrills":  "called by the clock",
	"Wait":         "called at a stop",
	// AnswerFromChannel finds the person that the signed answer is of.
	"AnswerFromChannel": "its signature names who answers",
}

// useCases is the matrix. approval is a request that approvers may answer.
func useCases(approval string) map[string]useCase {
	type C = *control.Control
	type P = control.Principal
	all := []resource.Role{resource.RoleViewer, resource.RoleDeveloper, resource.RoleOperator, resource.RoleApprover, resource.RoleAuditor, resource.RoleAdmin}
	only := func(rs ...resource.Role) []resource.Role { return append(rs, resource.RoleAdmin) }
	dev, op, dop := only(resource.RoleDeveloper), only(resource.RoleOperator), only(resource.RoleDeveloper, resource.RoleOperator)
	aud, adm := only(resource.RoleAuditor), only()
	view := func(call func(context.Context, C, P) error) useCase { return useCase{"Viewer", all, call} }
	return map[string]useCase{
		"CreateToken": {"Admin", adm, func(ctx context.Context, c C, p P) error {
			_, _, err := c.CreateToken(ctx, p, control.NewToken{})
			return err
		}},
		"Tokens":      {"Admin", adm, func(ctx context.Context, c C, p P) error { _, err := c.Tokens(ctx, p); return err }},
		"RevokeToken": {"Admin", adm, func(ctx context.Context, c C, p P) error { return c.RevokeToken(ctx, p, "none") }},

		"Push": {"Developer", dev, func(ctx context.Context, c C, p P) error { _, err := c.Push(ctx, p, control.PushRequest{}); return err }},
		"Simulate": {"Developer", dev, func(ctx context.Context, c C, p P) error {
			_, err := c.Simulate(ctx, p, control.CheckRequest{Version: "none"})
			return err
		}},
		"Evaluate": {"Developer", dev, func(ctx context.Context, c C, p P) error {
			_, err := c.Evaluate(ctx, p, control.CheckRequest{Version: "none"})
			return err
		}},
		"ImportRuns":      {"Developer", dev, func(ctx context.Context, c C, p P) error { _, err := c.ImportRuns(ctx, p, nil); return err }},
		"ScenarioFromRun": {"Developer", dev, func(ctx context.Context, c C, p P) error { _, err := c.ScenarioFromRun(ctx, p, "none"); return err }},
		"AddEvidence": {"Developer or operator", dop, func(ctx context.Context, c C, p P) error {
			_, err := c.AddEvidence(ctx, p, "none", control.ExternalEvidenceRequest{})
			return err
		}},
		"PutPipeline": {"Admin or operator", op, func(ctx context.Context, c C, p P) error {
			_, err := c.PutPipeline(ctx, p, blueprint.Pipeline{}, 0)
			return err
		}},
		"PlanPush": {"Developer", dev, func(ctx context.Context, c C, p P) error {
			_, err := c.PlanPush(ctx, p, control.PushRequest{})
			return err
		}},
		"Retire":         {"Operator", op, func(ctx context.Context, c C, p P) error { _, err := c.Retire(ctx, p, "none", "test"); return err }},
		"Drift":          {"Developer or operator", dop, func(ctx context.Context, c C, p P) error { _, err := c.Drift(ctx, p, "none"); return err }},
		"DeletePipeline": {"Admin or operator", op, func(ctx context.Context, c C, p P) error { return c.DeletePipeline(ctx, p, "none") }},
		"Pipeline":       view(func(ctx context.Context, c C, p P) error { _, err := c.Pipeline(ctx, p, "none"); return err }),
		"Pipelines":      view(func(ctx context.Context, c C, p P) error { _, err := c.Pipelines(ctx, p); return err }),
		"RequestWaiver": {"Developer or operator", dop, func(ctx context.Context, c C, p P) error {
			_, err := c.RequestWaiver(ctx, p, control.WaiverRequest{})
			return err
		}},
		"RevokeWaiver": {"Operator, or who asked for it", all, func(ctx context.Context, c C, p P) error {
			_, err := c.RevokeWaiver(ctx, p, "none", "test")
			return err
		}},
		"Waivers": view(func(ctx context.Context, c C, p P) error {
			_, err := c.Waivers(ctx, p, control.WaiverFilter{}, control.Page{})
			return err
		}),
		"StartRelease": {"Developer or operator", dop, func(ctx context.Context, c C, p P) error {
			_, err := c.StartRelease(ctx, p, control.ReleaseRequest{})
			return err
		}},
		"Invoke": {"Developer or operator, or an agent or service token of any role", dop, func(ctx context.Context, c C, p P) error {
			_, err := c.Invoke(ctx, p, "none", control.InvokeRequest{})
			return err
		}},
		"OpenSession": {"The same callers as for Invoke", dop, func(ctx context.Context, c C, p P) error {
			_, err := c.OpenSession(ctx, p, "none", control.InvokeRequest{})
			return err
		}},

		"StartDrill": {"Operator", op, func(ctx context.Context, c C, p P) error {
			_, err := c.StartDrill(ctx, p, "none", control.DrillRequest{})
			return err
		}},
		"Drill": view(func(ctx context.Context, c C, p P) error { _, err := c.Drill(ctx, p, "none"); return err }),
		"Drills": view(func(ctx context.Context, c C, p P) error {
			_, err := c.Drills(ctx, p, "none", control.Page{})
			return err
		}),
		"MoveRelease": {"Operator", op, func(ctx context.Context, c C, p P) error {
			_, err := c.MoveRelease(ctx, p, "none", "pause", "test")
			return err
		}},
		"Rollback": {"Operator", op, func(ctx context.Context, c C, p P) error {
			_, err := c.Rollback(ctx, p, "none", "staging", "test")
			return err
		}},
		"RecordRCA": {"Operator", op, func(ctx context.Context, c C, p P) error {
			_, err := c.RecordRCA(ctx, p, "none", resource.RCA{})
			return err
		}},
		"ProveGuardrail": {"Operator", op, func(ctx context.Context, c C, p P) error {
			_, err := c.ProveGuardrail(ctx, p, "none", control.GuardrailRequest{})
			return err
		}},

		"Decide": {"approver unless the request says otherwise", only(resource.RoleApprover), func(ctx context.Context, c C, p P) error {
			_, err := c.Decide(ctx, p, approval, control.DecideRequest{Approve: true})
			if !fault.Is(err, fault.Invalid) { // no reason was given
				return err
			}
			view, err := c.ViewApproval(ctx, p, approval)
			if err == nil && view.Token == "" {
				return fault.New(fault.Forbidden, "no token to answer with")
			}
			return err
		}},

		"TriageIncident": {"Operator", op, func(ctx context.Context, c C, p P) error {
			_, err := c.TriageIncident(ctx, p, "none", resource.TriageRequest{Note: "x"})
			return err
		}},
		"FollowUp":       {"Operator", op, func(ctx context.Context, c C, p P) error { _, err := c.FollowUp(ctx, p, "none", "done"); return err }},
		"IncidentReport": view(func(ctx context.Context, c C, p P) error { _, err := c.IncidentReport(ctx, p, "none"); return err }),
		"Postmortem":     view(func(ctx context.Context, c C, p P) error { _, err := c.Postmortem(ctx, p, "none"); return err }),
		"DORA": view(func(ctx context.Context, c C, p P) error {
			_, err := c.DORA(ctx, p, control.FiguresQuery{})
			return err
		}),

		"Tail":    {"Auditor; the read is itself recorded", aud, func(ctx context.Context, c C, p P) error { _, err := c.Tail(ctx, p, 0, 1); return err }},
		"Export":  {"Auditor; recorded", aud, func(ctx context.Context, c C, p P) error { return c.Export(ctx, p, io.Discard) }},
		"ProofOf": {"Auditor", aud, func(ctx context.Context, c C, p P) error { _, err := c.ProofOf(ctx, p, 0); return err }},

		"Agent":    view(func(ctx context.Context, c C, p P) error { _, err := c.Agent(ctx, p, "none"); return err }),
		"Agents":   view(func(ctx context.Context, c C, p P) error { _, err := c.Agents(ctx, p); return err }),
		"Approval": view(func(ctx context.Context, c C, p P) error { _, err := c.Approval(ctx, p, "none"); return err }),
		"Approvals": view(func(ctx context.Context, c C, p P) error {
			_, err := c.Approvals(ctx, p, control.ApprovalFilter{}, control.Page{})
			return err
		}),
		"Automaton": view(func(ctx context.Context, c C, p P) error { _, err := c.Automaton(ctx, p, "none"); return err }),
		"Backtest": view(func(ctx context.Context, c C, p P) error {
			_, err := c.Backtest(ctx, p, control.BacktestQuery{Version: "none"})
			return err
		}),
		"ViewApproval": view(func(ctx context.Context, c C, p P) error {
			_, err := c.ViewApproval(ctx, p, "none")
			return err
		}),
		"Deployments":  view(func(ctx context.Context, c C, p P) error { _, err := c.Deployments(ctx, p, ""); return err }),
		"Diff":         view(func(ctx context.Context, c C, p P) error { _, err := c.Diff(ctx, p, "none", "none"); return err }),
		"Environments": view(func(ctx context.Context, c C, p P) error { _, err := c.Environments(ctx, p); return err }),
		"EventsOf": view(func(ctx context.Context, c C, p P) error {
			_, err := c.EventsOf(ctx, p, "run", "none", control.Page{})
			return err
		}),
		"Evidence": view(func(ctx context.Context, c C, p P) error { _, err := c.Evidence(ctx, p, "none"); return err }),
		"Figures": view(func(ctx context.Context, c C, p P) error {
			_, err := c.Figures(ctx, p, control.FiguresQuery{})
			return err
		}),
		"Incident": view(func(ctx context.Context, c C, p P) error { _, err := c.Incident(ctx, p, "none"); return err }),
		"Incidents": view(func(ctx context.Context, c C, p P) error {
			_, err := c.Incidents(ctx, p, control.IncidentFilter{}, control.Page{})
			return err
		}),
		"Ledger":             view(func(ctx context.Context, c C, p P) error { _, err := c.Ledger(ctx, p); return err }),
		"EvaluationProgress": view(func(ctx context.Context, c C, p P) error { _, err := c.EvaluationProgress(ctx, p, "none"); return err }),
		"Release":            view(func(ctx context.Context, c C, p P) error { _, err := c.Release(ctx, p, "none"); return err }),
		"Releases": view(func(ctx context.Context, c C, p P) error {
			_, err := c.Releases(ctx, p, control.ReleaseFilter{}, control.Page{})
			return err
		}),
		"Run": view(func(ctx context.Context, c C, p P) error { _, err := c.Run(ctx, p, "none"); return err }),
		"Runs": view(func(ctx context.Context, c C, p P) error {
			_, err := c.Runs(ctx, p, control.RunFilter{}, control.Page{})
			return err
		}),
		"Series": view(func(ctx context.Context, c C, p P) error {
			_, err := c.Series(ctx, p, control.FiguresQuery{}, time.Hour)
			return err
		}),
		"Snapshots": view(func(ctx context.Context, c C, p P) error {
			_, err := c.Snapshots(ctx, p, "none", "staging")
			return err
		}),
		"Subscribe": view(func(ctx context.Context, c C, p P) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			_, err := c.Subscribe(ctx, p)
			return err
		}),
		"CanaryRecord":  view(func(ctx context.Context, c C, p P) error { _, err := c.CanaryRecord(ctx, p, "none", 0); return err }),
		"ShadowResults": view(func(ctx context.Context, c C, p P) error { _, err := c.ShadowResults(ctx, p, "none"); return err }),
		"Verdict":       view(func(ctx context.Context, c C, p P) error { _, err := c.Verdict(ctx, p, "none"); return err }),
		"Version":       view(func(ctx context.Context, c C, p P) error { _, err := c.Version(ctx, p, "none"); return err }),
		"Versions": view(func(ctx context.Context, c C, p P) error {
			_, err := c.Versions(ctx, p, "none", control.Page{})
			return err
		}),
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rel := w.expect(w.until(w.begin(w.push(lean(t, blueprint.TierHigh)), "staging").ID, resource.ReleaseAwaiting), resource.ReleaseAwaiting)
	cases := useCases(rel.Approval)
	maps.Copy(cases, approvalUseCases(rel.Approval))
	comments := methodComments(t)
	for m := range reflect.TypeFor[*control.Control]().Methods() {
		_, free := noPrincipal[m.Name]
		uc, listed := cases[m.Name]
		takes := m.Type.NumIn() > 2 && m.Type.In(2) == reflect.TypeFor[control.Principal]()
		switch {
		case free != !takes || listed != takes:
			t.Errorf("%s takes a principal: %t; it is among the use cases: %t, among the methods without: %t", m.Name, takes, listed, free)
		case free:
		case !strings.Contains(comments[m.Name], uc.says):
			t.Errorf("the comment of %s does not say %q:\n%s", m.Name, uc.says, comments[m.Name])
		default:
			checkRoles(t, w, m.Name, uc)
		}
	}
}

func checkRoles(t *testing.T, w *world, name string, uc useCase) {
	for _, role := range append(resource.Roles(), "") {
		var roles []resource.Role
		if role != "" {
			roles = []resource.Role{role}
		}
		err := uc.call(t.Context(), w.Control, person("somebody-"+string(role), roles...))
		if got, want := !fault.Is(err, fault.Forbidden), slices.Contains(uc.roles, role); got != want {
			t.Errorf("%s as %q = %v, want allowed: %t", name, role, err, want)
		}
	}
}

// TestInvokeByPrograms: agents and services need no more than a role.
func TestInvokeByPrograms(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	for _, tt := range []struct {
		kind  string
		roles []resource.Role
		want  fault.Code
	}{
		{"service", []resource.Role{resource.RoleViewer}, fault.NotFound},
		{"agent", []resource.Role{resource.RoleAuditor}, fault.NotFound},
		{"service", nil, fault.Forbidden},
		{"agent", nil, fault.Forbidden},
		{"", []resource.Role{resource.RoleViewer}, fault.Forbidden},
		{"human", []resource.Role{resource.RoleViewer}, fault.Forbidden},
		{"human", []resource.Role{resource.RoleDeveloper}, fault.NotFound},
	} {
		p := control.Principal{Actor: resource.Actor{Name: "x", Kind: tt.kind}, Roles: tt.roles}
		_, err := w.Invoke(t.Context(), p, desk, control.InvokeRequest{Input: "hello"})
		if !fault.Is(err, tt.want) {
			t.Errorf("Invoke() as %q with %v = %v, want %s", tt.kind, tt.roles, err, tt.want)
		}
	}
}

// methodComments are the comments of Control's methods, on one line each.
func methodComments(t *testing.T) map[string]string {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil && fn.Doc != nil {
				out[fn.Name.Name] += strings.Join(strings.Fields(fn.Doc.Text()), " ")
			}
		}
	}
	return out
}
