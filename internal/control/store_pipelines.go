package control

import "github.com/aureus-agents/aureus/resource"

// PipelineReader reads pipelines and waivers.
type PipelineReader interface {
	Pipeline(name string) (resource.Pipeline, error)
	Pipelines() ([]resource.Pipeline, error) // sorted by name
	Waiver(id string) (resource.Waiver, error)
	Waivers(f WaiverFilter, p Page) ([]resource.Waiver, error)
}

// PipelineWriter writes pipelines and waivers.
type PipelineWriter interface {
	PutPipeline(p resource.Pipeline) error // Revision 1 inserts
	// DeletePipeline removes a pipeline that is at this revision.
	DeletePipeline(name string, revision int64) error
	InsertWaiver(w resource.Waiver) error
	PutWaiver(w resource.Waiver) error
}

// WaiverFilter selects waivers; empty fields match all.
type WaiverFilter struct {
	Agent, Digest, State string
}
