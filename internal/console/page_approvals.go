package console

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// approvalsView is the body of the list of approvals.
type approvalsView struct {
	State   string
	States  []string
	Pending []resource.Approval
	Ended   []resource.Approval
	Older   string
}

// approvalView is a request with what is approved.
type approvalView struct {
	control.ApprovalView
	Delta    deltaView
	Yes      int
	Missing  int // approvals still needed
	Excluded bool
	ByRole   bool // has the role that may answer
	Back     string
	Opened   bool // a person opened it; a live refresh shows no form
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
// refresh does not view: it looks the request up in the list.
func (s *server) approvalOf(rq *request, id string) (*approvalView, error) {
	v := &approvalView{Opened: !rq.live}
	var err error
	if rq.live {
		if v.Approval, err = s.lookUpApproval(rq, id); err != nil {
			return nil, err
		}
	} else if v.ApprovalView, err = s.control.ViewApproval(rq.Context(), rq.who, id); err != nil {
		return nil, err
	}
	for _, d := range v.Approval.Decisions {
		if d.Approve {
			v.Yes++
		}
	}
	v.Missing = max(0, v.Approval.Quorum-v.Yes)
	v.Excluded = slices.Contains(v.Approval.Excluded, rq.who.Actor.Name)
	v.ByRole = rq.has(v.Approval.Role)
	if r := v.Release; r != nil {
		v.Back = "/releases/" + url.PathEscape(r.ID)
		v.Delta = deltaOf(r.Delta, shortDigest(r.Baseline), fmt.Sprintf("v%d", r.Version))
		v.Delta.Open = true
		if r.Baseline == "" {
			v.Delta.From = "nothing"
		}
	}
	return v, nil
}

// lookUpApproval finds a request without viewing it.
func (s *server) lookUpApproval(rq *request, id string) (resource.Approval, error) {
	page := control.Page{Limit: 1000}
	for {
		list, err := s.control.Approvals(rq.Context(), rq.who, control.ApprovalFilter{}, page)
		if err != nil {
			return resource.Approval{}, err
		}
		for _, a := range list {
			if a.ID == id {
				return a, nil
			}
		}
		if len(list) < page.Limit {
			return resource.Approval{}, fault.New(fault.NotFound, "There is no approval request %s. The list of approvals has them all.", id)
		}
		page.After = list[len(list)-1].ID
	}
}

// decideApproval answers a request.
func (s *server) decideApproval(rq *request) (to, said string, err error) {
	reason, err := reasonOf(rq)
	if err != nil {
		return "", "", err
	}
	d := control.DecideRequest{Token: rq.PostForm.Get("token"), Reason: reason}
	switch rq.PostForm.Get("answer") {
	case "approve":
		d.Approve = true
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
	}
	if a.State == resource.ApprovalPending {
		said += " More people have to approve before it takes effect."
	}
	return localPath(rq.PostForm.Get("back")), said, nil
}
