package control

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// people are the humans whose tokens work now, each once, with all that their
// tokens let them do, sorted by name.
func (c *Control) people(r Reader) ([]Principal, error) {
	tokens, err := r.Tokens()
	if err != nil {
		return nil, err
	}
	byName := map[string]*Principal{}
	for _, t := range tokens {
		if t.Kind != "human" || t.RevokedAt != 0 || t.ExpiresAt != 0 && t.ExpiresAt <= c.latest() {
			continue
		}
		key := strings.ToLower(t.Name)
		p := byName[key]
		if p == nil {
			p = &Principal{Actor: resource.Actor{Name: t.Name, Kind: t.Kind}}
			byName[key] = p
		}
		p.Roles = append(p.Roles, t.Roles...)
		p.Groups = append(p.Groups, t.Groups...)
	}
	out := make([]Principal, 0, len(byName))
	for _, p := range byName {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b Principal) int { return strings.Compare(a.Actor.Name, b.Actor.Name) })
	return out, nil
}

// personNamed finds somebody among people.
func personNamed(people []Principal, name string) (Principal, bool) {
	i := slices.IndexFunc(people, func(p Principal) bool { return samePerson(name)(p.Actor.Name) })
	if i < 0 {
		return Principal{}, false
	}
	return people[i], true
}

// ruleStatus is where a request stands with each of its rules: who said yes, who
// can, and whether that is enough.
func (c *Control) ruleStatus(r Reader, a resource.Approval) ([]resource.RuleStatus, error) {
	people, err := c.people(r)
	if err != nil {
		return nil, err
	}
	delegated, err := c.delegated(r, people, "")
	if err != nil {
		return nil, err
	}
	out := make([]resource.RuleStatus, 0, len(rulesOf(a)))
	for n, rule := range rulesOf(a) {
		s := resource.RuleStatus{Rule: rule, Given: given(a, n), Able: []string{}, ExpiresAt: expiryOf(a, rule)}
		s.Satisfied = len(s.Given) >= rule.Count
		s.Unknown = unmatched(a, rule, people)
		could := map[string]bool{} // in whose name a yes can still come
		for _, i := range append(identities(people), delegated...) {
			if slices.ContainsFunc(i.people(), func(who string) bool { return answeredBy(a, who) }) || fits(a, rule, i) != nil {
				continue
			}
			could[strings.ToLower(i.name)] = true
			s.Able = append(s.Able, i.label())
		}
		slices.Sort(s.Able)
		if missing := rule.Count - len(s.Given); missing > len(could) && a.State == resource.ApprovalPending {
			s.Problem = unanswerable(a, n, len(could), missing, people)
		}
		out = append(out, s)
	}
	return out, nil
}

// unmatched are the names that a rule keeps from answering by what a build says and
// that are nobody's here.
func unmatched(a resource.Approval, rule blueprint.ApprovalRule, people []Principal) []string {
	names, _ := separated(a, rule)
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return name != a.Parties.Author && name != a.Parties.Committer || name == a.Parties.Pusher || name == a.Parties.Requester ||
			slices.ContainsFunc(people, func(p Principal) bool { return mayBe(name, p.Actor.Name) })
	})
}

func identities(people []Principal) []identity {
	out := make([]identity, len(people))
	for i, p := range people {
		out[i] = own(p)
	}
	return out
}

// label names who answers, and for whom.
func (i identity) label() string {
	if i.delegation == "" {
		return i.name
	}
	return i.actor.Name + " for " + i.name
}

// unanswerable says why a rule cannot be satisfied by those there are.
func unanswerable(a resource.Approval, n, could, missing int, people []Principal) string {
	rule := rulesOf(a)[n]
	if _, problem := separated(a, rule); problem != "" {
		return "nobody can answer this: " + problem
	}
	for _, g := range rule.Groups {
		if len(rule.Groups) == 1 && !slices.ContainsFunc(people, func(p Principal) bool { return slices.Contains(p.Groups, g) }) {
			return fmt.Sprintf("nobody can answer this: no token has the group %q; make one with: aureus token create --name NAME --role %s --group %s", g, roleOf(rule), g)
		}
	}
	if could == 0 {
		return "nobody can answer this: nobody else has what the rule asks for; make a token for somebody who may"
	}
	return fmt.Sprintf("only %d of the %d people who are still needed can answer; make tokens for the others", could, missing)
}

// mayAnswer finds in whose name p can answer a, and in which rules that counts;
// the error says why not. inName is the name that p asks for, "" for its own or,
// when that does not do, the one that was delegated to it.
func (c *Control) mayAnswer(r Reader, p Principal, a resource.Approval, inName string) (identity, []int, error) {
	me := own(p)
	if p.Actor.Kind != "human" {
		if _, err := fitting(a, me); err != nil {
			return me, nil, err
		}
		return me, nil, fault.New(fault.Forbidden, "an approval is a person's answer; %s is a token of kind %s", p.Actor.Name, p.Actor.Kind)
	}
	i, rules, err := c.standing(r, p, a, inName)
	if err != nil {
		return i, nil, err
	}
	switch {
	case a.State == resource.ApprovalPending && c.ended(a):
		return i, nil, fault.New(fault.Conflict, "approval %s expired at %s; start the release, or make the call, again", a.ID, stamp(a.ExpiresAt))
	case a.State != resource.ApprovalPending:
		return i, nil, fault.New(fault.Conflict, "approval %s is %s; it can be answered only while it is pending", a.ID, a.State)
	}
	for _, who := range i.people() {
		if answeredBy(a, who) {
			return i, nil, fault.New(fault.Conflict, "%s has answered approval %s already", who, a.ID)
		}
	}
	return i, rules, nil
}

// standing finds the identity that p answers with.
func (c *Control) standing(r Reader, p Principal, a resource.Approval, inName string) (identity, []int, error) {
	me := own(p)
	if inName == "" || samePerson(inName)(p.Actor.Name) {
		rules, err := fitting(a, me)
		if err == nil || inName != "" {
			return me, rules, err
		}
		return c.standIn(r, p, a, err)
	}
	lent, err := c.namesOf(r, p)
	if err != nil {
		return me, nil, err
	}
	for _, i := range lent {
		if samePerson(inName)(i.name) {
			if rules, err := fitting(a, i); err == nil {
				return i, rules, nil
			}
		}
	}
	return me, nil, fault.New(fault.Forbidden, "%s has not delegated this to %s; `aureus delegation list` shows what is", inName, p.Actor.Name)
}

// standIn finds the one person in whose name p can answer; own is why it cannot
// in its own.
func (c *Control) standIn(r Reader, p Principal, a resource.Approval, ownReason error) (identity, []int, error) {
	var found []identity
	lent, err := c.namesOf(r, p)
	if err != nil {
		return own(p), nil, err
	}
	for _, i := range lent {
		if _, err := fitting(a, i); err == nil && !slices.ContainsFunc(found, func(o identity) bool { return samePerson(o.name)(i.name) }) {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 0:
		return own(p), nil, ownReason
	case 1:
		rules, err := fitting(a, found[0])
		return found[0], rules, err
	}
	names := make([]string, len(found))
	for n, i := range found {
		names[n] = i.name
	}
	return own(p), nil, fault.New(fault.Invalid, "%s have delegated this to %s; say in whose name with --in-name-of", strings.Join(names, " and "), p.Actor.Name)
}
