package resource

// PushPlan is what a push would do, without doing it.
type PushPlan struct {
	Agent   string `json:"agent"`
	Digest  string `json:"digest"`            // of the version that it would register, or find
	Version string `json:"version,omitempty"` // name of the version with this content; "" is not registered
	Latest  string `json:"latest,omitempty"`  // name of the newest version; "" is a new agent
	// SameBlueprint: the newest version has this very blueprint. When it is another
	// version still, its servers offer other tools than it has pinned, or Aureus's own
	// policies are others.
	SameBlueprint bool      `json:"sameBlueprint"`
	Findings      []Finding `json:"findings"`
	// Delta is from the newest version; of a new agent, everything that it can do.
	Delta   Delta         `json:"delta"`
	Serving []ServingPlan `json:"serving"` // by environment; where nothing served or is on its way is not in it
}

// ServingPlan is what serves in an environment beside what would be pushed.
type ServingPlan struct {
	Environment string `json:"environment"`
	Digest      string `json:"digest,omitempty"`  // of what serves; "" is nothing
	Version     string `json:"version,omitempty"` // name
	Stopped     bool   `json:"stopped,omitempty"`
	Same        bool   `json:"same"` // it is what would be pushed
	// SameBlueprint is as in [PushPlan], of what serves.
	SameBlueprint bool   `json:"sameBlueprint"`
	Release       string `json:"release,omitempty"` // that brings what would be pushed there, and has not ended
	Delta         Delta  `json:"delta"`             // from what serves
}

// RetireRequest takes an agent out of service.
type RetireRequest struct {
	Reason string `json:"reason"`
}

// AgentDrift is how the world differs from what serves of an agent.
type AgentDrift struct {
	Agent string      `json:"agent"`
	Tools []ToolDrift `json:"tools"`
}

// ToolDrift is a tool that is not any more what a serving version has pinned.
type ToolDrift struct {
	Environments []string `json:"environments"` // that the version serves in
	Version      string   `json:"version"`
	Server       string   `json:"server,omitempty"` // "" when it is not known which
	Tool         string   `json:"tool,omitempty"`   // upstream name; "" is the whole server
	Kind         string   `json:"kind"`             // description, input, output, annotations, gone or unreachable
	Message      string   `json:"message"`
}
