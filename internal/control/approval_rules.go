package control

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// Whom a rule can separate from those who answer it.
const (
	partyAuthor    = "author"
	partyPusher    = "pusher"
	partyRequester = "requester"
	partyCommitter = "committer"
)

// identity is in whose name somebody answers, with what that one may.
type identity struct {
	actor      resource.Actor // who answers
	name       string         // in whose name
	delegation string         // id; "" in the actor's own
	role       func(resource.Role) bool
	groups     []string
	only       []string // the groups that a delegation is limited to; none is no limit
}

// own is p answering in its own name.
func own(p Principal) identity {
	return identity{actor: p.Actor, name: p.Actor.Name, role: p.Has, groups: p.Groups}
}

// people are those who stand behind an answer: separation of duties holds for
// each of them.
func (i identity) people() []string { return []string{i.actor.Name, i.name} }

// samePerson reports whether a name is p's: one person is not two by writing the
// name in another case.
func samePerson(name string) func(string) bool {
	return func(other string) bool { return strings.EqualFold(name, other) }
}

// sameActor is samePerson for those who may not all be people: a service that is
// named like a person is not that person.
func sameActor(a resource.Actor) func(resource.Actor) bool {
	return func(other resource.Actor) bool { return a.Kind == other.Kind && strings.EqualFold(a.Name, other.Name) }
}

// rulesOf are a request's rules; a request without any has one, which is its
// quorum and its role.
func rulesOf(a resource.Approval) []blueprint.ApprovalRule {
	if len(a.Rules) > 0 {
		return a.Rules
	}
	return []blueprint.ApprovalRule{{Count: a.Quorum, Role: string(a.Role)}}
}

// roleOf is the role that a rule asks for.
func roleOf(r blueprint.ApprovalRule) resource.Role {
	if r.Role == "" {
		return resource.RoleApprover
	}
	return resource.Role(r.Role)
}

// separated are the names that a rule keeps from answering, and why it cannot
// tell them.
func separated(a resource.Approval, r blueprint.ApprovalRule) (names []string, problem string) {
	if len(a.Rules) == 0 {
		if a.Parties.Author == "" && a.Parties.Pusher != "" {
			problem = notSaid(partyAuthor)
		}
		return a.Excluded, problem
	}
	kinds := r.Separate
	if len(kinds) == 0 {
		kinds = []string{partyAuthor, partyPusher, partyRequester}
	}
	for _, k := range kinds {
		name := map[string]string{partyAuthor: a.Parties.Author, partyPusher: a.Parties.Pusher,
			partyRequester: a.Parties.Requester, partyCommitter: a.Parties.Committer}[k]
		if name == "" {
			problem = notSaid(k)
			continue
		}
		names = append(names, name)
	}
	names = append(names, a.Parties.RuleMakers...)
	if a.Parties.RuleProgram != "" {
		problem = fmt.Sprintf("%s is a program and put the rules, which ask less than before, and who wrote them is not known; a person has to answer for them: put the pipeline again as it is, or again if it is gone (aureus pipeline put FILE), and start the release again", a.Parties.RuleProgram)
	}
	slices.Sort(names)
	return slices.Compact(names), problem
}

// notSaid is why nobody can be kept separate.
func notSaid(party string) string {
	return fmt.Sprintf("the %s is kept from answering, and the version does not say who that is; push a new version with --%s NAME, or from a Git checkout, whose commits say it", party, party)
}

// mayBe reports whether a name that somebody claimed can be a person's: it is the
// person's own, or one is a mail address and the other what it has before the @.
func mayBe(claimed, who string) bool {
	mail := func(s string) (local string, is bool) { local, _, is = strings.Cut(s, "@"); return local, is }
	c, cMail := mail(claimed)
	w, wMail := mail(who)
	return strings.EqualFold(claimed, who) || cMail != wMail && strings.EqualFold(c, w)
}

// partIn says what part somebody had in what is to be approved.
func partIn(a resource.Approval, who string) string {
	var parts []string
	for _, p := range []struct{ name, did string }{
		{a.Parties.Author, "is the author of this change"}, {a.Parties.Committer, "is its committer"},
		{a.Parties.Pusher, "pushed it"}, {a.Parties.Requester, "asked for it"},
	} {
		if p.name != "" && mayBe(p.name, who) {
			parts = append(parts, p.did)
		}
	}
	if slices.ContainsFunc(a.Parties.RuleMakers, func(name string) bool { return mayBe(name, who) }) {
		parts = append(parts, "put the rules that it goes by, which ask less than before")
	}
	if len(parts) == 0 {
		return "asked for this"
	}
	return strings.Join(parts, " and ")
}

