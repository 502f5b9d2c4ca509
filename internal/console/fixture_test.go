package console

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// fixtureNow is when the fixture's story is looked at.
var fixtureNow = time.Date(2026, 3, 12, 14, 20, 0, 0, time.UTC)

// before is a time before fixtureNow.
func before(d time.Duration) resource.Millis { return resource.Millis(fixtureNow.Add(-d).UnixMilli()) }

// The fixture's principals, by their token.
var principals = map[string]control.Principal{
	"admin-token":    {Actor: resource.Actor{Name: "rowan", Kind: "human"}, Roles: []resource.Role{resource.RoleAdmin}, Token: "tok-1"},
	"viewer-token":   {Actor: resource.Actor{Name: "wall-screen", Kind: "service"}, Roles: []resource.Role{resource.RoleViewer}, Token: "tok-2"},
	"approver-token": {Actor: resource.Actor{Name: "sasha", Kind: "human"}, Roles: []resource.Role{resource.RoleViewer, resource.RoleApprover}, Token: "tok-3"},
}

// fixture is a control plane with a story in it. Moves and answers change it, so
// that a test can follow a form to its effect.
type fixture struct {
	mu        sync.Mutex
	agents    []control.AgentSummary
	versions  map[string][]resource.Version
	releases  []resource.Release
	outcomes  map[string][]resource.CanaryOutcome
	approvals []resource.Approval
	runs      []resource.Run
	incidents []resource.Incident
	ledger    []resource.LedgerEntry
	revoked   bool
	views     int // how often an approval was viewed
	tails     int // how often the ledger was read
	replays   int // how often runs were replayed
	drifts    int // how often servers were asked for their tools
	subs      []chan resource.Event
}

func newFixture() *fixture {
	f := &fixture{versions: map[string][]resource.Version{}, outcomes: map[string][]resource.CanaryOutcome{}}
	f.tellVersions()
	f.tellReleases()
	f.tellRollouts()
	f.tellRuns()
	f.tellRest()
	return f
}

// publish delivers an event to every event stream.
func (f *fixture) publish(e resource.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.subs {
		select {
		case c <- e:
		default:
		}
	}
}

func (f *fixture) Authenticate(_ context.Context, secret string) (control.Principal, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := principals[secret]
	if !ok || f.revoked {
		return control.Principal{}, fault.New(fault.Unauthorized, "this token is not known here")
	}
	return p, nil
}

func find[T any](what, id string, list []T, is func(T) bool) (T, error) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], nil
	}
	var zero T
	return zero, fault.New(fault.NotFound, "There is no %s %s.", what, id)
}

func (f *fixture) Agents(context.Context, control.Principal) ([]control.AgentSummary, error) {
	return f.agents, nil
}

func (f *fixture) Agent(_ context.Context, _ control.Principal, name string) (control.AgentSummary, error) {
	if name == claims {
		return control.AgentSummary{Name: claims, Deployments: []resource.Deployment{{Agent: claims, Environment: "production", Stable: version(claims, 2)}, {Agent: claims, Environment: "staging", Stopped: true}}}, nil
	}
	return find("agent", name, f.agents, func(a control.AgentSummary) bool { return a.Name == name })
}

func (f *fixture) Version(_ context.Context, _ control.Principal, ref string) (resource.Version, error) {
	for _, list := range f.versions {
		for _, v := range list {
			if ref == v.Name || ref == v.Agent+"@"+v.Digest || ref == v.Digest {
				return v, nil
			}
		}
	}
	return resource.Version{}, fault.New(fault.NotFound, "There is no version %s.", ref)
}

func (f *fixture) Versions(_ context.Context, _ control.Principal, agent string, _ control.Page) ([]resource.Version, error) {
	return f.versions[agent], nil
}

func (f *fixture) Environments(context.Context, control.Principal) ([]resource.Environment, error) {
	return []resource.Environment{{Name: "staging", Order: 1, Pipelines: []string{"default"}}, {Name: "production", Order: 2, Pipelines: []string{"default"}}}, nil
}

