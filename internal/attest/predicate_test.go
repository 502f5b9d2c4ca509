package attest

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	provenance "github.com/in-toto/attestation/go/predicates/provenance/v1"
	testresult "github.com/in-toto/attestation/go/predicates/test_result/v0"
	vsa "github.com/in-toto/attestation/go/predicates/vsa/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// read decodes a predicate with in-toto's own types, which refuse a member that
// the specification does not have. extensions are members that are ours.
func read(t *testing.T, predicate any, into proto.Message, extensions ...string) {
	t.Helper()
	raw, err := json.Marshal(predicate)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	for _, x := range extensions {
		delete(members, x)
	}
	if raw, err = json.Marshal(members); err != nil {
		t.Fatal(err)
	}
	if err := protojson.Unmarshal(raw, into); err != nil {
		t.Fatalf("in-toto's %T refuses %s: %v", into, raw, err)
	}
}

func version() resource.Version {
	m := &resource.Manifest{Adapters: []resource.Adapter{{Server: "shop", Digest: digest}}, Policies: resource.PolicyConfig{Digest: digest}}
	m.Blueprint.Spec.Model.Name = "gpt"
	return resource.Version{
		Agent: "refund-desk", Number: 3, Name: "refund-desk@v3", Digest: digest, Tier: blueprint.TierHigh,
		Build:      resource.Build{GitSHA: "d20ace7968ba43c0219f62d71334c1095bab1602", BuildNumber: "17", ModelVersion: "gpt-1", Source: "agent.yaml"},
		Generation: &resource.GenerationRecord{Method: "template", Template: "refund", OutputDigest: digest, StartedAt: 1_700_000_000_000},
		CreatedAt:  1_700_000_060_123, CreatedBy: resource.Actor{Name: "dev", Kind: "human"}, Manifest: m,
	}
}

func TestProvenance(t *testing.T) {
	var got provenance.Provenance
	read(t, Provenance(version(), "1.2.3"), &got)
	if err := got.Validate(); err != nil {
		t.Errorf("in-toto's validation of the provenance = %v", err)
	}
	def := got.BuildDefinition
	external := def.ExternalParameters.AsMap()
	if external["agent"] != "refund-desk" || external["generation"].(map[string]any)["template"] != "refund" {
		t.Errorf("external parameters = %v, want the agent and its generation record", external)
	}
	var names []string
	for _, d := range def.ResolvedDependencies {
		names = append(names, d.Name)
	}
	if diff := cmp.Diff([]string{"source", "adapter/shop", "policies", "model/gpt"}, names); diff != "" {
		t.Errorf("dependencies differ (-want +got):\n%s", diff)
	}
	if got := got.RunDetails.Metadata.FinishedOn.AsTime().UnixMilli(); got != 1_700_000_060_123 {
		t.Errorf("finishedOn = %d, want 1700000060123", got)
	}
}

func TestProvenanceOfAVersionByHand(t *testing.T) {
	var got provenance.Provenance
	read(t, Provenance(resource.Version{Agent: "a", Name: "a@v1", CreatedAt: 1}, "1"), &got)
	if got.RunDetails.Metadata.StartedOn != nil || len(got.BuildDefinition.ResolvedDependencies) != 0 {
		t.Errorf("provenance of a bare version = %v, want no start and no dependencies", &got)
	}
}

func TestTestResult(t *testing.T) {
	for verdict, want := range map[resource.Verdict]string{
		resource.Pass: "PASSED", resource.Warn: "WARNED", resource.Block: "FAILED", resource.Pending: "FAILED", "": "FAILED",
	} {
		report := Describe("report", digest)
		var got testresult.TestResult
		read(t, TestResult(verdict, []Descriptor{Describe("suite", digest)}, []string{"b", "a"}, nil, []string{"c"}, &report), &got, "report")
		if got.Result != want {
			t.Errorf("result of %q = %s, want %s", verdict, got.Result, want)
		}
		if diff := cmp.Diff([]string{"a", "b"}, got.PassedTests); diff != "" {
			t.Errorf("passed tests differ (-want +got):\n%s", diff)
		}
	}
	raw, _ := json.Marshal(TestResult(resource.Pass, nil, nil, nil, nil, nil))
	if want := `{"result":"PASSED","configuration":[]}`; string(raw) != want {
		t.Errorf("an empty result = %s, want %s", raw, want)
	}
}

func TestVSA(t *testing.T) {
	pass := resource.Gate{Name: "simulation", Verdict: resource.Pass, Evidence: digest}
	tests := []struct {
		name   string
		gates  []resource.Gate
		result string
		inputs int
		levels []string
	}{
		{"gates pass", []resource.Gate{pass, {Name: "order", Verdict: resource.Warn}}, "PASSED", 1, []string{"AUREUS_GATES_PRE_PROD"}},
		{"a gate blocks", []resource.Gate{pass, {Name: "order", Verdict: resource.Block}}, "FAILED", 1, nil},
		{"no gate", nil, "FAILED", 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := resource.Release{Agent: "refund-desk", Version: 3, Environment: "pre-prod", Gates: tt.gates}
			p := VSA(r, digest, "1.2.3", 1_700_000_000_000)
			p.Verifier.Version = nil // SLSA 1.1 has it, in-toto's types not yet
			var got vsa.VerificationSummary
			read(t, p, &got)
			if got.VerificationResult != tt.result || len(got.InputAttestations) != tt.inputs {
				t.Errorf("result = %s with %d inputs, want %s with %d", got.VerificationResult, len(got.InputAttestations), tt.result, tt.inputs)
			}
			if diff := cmp.Diff(tt.levels, got.VerifiedLevels); diff != "" {
				t.Errorf("levels differ (-want +got):\n%s", diff)
			}
			if want := "aureus://pre-prod/refund-desk@v3"; got.ResourceUri != want {
				t.Errorf("resourceUri = %s, want %s", got.ResourceUri, want)
			}
		})
	}
}
