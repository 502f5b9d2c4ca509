package control

import "github.com/aureus-agents/aureus/resource"

// ShadowReader reads what shadows compared.
type ShadowReader interface {
	ShadowResults(release string) ([]resource.ShadowResult, error) // by Seq
}

// ShadowWriter writes what shadows compared.
type ShadowWriter interface {
	InsertShadowResult(s resource.ShadowResult) error // fault.Conflict when the run was compared before
}
