package storetest

import (
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func testApprovals(t *testing.T, s *suite) {
	a := func(id, agent, kind, subject string, state resource.ApprovalState) resource.Approval {
		return resource.Approval{ID: id, Agent: agent, Kind: kind, Subject: subject, State: state, Digest: "d", Quorum: 1,
			Role: resource.RoleApprover, Excluded: []string{"ada"}, Decisions: []resource.ApprovalDecision{}, Revision: 1, ExpiresAt: 9, CreatedBy: actor}
	}
	all := []resource.Approval{
		a("a1", "x", "release", "r1", resource.ApprovalPending),
		a("a2", "x", "tool_call", "u1", resource.ApprovalPending),
		a("a3", "y", "release", "r2", resource.ApprovalDenied),
	}
	all[1].Args = map[string]any{"amount": 12.5}
	s.update(func(tx control.Tx) error {
		for _, v := range all {
			if err := tx.InsertApproval(v); err != nil {
				return err
			}
		}
		return nil
	})
	equal(t, "Approval", read(s, func(r control.Reader) (resource.Approval, error) { return r.Approval("a2") }), all[1])
	absent(s, func(r control.Reader) (resource.Approval, error) { return r.Approval("a9") })
	for _, c := range []struct {
		name   string
		filter control.ApprovalFilter
		want   []string
	}{
		{"all", control.ApprovalFilter{}, []string{"a3", "a2", "a1"}},
		{"agent", control.ApprovalFilter{Agent: "x"}, []string{"a2", "a1"}},
		{"kind", control.ApprovalFilter{Kind: "release"}, []string{"a3", "a1"}},
		{"subject", control.ApprovalFilter{Subject: "u1"}, []string{"a2"}},
		{"state", control.ApprovalFilter{State: resource.ApprovalPending}, []string{"a2", "a1"}},
	} {
		got := read(s, func(r control.Reader) ([]resource.Approval, error) { return r.Approvals(c.filter, control.Page{}) })
		equal(t, "Approvals "+c.name, ids(got, func(a resource.Approval) string { return a.ID }), c.want)
	}
	answered := all[0]
	answered.State, answered.Revision = resource.ApprovalApproved, 2
	s.update(func(tx control.Tx) error { return tx.PutApproval(answered) })
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.PutApproval(answered) })
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertApproval(answered) })
	equal(t, "answered approval", read(s, func(r control.Reader) (resource.Approval, error) { return r.Approval("a1") }), answered)
}

func testApprovalTokens(t *testing.T, s *suite) {
	token := resource.ApprovalToken{Hash: "h1", Approval: "a1", Principal: "ada", Digest: "d", ExpiresAt: 50}
	s.update(func(tx control.Tx) error { return tx.InsertApprovalToken(token) })
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertApprovalToken(token) })
	s.refused(fault.NotFound, func(tx control.Tx) error { _, err := tx.UseApprovalToken("h2", 7); return err })
	var used resource.ApprovalToken
	s.update(func(tx control.Tx) (err error) { used, err = tx.UseApprovalToken("h1", 7); return err })
	token.UsedAt = 7
	equal(t, "UseApprovalToken", used, token)
	s.refused(fault.Conflict, func(tx control.Tx) error { _, err := tx.UseApprovalToken("h1", 8); return err })
}

func testIncidents(t *testing.T, s *suite) {
	i := func(id, agent, state string) resource.Incident {
		return resource.Incident{ID: id, Agent: agent, State: state, Release: "r", FailedRuns: []string{"u1"}, Notes: []resource.IncidentNote{}, Revision: 1}
	}
	all := []resource.Incident{i("i1", "a", "open"), i("i2", "b", "open"), i("i3", "a", "resolved")}
	all[0].OpenedAt, all[0].RCA = 10, &resource.RCA{Due: 99}
	all[1].OpenedAt, all[1].Environment, all[1].Assignee, all[1].RCA = 20, "staging", "ada", &resource.RCA{Due: 100}
	all[2].OpenedAt, all[2].Severity, all[2].RCA = 30, "sev1", &resource.RCA{Due: 5, DoneAt: 4}
	s.update(func(tx control.Tx) error {
		for _, v := range all {
			if err := tx.InsertIncident(v); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		name   string
		filter control.IncidentFilter
		want   []string
	}{
		{"all", control.IncidentFilter{}, []string{"i3", "i2", "i1"}},
		{"agent", control.IncidentFilter{Agent: "a"}, []string{"i3", "i1"}},
		{"state", control.IncidentFilter{State: "open"}, []string{"i2", "i1"}},
		{"agent and state", control.IncidentFilter{Agent: "a", State: "open"}, []string{"i1"}},
		{"environment", control.IncidentFilter{Environment: "staging"}, []string{"i2"}},
		{"severity", control.IncidentFilter{Severity: "sev1"}, []string{"i3"}},
		{"assignee", control.IncidentFilter{Assignee: "ada"}, []string{"i2"}},
		{"opened since", control.IncidentFilter{Since: 20}, []string{"i3", "i2"}},
		{"due before", control.IncidentFilter{DueBefore: 100}, []string{"i1"}},
	} {
		got := read(s, func(r control.Reader) ([]resource.Incident, error) { return r.Incidents(c.filter, control.Page{}) })
		equal(t, "Incidents by "+c.name, ids(got, func(i resource.Incident) string { return i.ID }), c.want)
	}
	mitigated := all[0]
	mitigated.State, mitigated.Revision = "mitigated", 2
	s.update(func(tx control.Tx) error { return tx.PutIncident(mitigated) })
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.PutIncident(mitigated) })
	equal(t, "Incident", read(s, func(r control.Reader) (resource.Incident, error) { return r.Incident("i1") }), mitigated)
	absent(s, func(r control.Reader) (resource.Incident, error) { return r.Incident("i9") })
}

func testTokens(t *testing.T, s *suite) {
	one := resource.Token{ID: "t1", Name: "ada", Kind: "human", Roles: []resource.Role{resource.RoleAdmin}, CreatedAt: 1, CreatedBy: "init"}
	two := resource.Token{ID: "t2", Name: "bot", Kind: "service", Roles: []resource.Role{resource.RoleViewer}, CreatedAt: 2, CreatedBy: "ada"}
	s.update(func(tx control.Tx) error {
		if err := tx.InsertToken(one, "h1"); err != nil {
			return err
		}
		return tx.InsertToken(two, "h2")
	})
	equal(t, "TokenByHash", read(s, func(r control.Reader) (resource.Token, error) { return r.TokenByHash("h1") }), one)
	absent(s, func(r control.Reader) (resource.Token, error) { return r.TokenByHash("h3") })
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertToken(one, "h4") })
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertToken(resource.Token{ID: "t3"}, "h1") })
	for _, at := range []resource.Millis{5, 6} {
		s.update(func(tx control.Tx) error { return tx.RevokeToken("t1", at) })
	}
	one.RevokedAt = 5
	equal(t, "Tokens", read(s, func(r control.Reader) ([]resource.Token, error) { return r.Tokens() }), []resource.Token{two, one})
	s.refused(fault.NotFound, func(tx control.Tx) error { return tx.RevokeToken("t9", 5) })
}

func testMeta(t *testing.T, s *suite) {
	absent(s, func(r control.Reader) (string, error) { return r.Meta("k") })
	for _, v := range []string{"one", "two"} {
		s.update(func(tx control.Tx) error { return tx.PutMeta("k", v) })
		equal(t, "Meta", read(s, func(r control.Reader) (string, error) { return r.Meta("k") }), v)
	}
}
