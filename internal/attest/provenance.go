package attest

import "github.com/aureus-agents/aureus/resource"

// The identifiers of how versions are made.
const (
	buildType = "https://aureus.dev/buildtypes/agent/v1"
	builderID = "https://aureus.dev/builders/control/v1"
)

// ProvenancePredicate is SLSA provenance v1, the predicate of a version: how it
// came to be, from what, and who made it.
type ProvenancePredicate struct {
	BuildDefinition BuildDefinition `json:"buildDefinition"`
	RunDetails      RunDetails      `json:"runDetails"`
}

// BuildDefinition is what went in.
type BuildDefinition struct {
	BuildType            string             `json:"buildType"`
	ExternalParameters   ExternalParameters `json:"externalParameters"`
	InternalParameters   map[string]any     `json:"internalParameters,omitempty"`
	ResolvedDependencies []Descriptor       `json:"resolvedDependencies,omitempty"`
}

// ExternalParameters are what the person who pushed chose.
type ExternalParameters struct {
	Agent      string                     `json:"agent"`
	Source     string                     `json:"source,omitempty"` // file name
	Generation *resource.GenerationRecord `json:"generation,omitempty"`
}

// RunDetails is who made it, and when.
type RunDetails struct {
	Builder  Builder  `json:"builder"`
	Metadata Metadata `json:"metadata"`
}

// Builder is the Aureus that registered the version.
type Builder struct {
	ID      string            `json:"id"`
	Version map[string]string `json:"version,omitempty"`
}

// Metadata is about the one push.
type Metadata struct {
	InvocationID string `json:"invocationId"`
	StartedOn    string `json:"startedOn,omitempty"`
	FinishedOn   string `json:"finishedOn,omitempty"`
}

// Provenance is the predicate of a version. With its manifest, the tool adapters
// and the policies are dependencies by digest; version is Aureus's own.
func Provenance(v resource.Version, version string) ProvenancePredicate {
	p := ProvenancePredicate{
		BuildDefinition: BuildDefinition{
			BuildType:            buildType,
			ExternalParameters:   ExternalParameters{Agent: v.Agent, Source: v.Build.Source, Generation: v.Generation},
			InternalParameters:   buildParameters(v),
			ResolvedDependencies: dependencies(v),
		},
		RunDetails: RunDetails{
			Builder:  Builder{ID: builderID, Version: map[string]string{"aureus": version}},
			Metadata: Metadata{InvocationID: v.Name, FinishedOn: timestamp(v.CreatedAt)},
		},
	}
	if v.Generation != nil {
		p.RunDetails.Metadata.StartedOn = timestamp(v.Generation.StartedAt)
	}
	return p
}

func buildParameters(v resource.Version) map[string]any {
	p := map[string]any{"pushedBy": v.CreatedBy.Name, "pusherKind": v.CreatedBy.Kind, "tier": string(v.Tier)}
	for name, value := range map[string]string{
		"buildNumber": v.Build.BuildNumber, "modelVersion": v.Build.ModelVersion, "ci": v.Build.CI, "buildUrl": v.Build.URL,
		"branch": v.Build.Branch, "buildActor": v.Build.Actor, "author": v.Build.Author, "committer": v.Build.Committer,
	} {
		if value != "" {
			p[name] = value
		}
	}
	return p
}

func dependencies(v resource.Version) []Descriptor {
	var out []Descriptor
	if v.Build.GitSHA != "" {
		source := Descriptor{Name: "source", Digest: map[string]string{"gitCommit": v.Build.GitSHA}}
		if v.Build.Repository != "" {
			source.URI = "git+" + v.Build.Repository
		}
		out = append(out, source)
	}
	if v.Manifest == nil {
		return out
	}
	for _, a := range v.Manifest.Adapters {
		out = append(out, Describe("adapter/"+a.Server, a.Digest))
	}
	return append(out,
		Describe("policies", v.Manifest.Policies.Digest),
		Descriptor{Name: "model/" + v.Manifest.Blueprint.Spec.Model.Name})
}
