package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// readExport reads an export. What is in none, or twice in one, was added to it.
func readExport(file string) (x resource.CanaryExport, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return x, fault.Wrap(err, fault.Invalid, "%s cannot be read", file)
	}
	err = jsonv2.Unmarshal(data, &x, jsonv2.RejectUnknownMembers(true))
	switch {
	case errors.Is(err, jsonv2.ErrUnknownName), errors.Is(err, jsontext.ErrDuplicateName):
		return x, fault.Wrap(err, fault.Verification, "%s has a field that an export of a canary does not have, or one twice: it was changed", file)
	case err != nil || x.Format != resource.CanaryExportFormat:
		return x, fault.New(fault.Invalid, "%s is no export of a canary; `aureus release verdict RELEASE --export FILE` writes one", file)
	}
	return x, nil
}

// evidenceKey is the public key itself, or what the file of that name holds.
func evidenceKey(s string) ([]byte, error) {
	const get = "`aureus audit key -o json | jq -r .pem` prints the right one"
	text := []byte(s)
	if !strings.Contains(s, "-----BEGIN") && strings.Count(s, "+") < 2 {
		var err error
		if text, err = os.ReadFile(s); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "--key is neither a public key in PEM nor a file that holds one; %s", get)
		}
	}
	switch {
	case strings.Contains(string(text), "-----BEGIN"):
		return text, nil
	case strings.Count(string(text), "+") >= 2:
		return nil, fault.New(fault.Invalid, "--key is the ledger's verifier key, which signs no evidence; %s", get)
	}
	return nil, fault.New(fault.Invalid, "--key is no public key in PEM; %s", get)
}

// signedVerdict is the predicate of a canary's evidence.
type signedVerdict struct {
	Plan           resource.CanaryPlan   `json:"plan"`
	State          resource.CanaryState  `json:"state"`
	OutcomesDigest string                `json:"outcomesDigest"`
	DrawsDigest    string                `json:"drawsDigest"`
	ReleaseState   resource.ReleaseState `json:"releaseState"`
	// An earlier build did not sign these.
	Release     string `json:"release"`
	Agent       string `json:"agent"`
	Version     int    `json:"version"`
	Environment string `json:"environment"`
}

// signedOtherwise says how an export differs from what was signed, "" for not at all.
func signedOtherwise(x resource.CanaryExport, key []byte) string {
	st, err := attest.Verify(x.Evidence, key)
	if err != nil {
		return err.Error()
	}
	var signed signedVerdict
	if st.PredicateType != attest.PredicateType(resource.EvidenceCanary) || json.Unmarshal(st.Predicate, &signed) != nil {
		return "the signed evidence is not a canary's"
	}
	if problem := signedElsewhere(x, st, signed); problem != "" {
		return problem
	}
	for _, part := range []struct {
		name          string
		have, against any
	}{{"plan", x.Plan, signed.Plan}, {"state", x.Stored, signed.State}} {
		a, errA := blueprint.Digest(part.have)
		b, errB := blueprint.Digest(part.against)
		if errA != nil || errB != nil || a != b {
			return "the " + part.name + " is not the signed one"
		}
	}
	for _, part := range []struct {
		name   string
		have   any
		signed string
	}{{"outcomes", x.Outcomes, signed.OutcomesDigest}, {"draws", x.Draws, signed.DrawsDigest}} {
		if part.signed == "" && part.name == "draws" && len(x.Draws) == 0 {
			continue // it was signed before draws were kept
		}
		if digest, err := blueprint.Digest(part.have); err != nil || digest != part.signed {
			return "the " + part.name + " are not the signed ones"
		}
	}
	return ""
}

// signedElsewhere says how the head of an export differs from what was signed, ""
// for not at all. Evidence of an earlier build names no release, agent, version and
// environment: there the version is in the subject's name and the release at every
// outcome.
func signedElsewhere(x resource.CanaryExport, st attest.Statement, signed signedVerdict) string {
	name := fmt.Sprintf("%s@v%d", x.Agent, x.Version)
	switch {
	case st.SubjectDigest != x.Digest:
		return "the signed evidence is about another version"
	case st.SubjectName != name:
		return fmt.Sprintf("the signed evidence is about %s, and the export says %s", st.SubjectName, name)
	case signed.Release != "" && signed.Release != x.Release:
		return fmt.Sprintf("the signed evidence is about release %s, and the export says %s", signed.Release, x.Release)
	case signed.Release != "" && (signed.Agent != x.Agent || signed.Version != x.Version):
		return fmt.Sprintf("the signed evidence is about %s@v%d, and the export says %s", signed.Agent, signed.Version, name)
	case signed.Release != "" && signed.Environment != x.Environment:
		return fmt.Sprintf("the signed evidence is about environment %q, and the export says %q", signed.Environment, x.Environment)
	case !follows(signed.ReleaseState, x.State):
		return fmt.Sprintf("the release was %s when its verdict was signed, and the export says %s", signed.ReleaseState, x.State)
	}
	for _, o := range x.Outcomes {
		if o.Release != x.Release {
			return fmt.Sprintf("outcome %d (run %s) is of release %s, and the export says %s", o.Seq, o.Run, o.Release, x.Release)
		}
	}
	return ""
}

// follows reports whether a release can be in a state after the one that it had
// when its verdict was signed.
func follows(signed, now resource.ReleaseState) bool {
	switch {
	case signed == now || signed == "":
		return true
	case now == resource.ReleaseRolledBack || now == resource.ReleaseRollingBack:
		return signed != resource.ReleaseRolledBack
	}
	switch now {
	case resource.ReleaseSoaking, resource.ReleasePromoted, resource.ReleasePaused, resource.ReleaseCancelled:
		return signed == resource.ReleaseSoaking || signed == resource.ReleasePaused
	}
	return false
}
