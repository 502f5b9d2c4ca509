package console

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// approvalsView is the body of the list of approvals.
type approvalsView struct {
	State       string
	States      []string
	Pending     []resource.Approval
	Ended       []resource.Approval
	Older       string
	Waivers     []waiverRow           // in force, or asked for
	Delegations []resource.Delegation // in force
}

// approvalView is a request with what is approved.
type approvalView struct {
	control.ApprovalView
	Delta  deltaView
	Cannot string // why there is no form
	InName string // in whose name an answer is, when it is not the caller's
	// MayTakeBack and MayWithdraw say what the caller can take back.
	MayTakeBack, MayWithdraw bool
	Rollout                  *rolloutView // of a release
	Back                     string       // where an answer leads
	Asked                    *askedView   // of a tool call
	Scope                    *scopeChoice // beyond the one call; nil when only that can be allowed
}

var approvalStates = []string{"pending", "approved", "used", "denied", "expired", "withdrawn"}

// approvalsPage lists approval requests, those that wait first.
func (s *server) approvalsPage(rq *request) (view, error) {
	v := approvalsView{States: approvalStates}
	if st := rq.URL.Query().Get("state"); slices.Contains(approvalStates, st) {
		v.State = st
	}
	list, err := s.control.Approvals(rq.Context(), rq.who, control.ApprovalFilter{State: resource.ApprovalState(v.State)}, after(rq))
	if err != nil {
		return view{}, err
	}
	for _, a := range list {
		if a.State == resource.ApprovalPending {
			v.Pending = append(v.Pending, a)
		} else {
			v.Ended = append(v.Ended, a)
		}
	}
	if len(list) == pageSize {
		v.Older = older(rq, list[len(list)-1].ID)
	}
	if v.Waivers, v.Delegations, err = s.lent(rq); err != nil {
		return view{}, err
	}
	return view{template: "approvals", title: "Approvals", nav: "approvals", body: v}, nil
}

// approvalPage is one request.
func (s *server) approvalPage(rq *request) (view, error) {
	v, err := s.approvalOf(rq, rq.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	v.Back = "/approvals/" + url.PathEscape(v.Approval.ID)
	return view{template: "approval", title: v.Approval.Title, nav: "approvals", body: v}, nil
}

// approvalOf shows a request. Viewing makes a single-use token, so a live
// refresh only reads the request.
func (s *server) approvalOf(rq *request, id string) (*approvalView, error) {
	v := &approvalView{}
	var err error
	if rq.live {
		if v.ApprovalView, err = s.control.ShowApproval(rq.Context(), rq.who, id); err != nil {
			return nil, err
		}
	} else if v.ApprovalView, err = s.control.ViewApproval(rq.Context(), rq.who, id); err != nil {
		return nil, err
	}
	if len(v.Names) == 1 && !strings.EqualFold(v.Names[0], rq.who.Actor.Name) {
		v.InName = v.Names[0]
	}
	v.MayTakeBack, v.MayWithdraw = takeBack(rq, v.Approval)
	v.Asked, v.Scope = askedOf(v.Approval, v.Run), scopeOf(v.Approval)
	v.Cannot = cannot(rq, v.Approval, resource.Millis(s.now().UnixMilli()))
	if r := v.Release; r != nil {
		v.Back = "/releases/" + url.PathEscape(r.ID)
		delta, err := s.instructionsOf(rq, r.Agent).fill(r.Delta)
		if err != nil {
			return nil, err
		}
		v.Delta = deltaOf(delta, shortDigest(r.Baseline), fmt.Sprintf("v%d", r.Version))
		v.Delta.Open = true
		if r.Baseline == "" {
			v.Delta.From = "nothing"
		}
		if v.Rollout, err = s.rolloutOf(*r); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// yeses is how many people's yeses a request has.
func yeses(a resource.Approval) (n int) {
	for _, d := range a.Decisions {
		if d.Approve && d.WithdrawnAt == 0 {
			n++
		}
	}
	return n
}

// takeBack reports what a principal can take back of a request: its own yes, and
// the request itself. Whether that still can be done is for control to say.
func takeBack(rq *request, a resource.Approval) (yes, all bool) {
	if a.State != resource.ApprovalPending && a.State != resource.ApprovalApproved {
		return false, false
	}
	me := func(name string) bool { return strings.EqualFold(name, rq.who.Actor.Name) }
	yes = slices.ContainsFunc(a.Decisions, func(d resource.ApprovalDecision) bool {
		return d.Approve && d.WithdrawnAt == 0 && (me(d.Actor.Name) || me(d.For))
	})
	return yes, rq.has(resource.RoleOperator) || me(a.CreatedBy.Name)
}

// withdrawApproval takes back a yes or a request.
func (s *server) withdrawApproval(rq *request) (to, said string, err error) {
	reason, err := reasonOf(rq)
	if err != nil {
		return "", "", err
	}
	w := resource.WithdrawRequest{Reason: reason, Request: rq.PostForm.Get("what") == "request"}
	if _, err := s.control.Withdraw(rq.Context(), rq.who, rq.PathValue("id"), w); err != nil {
		return "", "", err
	}
	return "/approvals/" + url.PathEscape(rq.PathValue("id")), "Taken back.", nil
}

// cannot says why a principal is given no form for a request that waits.
func cannot(rq *request, a resource.Approval, now resource.Millis) string {
	me := rq.who.Actor
	is := func(name string) bool { return strings.EqualFold(name, me.Name) }
	switch {
	case !rq.has(a.Role) && len(a.Rules) == 0:
		return fmt.Sprintf("Answering needs the role %s.", a.Role)
	case slices.ContainsFunc(a.Excluded, is):
		return "You asked for this or wrote the version, so somebody else has to answer."
	case me.Kind != "human":
		return fmt.Sprintf("An approval is a person's answer, and %s is a token of kind %s.", me.Name, me.Kind)
	case a.ExpiresAt <= now:
		return "This request has expired."
	case slices.ContainsFunc(a.Decisions, func(d resource.ApprovalDecision) bool { return d.WithdrawnAt == 0 && (is(d.Actor.Name) || is(d.For)) }):
		return "You have answered, or somebody has in your name. Other people have to answer too."
	}
	return "None of the rules above names you."
}

// decideApproval answers a request.
func (s *server) decideApproval(rq *request) (to, said string, err error) {
	reason, err := reasonOf(rq)
	if err != nil {
		return "", "", err
	}
	d := control.DecideRequest{Token: rq.PostForm.Get("token"), Reason: reason, For: rq.PostForm.Get("for")}
	switch rq.PostForm.Get("answer") {
	case "approve":
		d.Approve = true
		if d.Scope, err = s.scope(rq.Context(), rq, rq.PostForm); err != nil {
			return "", "", err
		}
	case "deny":
	default:
		return "", "", fault.New(fault.Invalid, "The answer has to be approve or deny. Use one of the two buttons.")
	}
	a, err := s.control.Decide(rq.Context(), rq.who, rq.PathValue("id"), d)
	if err != nil {
		return "", "", err
	}
	said = "Denied."
	if d.Approve {
		said = "Approved."
		if d.Scope != nil {
			said = "Approved, with " + scopeWords(*d.Scope) + "."
		}
	}
	if a.State == resource.ApprovalPending {
		said += " More people have to approve before it takes effect."
	}
	return localPath(rq.PostForm.Get("back")), said, nil
}
