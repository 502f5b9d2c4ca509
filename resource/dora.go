package resource

// DORA is the four keys of an agent in an environment over a window; docs/incidents.md
// has the definitions. Drills are in none of them.
type DORA struct {
	Agent       string  `json:"agent,omitempty"` // "" is all agents together
	Environment string  `json:"environment"`
	From        Millis  `json:"from"`
	To          Millis  `json:"to"`
	Days        float64 `json:"days"`
	// Deployments are releases whose version got live traffic in the window,
	// Promoted those that got all of it for good.
	Deployments int     `json:"deployments"`
	Promoted    int     `json:"promoted"`
	PerDay      float64 `json:"perDay"` // deployments
	// LeadTime is from the commit, or the push where no commit time is known, to the
	// first promotion of a version in the window. FromCommit of them began at a commit.
	LeadTime   Spread `json:"leadTime"`
	FromCommit int    `json:"fromCommit"`
	// Failed are the deployments that were rolled back, at any time since.
	Failed            int     `json:"failed"`
	ChangeFailureRate float64 `json:"changeFailureRate"` // of the deployments; 0 without any
	// RestoreDecided is from the outcome or the person that decided a rollback to all
	// traffic on a good version, RestoreFirst from the first failing run, where one
	// failed. Both are of the incidents that were opened in the window.
	RestoreDecided Spread `json:"restoreDecided"`
	RestoreFirst   Spread `json:"restoreFirst"`
	// Unrestored incidents have no good version serving yet.
	Unrestored int `json:"unrestored"`
}

// Spread is a sample of durations.
type Spread struct {
	Count    int   `json:"count"`
	MeanMs   int64 `json:"meanMs"`
	MedianMs int64 `json:"medianMs"`
	P90Ms    int64 `json:"p90Ms"`
}
