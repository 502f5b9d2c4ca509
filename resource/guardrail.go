package resource

// The kinds of guardrails.
const (
	GuardrailScenario = "scenario" // scenarios that the bad version fails as it did live
	GuardrailPolicy   = "policy"   // a policy of the guard that stops the recorded bad runs
	GuardrailCRV      = "crv"      // a CRV gate that blocks a value of the recorded bad runs
)

// Guardrail is what would have caught the version, with its proof.
type Guardrail struct {
	Kind string `json:"kind"` // scenario, policy or crv
	Name string `json:"name"`
	// Scenarios are all that later releases replay, with kind scenario: the one that
	// was named, and those of other causes. None is the one that was named.
	Scenarios []string `json:"scenarios,omitempty"`
	Version   string   `json:"version"`  // digest of the version that holds it
	Evidence  string   `json:"evidence"` // id of the evidence of the proof
	At        Millis   `json:"at"`
}

// GuardrailProof is the back-test that proves a guardrail: the report of its
// evidence.
type GuardrailProof struct {
	Incident string `json:"incident"`
	Kind     string `json:"kind"` // scenario, policy or crv
	Name     string `json:"name"`
	Rule     string `json:"rule"`    // digest of the rule's or the scenario's text
	Version  string `json:"version"` // digest of the version that holds it
	Bad      string `json:"bad"`     // digest of the version that was rolled back
	// Groups are the ids of the groups whose runs have to be stopped, Others how many
	// failing runs are in no such group.
	Groups []string `json:"groups"`
	Others int64    `json:"others"`
	// Scenarios are those that cover the groups, with kind scenario.
	Scenarios []ProvenScenario `json:"scenarios,omitempty"`
	// Stop are the bad runs, each of which the rule has to stop; with kind scenario one
	// run of each group, which its scenario fails as.
	Stop []ReplayedRun `json:"stop"`
	// Pass are the good runs, which have to pass.
	Pass []ReplayedRun `json:"pass"`
	// MinPass is the share of good runs that have to pass.
	MinPass float64 `json:"minPass"`
	Passed  bool    `json:"passed"`
	Message string  `json:"message"`
}

// ProvenScenario is a scenario with the recorded bad run that it fails as.
type ProvenScenario struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`          // of the scenario
	Run    string `json:"run,omitempty"`   // "": the bad version has no recorded run
	Group  string `json:"group,omitempty"` // of the run; "" is none
}

// ReplayedRun is a recorded run as a rule judges it.
type ReplayedRun struct {
	Run    string `json:"run"`
	Digest string `json:"digest"` // of the recorded run
	Group  string `json:"group,omitempty"`
	// Stopped: a rule stops it, or as a scenario it fails.
	Stopped bool   `json:"stopped"`
	Step    int    `json:"step,omitempty"` // index of the step that is stopped
	Why     string `json:"why,omitempty"`
}

// GuardrailRequest names what would have caught a bad version.
type GuardrailRequest struct {
	Version string `json:"version"`        // reference of the version that holds it
	Kind    string `json:"kind,omitempty"` // scenario, policy or crv; "" is scenario
	Name    string `json:"name"`           // of the scenario, the policy's id, or of the CRV gate
	// Groups are the ids of the groups of failing runs that it is for; none is those
	// that stand out.
	Groups []string `json:"groups,omitempty"`
	// GoodRuns is how many of the newest successful runs of what serves are replayed; 0
	// is 200 for a policy or a CRV gate, at most 1000, and 20 for a scenario, at most 200:
	// each of those asks the model.
	GoodRuns int `json:"goodRuns,omitempty"`
	// MinPass is the share of them that has to pass, 0.9 to 1; 0 is 1.
	MinPass float64 `json:"minPass,omitempty"`
}

// GuardrailReplay is what the policy and CRV guardrails of an agent's resolved
// incidents come to in a version: the report of a release's guardrail evidence.
type GuardrailReplay struct {
	Version    string           `json:"version"` // digest
	Guardrails []GuardrailCheck `json:"guardrails"`
	Passed     bool             `json:"passed"`
}

// GuardrailCheck is one guardrail, replayed in a version.
type GuardrailCheck struct {
	Incident string `json:"incident"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Proof    string `json:"proof"` // id of the proof's evidence
	// Kept says that the version holds the rule as it was proven.
	Kept bool          `json:"kept"`
	Runs []ReplayedRun `json:"runs"` // bad runs of the proof that are kept
	// Gone is how many of them are not kept any more.
	Gone    int    `json:"gone"`
	Passed  bool   `json:"passed"`
	Message string `json:"message"`
}