func (f *fixture) Release(_ context.Context, _ control.Principal, id string) (resource.Release, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return find("release", id, f.releases, func(r resource.Release) bool { return r.ID == id })
}

func (f *fixture) Releases(_ context.Context, _ control.Principal, q control.ReleaseFilter, _ control.Page) ([]resource.Release, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return filter(f.releases, func(r resource.Release) bool {
		return fits(q.Agent, r.Agent) && (r.Agent != claims || q.Agent == claims) && fits(q.Environment, r.Environment) && (len(q.States) == 0 || slices.Contains(q.States, r.State))
	}), nil
}

func filter[T any](list []T, keep func(T) bool) []T {
	var out []T
	for _, x := range list {
		if keep(x) {
			out = append(out, x)
		}
	}
	return out
}

func fits(want, got string) bool { return want == "" || want == got }

func (f *fixture) MoveRelease(_ context.Context, p control.Principal, id, event, reason string) (resource.Release, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, r := range f.releases {
		if r.ID == id {
			next, _, err := release.Next(r, release.Event{Kind: release.EventKind(event), Actor: p.Actor, Reason: reason}, resource.Millis(fixtureNow.UnixMilli()))
			if err == nil {
				f.releases[i] = next
			}
			return next, err
		}
	}
	return resource.Release{}, fault.New(fault.NotFound, "There is no release %s.", id)
}

func (f *fixture) Verdict(_ context.Context, _ control.Principal, id string) (control.CanaryVerdict, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := find("release", id, f.releases, func(r resource.Release) bool { return r.ID == id })
	if err != nil || r.Canary == nil {
		return control.CanaryVerdict{}, fault.New(fault.NotFound, "Release %s has no canary.", id)
	}
	return control.CanaryVerdict{Release: id, Plan: r.Plan, Stored: *r.Canary, Recomputed: *r.Canary, Agrees: true, Outcomes: f.outcomes[id]}, nil
}

func (f *fixture) Rollback(_ context.Context, _ control.Principal, agent, env, _ string) (resource.Release, error) {
	return find("release", agent, f.releases, func(r resource.Release) bool {
		return r.Agent == agent && r.Environment == env
	})
}

func (f *fixture) Approvals(_ context.Context, _ control.Principal, q control.ApprovalFilter, _ control.Page) ([]resource.Approval, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return filter(f.approvals, func(a resource.Approval) bool { return q.State == "" || q.State == a.State }), nil
}

func (f *fixture) Approval(_ context.Context, _ control.Principal, id string) (resource.Approval, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return find("approval request", id, f.approvals, func(a resource.Approval) bool { return a.ID == id })
}

// rulesOf are the rules of a request: of apr-11 three, one of which nobody can satisfy.
func rulesOf(a resource.Approval) []resource.RuleStatus {
	if a.ID != "apr-11" {
		return []resource.RuleStatus{{Rule: blueprint.ApprovalRule{Count: a.Quorum}, Given: []string{}, Able: []string{"ada", "sasha"}, ExpiresAt: a.ExpiresAt}}
	}
	return []resource.RuleStatus{
		{Rule: blueprint.ApprovalRule{Count: 2}, Given: []string{}, Able: []string{"ada", "dan for lea", "sasha"},
			Unknown: []string{"visitor@example.com"}, ExpiresAt: a.ExpiresAt},
		{Rule: blueprint.ApprovalRule{Count: 1, Groups: []string{"payments-leads"}}, Given: []string{}, Able: []string{"lea"}, ExpiresAt: a.ExpiresAt},
		{Rule: blueprint.ApprovalRule{Count: 1, Groups: []string{"legal"}}, Given: []string{}, Able: []string{}, ExpiresAt: a.ExpiresAt,
			Problem: `nobody can answer this: no token has the group "legal"; make one with: aureus token create --name NAME --role approver --group legal`},
	}
}

