package control

import "github.com/aureus-agents/aureus/resource"

// ShadowReader reads what shadows compare. A pair whose copy is under way has no At.
type ShadowReader interface {
	ShadowResults(release string, upTo int64) ([]resource.ShadowResult, error) // by Seq, up to this one
	ShadowResult(release string, seq int64) (resource.ShadowResult, error)     // fault.NotFound
	LastShadowSeq(release string) (int64, error)                               // 0 for none
}

// ShadowWriter writes what shadows compare.
type ShadowWriter interface {
	InsertShadowResult(s resource.ShadowResult) error // fault.Conflict when the run or the place is taken
	PutShadowResult(s resource.ShadowResult) error    // by release and Seq; fault.NotFound
}
