package storetest

import (
	"testing"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func testDelegations(t *testing.T, s *suite) {
	d := func(id, from, to string, until resource.Millis) resource.Delegation {
		return resource.Delegation{ID: id, From: from, To: to, Role: resource.RoleApprover, Reason: "away", CreatedAt: 1, Until: until, Revision: 1}
	}
	all := []resource.Delegation{d("d1", "Ada", "bo", 50), d("d2", "ada", "cy", 20), d("d3", "eve", "Bo", 50)}
	s.update(func(tx control.Tx) error {
		for _, v := range all {
			if err := tx.InsertDelegation(v); err != nil {
				return err
			}
		}
		return nil
	})
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.InsertDelegation(all[0]) })
	ended := all[2]
	ended.EndedAt, ended.EndedBy, ended.Revision = 7, "eve", 2
	s.update(func(tx control.Tx) error { return tx.PutDelegation(ended) })
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.PutDelegation(ended) })
	for _, c := range []struct {
		name   string
		filter control.DelegationFilter
		want   []string
	}{
		{"all", control.DelegationFilter{}, []string{"d3", "d2", "d1"}},
		{"from in any case", control.DelegationFilter{From: "ADA"}, []string{"d2", "d1"}},
		{"to in any case", control.DelegationFilter{To: "bo"}, []string{"d3", "d1"}},
		{"open", control.DelegationFilter{Open: true, At: 20}, []string{"d1"}},
	} {
		got := read(s, func(r control.Reader) ([]resource.Delegation, error) { return r.Delegations(c.filter, control.Page{}) })
		equal(t, "Delegations "+c.name, ids(got, func(d resource.Delegation) string { return d.ID }), c.want)
	}
	equal(t, "Delegation", read(s, func(r control.Reader) (resource.Delegation, error) { return r.Delegation("d3") }), ended)
	absent(s, func(r control.Reader) (resource.Delegation, error) { return r.Delegation("d9") })
}

func testChannels(t *testing.T, s *suite) {
	one, two := resource.ChannelUser{Channel: "slack", User: "U1", Person: "ada"}, resource.ChannelUser{Channel: "generic", User: "ada", Person: "ada"}
	for _, person := range []string{"bo", "ada"} {
		one.Person = person
		s.update(func(tx control.Tx) error { return tx.PutChannelUser(one) })
	}
	s.update(func(tx control.Tx) error { return tx.PutChannelUser(two) })
	equal(t, "ChannelUser", read(s, func(r control.Reader) (resource.ChannelUser, error) { return r.ChannelUser("slack", "U1") }), one)
	absent(s, func(r control.Reader) (resource.ChannelUser, error) { return r.ChannelUser("slack", "ada") })
	equal(t, "ChannelUsers", read(s, func(r control.Reader) ([]resource.ChannelUser, error) { return r.ChannelUsers() }), []resource.ChannelUser{two, one})
	s.update(func(tx control.Tx) error { return tx.DeleteChannelUser("generic", "ada") })
	s.refused(fault.NotFound, func(tx control.Tx) error { return tx.DeleteChannelUser("generic", "ada") })

	s.update(func(tx control.Tx) error { return tx.SeeAnswer("h1", 10, 20) })
	s.refused(fault.Conflict, func(tx control.Tx) error { return tx.SeeAnswer("h1", 20, 30) })
	s.update(func(tx control.Tx) error { return tx.SeeAnswer("h1", 21, 30) }) // it was too old to be taken
}
