package guard

import "github.com/aureus-agents/aureus/resource"

// State is a run's guard state with what provenance needs to remember. It is
// stored as JSON in the run's checkpoint.
type State struct {
	resource.GuardState
	// Asks are the classes of what the user asked for, see askClasses.
	Asks []string `json:"asks,omitempty"`
	// Mixed says that the run wrote words inside that may be a stranger's.
	Mixed bool `json:"mixed,omitempty"`
	// Sources are what values can come from, oldest first.
	Sources []Source `json:"sources,omitempty"`
	// Outside is the last call that brought text from outside.
	Outside *resource.OutsideText `json:"outside,omitempty"`
	// Allow is what people allowed this run beyond single calls.
	Allow []resource.Allowance `json:"allow,omitempty"`
	// Latest is the latest time at which a call was decided.
	Latest resource.Millis `json:"latest,omitempty"`
}

// Call is a tool call to decide.
type Call struct {
	Tool string
	Args map[string]any
	// ApprovedDigest is the argument digest that a human approved for this run,
	// "" for none. It allows exactly the call whose ArgsDigest is equal.
	ApprovedDigest string
	Approval       string // id of that approval
	// Shown are the policies whose asking people were shown when they approved it.
	// When another one asks by now, they are asked again; nil: no other can.
	Shown []string
	// RecentCalls is how many calls the agent made in this environment in the last minute.
	RecentCalls int
	// Session and Day are what all runs of the session, and all runs of the agent in
	// this environment on this day, have used so far, this run's use included.
	Session, Day resource.Use
	// Uncounted says that RecentCalls, Session and Day could not be read: what they
	// are held against counts as used up.
	Uncounted bool
	// Now is the time of the decision. Without it no allowance counts.
	Now resource.Millis
	// NoAsk says why people cannot be asked; a call that needs them is rejected with it.
	NoAsk string
}

// Observation is what came back from an approved call.
type Observation struct {
	Tool string
	Call string // id of the call in the run
	// Args are the call's arguments: a lookup with the user's own words picks the
	// records that it finds. Without them nothing counts as picked.
	Args    map[string]any
	Text    string
	IsError bool
	// Structured says that Text is nothing but the result's structured content. Only
	// then is the server known to have drawn the borders of its fields.
	Structured bool
}

// The checks that can decide a call, in the order in which they are reported.
const (
	CheckTool       = "tool"
	CheckPhase      = "phase"
	CheckPermission = "permission"
	CheckPolicy     = "policy"
	CheckTier       = "tier"
	CheckBudget     = "budget"
	CheckApproval   = "approval"
)

// checkRank orders checks; an unknown one is last.
func checkRank(check string) int {
	for i, c := range []string{CheckTool, CheckPhase, CheckPermission, CheckPolicy, CheckTier, CheckBudget, CheckApproval} {
		if c == check {
			return i
		}
	}
	return 99
}