func (f *fixture) ViewApproval(ctx context.Context, p control.Principal, id string) (control.ApprovalView, error) {
	v, err := f.ShowApproval(ctx, p, id)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.views++; len(v.Names) > 0 {
		v.Token = "one-use"
	}
	return v, err
}

func (f *fixture) Withdraw(_ context.Context, _ control.Principal, id string, r resource.WithdrawRequest) (resource.Approval, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.approvals {
		if a := &f.approvals[i]; a.ID == id {
			for n := range a.Decisions {
				a.Decisions[n].WithdrawnAt, a.Decisions[n].WithdrawnReason = before(0), r.Reason
			}
			if r.Request {
				a.State = resource.ApprovalWithdrawn
			}
			return *a, nil
		}
	}
	return resource.Approval{}, fault.New(fault.NotFound, "There is no approval request %s.", id)
}

func (f *fixture) ShowApproval(_ context.Context, p control.Principal, id string) (control.ApprovalView, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := find("approval request", id, f.approvals, func(a resource.Approval) bool { return a.ID == id })
	if err != nil {
		return control.ApprovalView{}, err
	}
	v := control.ApprovalView{Approval: a, Rules: rulesOf(a)}
	if p.Has(a.Role) && !slices.Contains(a.Excluded, p.Actor.Name) && a.State == resource.ApprovalPending {
		v.Names = []string{p.Actor.Name}
	}
	if a.Kind == "release" {
		v.Evaluation = &resource.EvaluationDifference{Evidence: a.Digest, Baseline: a.Digest, CandidatePassRate: 0.97, BaselinePassRate: 0.94, Verdict: "no_worse",
			Fixed: []string{"matching/partial-delivery", "matching/second-currency"}, Broken: []string{"matching/credit-note"}}
		v.Previous = &resource.PreviousRelease{Version: "invoice-reader@v2", Digest: version("invoice-reader", 2), Release: "rel-30", Verified: true, Since: before(90 * time.Hour)}
	}
	for _, r := range f.releases {
		if r.ID == a.Subject {
			v.Release, v.Evidence = &r, evidenceOf(r.Agent, r.Digest)
		}
	}
	for _, r := range f.runs {
		if r.ID == a.Subject {
			v.Run = &r
		}
	}
	return v, nil
}

func (f *fixture) Decide(_ context.Context, p control.Principal, id string, d control.DecideRequest) (resource.Approval, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.approvals {
		a := &f.approvals[i]
		if a.ID != id {
			continue
		}
		if d.Token != "one-use" {
			return *a, fault.New(fault.Forbidden, "The approval token is not valid. Open the request again.")
		}
		a.Decisions = append(a.Decisions, resource.ApprovalDecision{Actor: p.Actor, Approve: d.Approve, Reason: d.Reason, Scope: d.Scope, At: before(0)})
		if !d.Approve {
			a.State = resource.ApprovalDenied
		} else if len(a.Decisions) >= a.Quorum {
			a.State = resource.ApprovalApproved
		}
		return *a, nil
	}
	return resource.Approval{}, fault.New(fault.NotFound, "There is no approval request %s.", id)
}

func (f *fixture) Runs(_ context.Context, _ control.Principal, q control.RunFilter, page control.Page) ([]resource.Run, error) {
	list := filter(f.runs, func(r resource.Run) bool {
		return fits(q.Agent, r.Agent) && fits(q.Release, r.Release) && fits(q.Environment, r.Environment) &&
			(q.Mode == "" || q.Mode == r.Mode) && (!q.FailedOnly || r.Outcome.Failed()) &&
			(len(q.Outcomes) == 0 || slices.Contains(q.Outcomes, r.Outcome))
	})
	if page.Limit > 0 && len(list) > page.Limit {
		list = list[:page.Limit]
	}
	return list, nil
}

func (f *fixture) Run(_ context.Context, p control.Principal, id string) (resource.Run, error) {
	r, err := find("run", id, f.runs, func(r resource.Run) bool { return r.ID == id })
	if !p.Has(resource.RoleDeveloper) && !p.Has(resource.RoleApprover) {
		r.Input, r.Output = nil, nil
	}
	return r, err
}

