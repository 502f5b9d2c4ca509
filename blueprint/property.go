package blueprint

// Property is a statement of the blueprint's own about every run: a call that
// meets a condition never runs, or never without enough humans. The policy check
// proves it or shows a run that breaks it.
type Property struct {
	ID          string `json:"id"`
	Description string `json:"description,omitempty"`
	// Tools that it is about; none is those that the condition names, or all.
	Tools []string `json:"tools,omitempty"`
	// Never is a Cedar condition over the entities and the context of policies.
	Never string `json:"never"`
	// Unless is "human" or "quorum N": so many humans make such a call right.
	Unless string `json:"unless,omitempty"`
}

// AcceptedProperty is a property that a version is released without.
type AcceptedProperty struct {
	Property      string `json:"property"`
	Justification string `json:"justification"`
}

// BuiltInProperties are the ids of the properties that every version is judged by.
func BuiltInProperties() []string {
	return []string{"no-outside-effect-from-outside", "no-unasked-effect", "no-private-to-outside",
		"no-critical-without-quorum", "zone-ceiling", "every-phase-can-end", "no-dead-rule", "no-outside-value-outside"}
}
