package resource

// EvaluationProgress is how far the evaluation in a release's checks is.
type EvaluationProgress struct {
	Release string  `json:"release"`
	Running bool    `json:"running"` // false: no evaluation of the release is in progress here
	Done    int     `json:"done"`    // runs, of both versions
	Total   int     `json:"total"`
	Kept    int     `json:"kept"`   // of Done: made before a restart
	Failed  int     `json:"failed"` // of Done: did not pass
	CostUSD float64 `json:"costUSD"`
	// ElapsedMs is the time so far, and LeftMs what the rest takes when it goes on
	// like this; 0 is not known yet.
	ElapsedMs int64 `json:"elapsedMs"`
	LeftMs    int64 `json:"leftMs"`
}
