package control

import (
	"encoding/json"
	"net/url"
	"slices"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// The part of SARIF 2.1.0 (OASIS) that a report needs.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID string `json:"id"`
}

type sarifResult struct {
	RuleID     string          `json:"ruleId"`
	RuleIndex  int             `json:"ruleIndex"`
	Level      string          `json:"level"`
	Message    sarifText       `json:"message"`
	Locations  []sarifLocation `json:"locations,omitempty"`
	Properties sarifProperties `json:"properties"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifLocation struct {
	Physical *sarifPhysical `json:"physicalLocation,omitempty"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
}

type sarifProperties struct {
	Code        resource.FailureCode `json:"code,omitempty"`
	Remediation string               `json:"remediation,omitempty"`
}

// SARIF writes the report as a SARIF 2.1.0 log with one run.
func (r Report) SARIF(toolVersion string) ([]byte, error) {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}, Tool: sarifTool{Driver: sarifDriver{
		Name: "aureus", Version: toolVersion, InformationURI: "https://github.com/aureus-agents/aureus", Rules: []sarifRule{}}}}
	var ids []string
	for _, f := range r.Findings {
		ids = append(ids, f.Rule)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: id})
	}
	for _, f := range r.Findings {
		index, _ := slices.BinarySearch(ids, f.Rule)
		run.Results = append(run.Results, sarifOf(f, index))
	}
	b, err := json.MarshalIndent(sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}, "", "  ")
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the report could not be written as SARIF")
	}
	return append(b, '\n'), nil
}

func sarifOf(f resource.Finding, rule int) sarifResult {
	text := f.Message
	if f.Remediation != "" {
		text += ". To fix it: " + f.Remediation
	}
	out := sarifResult{RuleID: f.Rule, RuleIndex: rule, Level: sarifLevel(f.Severity), Message: sarifText{text},
		Properties: sarifProperties{Code: f.Code, Remediation: f.Remediation}}
	var loc sarifLocation
	if f.File != "" {
		loc.Physical = &sarifPhysical{Artifact: sarifArtifact{(&url.URL{Path: f.File}).String()}}
		if f.Line > 0 {
			loc.Physical.Region = &sarifRegion{StartLine: f.Line, StartColumn: f.Column}
		}
	}
	if f.Path != "" {
		loc.Logical = []sarifLogical{{f.Path}}
	}
	if loc.Physical != nil || loc.Logical != nil {
		out.Locations = []sarifLocation{loc}
	}
	return out
}

func sarifLevel(severity string) string {
	switch severity {
	case "error", "warning", "note":
		return severity
	}
	return "none"
}
