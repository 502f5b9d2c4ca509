package resource

// RCA is a root cause analysis.
type RCA struct {
	Cause string `json:"cause"` // what was wrong
	// Category is one of CauseCategories; "" is not said.
	Category   string   `json:"category,omitempty"`
	Factors    []string `json:"factors,omitempty"` // what else contributed
	Detection  string   `json:"detection"`         // how it was seen, and why not earlier
	Prevention string   `json:"prevention"`        // what will stop it
	// Owner sees to it that the prevention is done, by Due.
	Owner string `json:"owner,omitempty"`
	Due   Millis `json:"due,omitempty"` // 0 is no date
	// DoneAt is when the prevention was reported done, Done what was done.
	DoneAt Millis `json:"doneAt,omitempty"`
	Done   string `json:"done,omitempty"`
	Author Actor  `json:"author"`
	At     Millis `json:"at"`
}

// CauseCategories lists the categories of root causes.
func CauseCategories() []string {
	return []string{"instructions", "model", "tool", "policy", "data", "configuration", "dependency", "process", "other"}
}

// RCARequest is a root cause analysis as it is written; who and when are the
// server's to say.
type RCARequest struct {
	Cause      string   `json:"cause"`              // what was wrong
	Category   string   `json:"category,omitempty"` // one of CauseCategories
	Factors    []string `json:"factors,omitempty"`  // what else contributed
	Detection  string   `json:"detection"`          // how it was seen, and why not earlier
	Prevention string   `json:"prevention"`         // what will stop it
	Owner      string   `json:"owner,omitempty"`    // who sees to the prevention
	Due        Millis   `json:"due,omitempty"`      // by when; needs an owner
}

// RCA is the request as an analysis.
func (r RCARequest) RCA() RCA {
	return RCA{Cause: r.Cause, Category: r.Category, Factors: r.Factors, Detection: r.Detection, Prevention: r.Prevention, Owner: r.Owner, Due: r.Due}
}

// TriageRequest changes who takes care of an incident and how bad it is; what is
// absent stays as it is.
type TriageRequest struct {
	Severity *string `json:"severity,omitempty"` // sev1 to sev4; "" is not judged
	Assignee *string `json:"assignee,omitempty"` // "" is nobody
	Note     string  `json:"note,omitempty"`     // becomes a line of the timeline
}

// FollowUpRequest reports that the prevention is done.
type FollowUpRequest struct {
	Done string `json:"done"` // what was done
}