func (f *fixture) ScenarioFromRun(_ context.Context, _ control.Principal, id string) (blueprint.Scenario, error) {
	return blueprint.Scenario{Name: "from-" + id, FromRun: id, Input: map[string]any{"order": "A-1"}}, nil
}

func (f *fixture) Incidents(_ context.Context, _ control.Principal, q control.IncidentFilter, _ control.Page) ([]resource.Incident, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return filter(f.incidents, func(i resource.Incident) bool { return fits(q.Agent, i.Agent) && fits(q.State, i.State) }), nil
}

func (f *fixture) Incident(_ context.Context, _ control.Principal, id string) (resource.Incident, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return find("incident", id, f.incidents, func(i resource.Incident) bool { return i.ID == id })
}

func (f *fixture) RecordRCA(_ context.Context, p control.Principal, id string, r resource.RCA) (resource.Incident, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.incidents {
		if f.incidents[i].ID == id {
			r.Author, r.At = p.Actor, before(0)
			f.incidents[i].RCA = &r
			return f.incidents[i], nil
		}
	}
	return resource.Incident{}, fault.New(fault.NotFound, "There is no incident %s.", id)
}

func (f *fixture) ProveGuardrail(_ context.Context, _ control.Principal, id string, r control.GuardrailRequest) (resource.Incident, error) {
	return resource.Incident{}, fault.New(fault.Blocked, "The scenario %s does not prove anything: the bad version passes it.", r.Name).
		With(fault.Detail{Path: "name", Message: "every grader of the bad version's run holds", Fix: "make the scenario from a run that failed"})
}

func (f *fixture) Ledger(context.Context, control.Principal) (control.LedgerStatus, error) {
	return control.LedgerStatus{Size: int64(len(f.ledger)), Pending: 1, Root: "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
		Checkpoint: "aureus.example/ledger\n" + count(len(f.ledger)) + "\nq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n\n— aureus.example/ledger Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"}, nil
}

func (f *fixture) Tail(_ context.Context, p control.Principal, from, limit int64) ([]resource.LedgerEntry, error) {
	if !p.Has(resource.RoleAuditor) {
		return nil, fault.New(fault.Forbidden, "This needs the role auditor; ask an admin for a token that has it.")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tails++
	if from < 0 {
		from = max(0, int64(len(f.ledger))+from)
	}
	from = min(from, int64(len(f.ledger)))
	return f.ledger[from:min(int64(len(f.ledger)), from+limit)], nil
}

func (f *fixture) ProofOf(_ context.Context, _ control.Principal, index int64) (control.Proof, error) {
	if index >= int64(len(f.ledger)) {
		return control.Proof{}, fault.New(fault.NotFound, "There is no entry %d: the newest checkpoint covers %d.", index, len(f.ledger))
	}
	s, _ := f.Ledger(context.Background(), control.Principal{})
	return control.Proof{Index: index, Size: s.Size, Root: s.Root, Checkpoint: s.Checkpoint, Verified: true,
		Leaf:     []byte(`{"action":"release.promoted","actor":{"kind":"service","name":"aureus"},"agent":"refund-desk","reason":"the canary's verdict"}`),
		LeafHash: strings.Repeat("5e1f", 16),
		Hashes:   []string{"3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "yv66vgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "uq0EfgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}, nil
}

func (f *fixture) Export(_ context.Context, _ control.Principal, w io.Writer) error {
	_, err := io.WriteString(w, `{"header":true}`+"\n")
	return err
}

func (f *fixture) Subscribe(ctx context.Context, _ control.Principal) (<-chan resource.Event, error) {
	c := make(chan resource.Event, 16)
	f.mu.Lock()
	f.subs = append(f.subs, c)
	f.mu.Unlock()
	return c, nil
}

func (f *fixture) PublicKeys() control.PublicKeys {
	return control.PublicKeys{PEM: "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"}
}
