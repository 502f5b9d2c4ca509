package resource

// ArgumentFlow is where the value of one argument of a call comes from and what
// the argument does.
type ArgumentFlow struct {
	Name string `json:"name"` // top-level argument
	// Class is how far the value can be trusted: user, blueprint, trusted, selected,
	// record, outside, unknown. Of several values the worst.
	Class string `json:"class"`
	Role  string `json:"role"` // target, content or quantity
}

// Fear is a policy that has a human decide, and why.
type Fear struct {
	Policy string `json:"policy"`
	Reason string `json:"reason"`
	Quorum int    `json:"quorum"` // how many humans have to say yes
}

// OutsideText names the call whose result was the last text from outside that a
// run read.
type OutsideText struct {
	Tool string `json:"tool"`
	Call string `json:"call,omitempty"`
}

// AskedCall is what people have to know to judge a tool call, beside its
// arguments. It is the same for every run of the request.
type AskedCall struct {
	Version      string            `json:"version"`      // digest
	Goal         string            `json:"goal"`         // of the blueprint
	PolicyDigest string            `json:"policyDigest"` // of the policies that asked
	Arguments    []ArgumentFlow    `json:"arguments"`    // by name
	Origins      map[string]string `json:"origins"`      // argument path -> user, blueprint, tool:NAME or unknown
	Fears        []Fear            `json:"fears"`        // by policy
	Before       GuardState        `json:"before"`       // of the first run that asked
	LastOutside  *OutsideText      `json:"lastOutside,omitempty"`
}

// AskedRun is a run that waits for a request. A yes lets it make the call once.
type AskedRun struct {
	Run       string `json:"run"`
	Principal string `json:"principal"`         // who invoked it
	Said      any    `json:"said,omitempty"`    // payload: what its user said
	Used      bool   `json:"used,omitempty"`    // the run made its call, or took its no
	Gateway   bool   `json:"gateway,omitempty"` // a session of the MCP gateway
}

// Scope widens a yes to further calls of the same tool in the same run. An
// argument that it does not name has to stay as it is, present or absent.
type Scope struct {
	Free []string           `json:"free,omitempty"` // arguments that may have any value, sorted
	Max  map[string]float64 `json:"max,omitempty"`  // numeric arguments from 0 to this
	Uses int                `json:"uses,omitempty"` // further calls; 0 is 10, at most 100
	// ForMs is how long, from the answer on; 0 is an hour, at most a day.
	ForMs int64 `json:"forMs,omitempty"`
}

// Allowance is a Scope as people gave it to a run. It lifts only the policies
// that they were shown.
type Allowance struct {
	Approval string             `json:"approval"` // the request whose yes gave it
	Tool     string             `json:"tool"`
	Pinned   map[string]string  `json:"pinned"` // argument -> digest of the value that it has to have
	Free     []string           `json:"free,omitempty"`
	Max      map[string]float64 `json:"max,omitempty"`
	Policies []string           `json:"policies"` // that it lifts, sorted
	Quorum   int                `json:"quorum"`   // how many people gave it
	Uses     int                `json:"uses"`     // that are left
	From     Millis             `json:"from"`
	Until    Millis             `json:"until"`
}

// Use is what several runs used together.
type Use struct {
	ToolCalls int      `json:"toolCalls"` // approved
	Tokens    int64    `json:"tokens"`
	Cost      MicroUSD `json:"costMicroUSD"`
	Spent     float64  `json:"spent"`
}

// Plus is u and more.
func (u Use) Plus(more Use) Use {
	u.ToolCalls += more.ToolCalls
	u.Tokens += more.Tokens
	u.Cost += more.Cost
	u.Spent += more.Spent
	return u
}