// expiryOf is when a rule of a request can no longer be satisfied.
func expiryOf(a resource.Approval, r blueprint.ApprovalRule) resource.Millis {
	if len(a.Rules) == 0 {
		return a.ExpiresAt
	}
	return a.CreatedAt + resource.Millis(r.Expires.D(approvalTTL).Milliseconds())
}

// fits says why an answer of i does not count in a rule, nil when it does.
func fits(a resource.Approval, r blueprint.ApprovalRule, i identity) error {
	out, problem := separated(a, r)
	for _, who := range i.people() {
		if slices.ContainsFunc(out, func(claimed string) bool { return mayBe(claimed, who) }) {
			return fault.New(fault.Forbidden, "%s %s, and cannot approve it; somebody else has to", who, partIn(a, who))
		}
	}
	if problem != "" {
		return fault.New(fault.Forbidden, "%s", problem)
	}
	if role := roleOf(r); !i.role(role) {
		return fault.New(fault.Forbidden, "this needs the role %s; ask an admin for a token that has it", role)
	}
	if len(r.Groups) > 0 && !slices.ContainsFunc(r.Groups, func(g string) bool { return slices.Contains(i.groups, g) }) {
		return fault.New(fault.Forbidden, "this needs a member of %s; ask an admin for a token that has the group", strings.Join(r.Groups, " or "))
	}
	if len(i.only) > 0 && !slices.ContainsFunc(r.Groups, func(g string) bool { return slices.Contains(i.only, g) }) {
		return fault.New(fault.Forbidden, "%s delegated only what %s may as a member of %s", i.name, i.name, strings.Join(i.only, " or "))
	}
	return nil
}

// fitting are the indexes of the rules that an answer of i counts in; the error
// says why there is none.
func fitting(a resource.Approval, i identity) (rules []int, err error) {
	for n, r := range rulesOf(a) {
		switch no := fits(a, r, i); {
		case no == nil:
			rules = append(rules, n)
		case err == nil:
			err = no
		}
	}
	if len(rules) > 0 {
		return rules, nil
	}
	return nil, err
}

// counts reports whether a decision is a yes that stands.
func counts(d resource.ApprovalDecision) bool { return d.Approve && d.WithdrawnAt == 0 }

// given are the names whose yes counts in rule n. A decision that was stored
// before there were rules counts in the only one.
func given(a resource.Approval, n int) []string {
	names := []string{}
	for _, d := range a.Decisions {
		if !counts(d) || len(a.Rules) > 0 && !slices.Contains(d.Rules, n) {
			continue
		}
		names = append(names, inNameOf(d))
	}
	return names
}

// inNameOf is whose answer a decision is.
func inNameOf(d resource.ApprovalDecision) string {
	if d.For != "" {
		return d.For
	}
	return d.Actor.Name
}

// answeredBy reports whether a person stands behind an answer of a request: as
// who gave it, or as the one in whose name it was given.
func answeredBy(a resource.Approval, who string) bool {
	same := samePerson(who)
	return slices.ContainsFunc(a.Decisions, func(d resource.ApprovalDecision) bool {
		return d.WithdrawnAt == 0 && (same(d.Actor.Name) || same(d.For))
	})
}

// satisfied reports whether every rule of a request has its yeses.
func satisfied(a resource.Approval) bool {
	for n, r := range rulesOf(a) {
		if len(given(a, n)) < r.Count {
			return false
		}
	}
	return true
}

// yeses are how many people's yeses a request has.
func yeses(a resource.Approval) (n int) {
	for _, d := range a.Decisions {
		if counts(d) {
			n++
		}
	}
	return n
}

// lasts is until when a request can be answered: until the first of the rules
// that are not satisfied ends. One that is satisfied can be used as long as the
// last of them lasts.
func lasts(a resource.Approval) resource.Millis {
	var first, last resource.Millis
	for n, r := range rulesOf(a) {
		at := expiryOf(a, r)
		last = max(last, at)
		if len(given(a, n)) < r.Count && (first == 0 || at < first) {
			first = at
		}
	}
	if first == 0 {
		return last
	}
	return first
}
