package resource

import "github.com/aureus-agents/aureus/blueprint"

// Parties are the people who brought about what a request asks for, by what an
// approval rule calls them. "" is not known.
type Parties struct {
	Author    string `json:"author,omitempty"`    // of the change, as the build says; else who pushed it
	Pusher    string `json:"pusher,omitempty"`    // registered the version
	Requester string `json:"requester,omitempty"` // asked for what is to be approved
	Committer string `json:"committer,omitempty"` // as the build says
	// RuleMakers put the rules that the request goes by, when these ask less than
	// before; they answer by no rule.
	RuleMakers []string `json:"ruleMakers,omitempty"`
	// RuleProgram is a program that put them: nobody can answer until a person puts the
	// same rules.
	RuleProgram string `json:"ruleProgram,omitempty"`
}

// RuleStatus is where a request stands with one of its rules.
type RuleStatus struct {
	Rule      blueprint.ApprovalRule `json:"rule"`
	Given     []string               `json:"given"` // whose yes counts
	Able      []string               `json:"able"`  // who can still answer, sorted
	Satisfied bool                   `json:"satisfied"`
	ExpiresAt Millis                 `json:"expiresAt"`
	// Unknown are names that the rule keeps from answering and that no person's token
	// has, not even as a mail address: of an author or a committer, as the build says.
	// Whether one of those who can answer is that person is for people to see.
	Unknown []string `json:"unknown,omitempty"`
	// Problem says why the rule cannot be satisfied by those there are.
	Problem string `json:"problem,omitempty"`
}

// Delegation lets one person answer in the name of another for a while.
type Delegation struct {
	ID     string   `json:"id"`
	From   string   `json:"from"`             // in whose name
	To     string   `json:"to"`               // who answers
	Groups []string `json:"groups,omitempty"` // only rules that name one of them; none is no such limit
	// TokenGroups are those of the token that delegated: no other group is lent, whatever
	// other tokens of that person have.
	TokenGroups []string `json:"tokenGroups,omitempty"`
	Role        Role     `json:"role"`
	Reason      string   `json:"reason"`
	CreatedAt   Millis   `json:"createdAt"`
	Until       Millis   `json:"until"`
	EndedAt     Millis   `json:"endedAt,omitempty"` // before Until
	EndedBy     string   `json:"endedBy,omitempty"`
	Revision    int64    `json:"revision"`
}

// DelegationRequest asks for a delegation in the caller's name.
type DelegationRequest struct {
	To     string   `json:"to"`
	Until  Millis   `json:"until"`
	Groups []string `json:"groups,omitempty"` // only rules that name one of them; none is all that the caller may
	Role   Role     `json:"role,omitempty"`   // "" is approver
	Reason string   `json:"reason"`
}

// WithdrawRequest takes back a yes, or the whole request.
type WithdrawRequest struct {
	Reason string `json:"reason"`
	// Request withdraws the request itself, which its requester may; otherwise the
	// caller's own yes is taken back.
	Request bool `json:"request,omitempty"`
}

// EvaluationDifference is what an evaluation found beside what serves. It is read
// from the evidence that the request's digest covers.
type EvaluationDifference struct {
	Evidence          string   `json:"evidence"` // digest
	Baseline          string   `json:"baseline,omitempty"`
	PassRate          float64  `json:"passRate"`
	BaselinePassRate  float64  `json:"baselinePassRate"`
	CandidatePassRate float64  `json:"candidatePassRate"`
	Fixed             []string `json:"fixed"`  // suite/case
	Broken            []string `json:"broken"` // suite/case
	Verdict           string   `json:"verdict,omitempty"`
}

// PreviousRelease is what serves where a release goes.
type PreviousRelease struct {
	Version  string `json:"version"` // agent@v7
	Digest   string `json:"digest"`
	Release  string `json:"release,omitempty"`
	Verified bool   `json:"verified"`
	Since    Millis `json:"since,omitempty"`
}

// ChannelUser says which person a user of a channel is, so that an answer which
// comes by it is that person's.
type ChannelUser struct {
	Channel string `json:"channel"` // generic or slack
	User    string `json:"user"`    // as the channel names it: a Slack user id
	Person  string `json:"person"`  // the name in that person's tokens
}
