package control

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// digestOf is the digest of exact bytes.
func digestOf(b []byte) string {
	h := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(h[:])
}

// claim is an attestation to make about a version.
type claim struct {
	kind        string
	agent       string
	name        string // agent@v7
	digest      string
	environment string
	release     string
	verdict     resource.Verdict
	predicate   any
	test        *testOutcome // of a check; its predicate is made from it
	report      any          // kept beside the statement, for people; nil is none
	actor       resource.Actor
}

// testOutcome is what a check found, by the names of its tests.
type testOutcome struct {
	passed, failed []string
	basis          []attest.Descriptor // what the result rests on besides the version
}

// placeOf is the first configuration of a check's predicate: what was checked,
// for which release, when. It binds the statement to its place, so that evidence
// of one kind or release cannot be shown as that of another.
func placeOf(kind, environment, release string, at resource.Millis) attest.Descriptor {
	return attest.Descriptor{Name: "check/" + kind, Annotations: map[string]any{
		"environment": environment, "release": release, "at": strconv.FormatInt(int64(at), 10)}}
}

// sign makes the evidence of a claim; it is not stored yet.
func (c *Control) sign(cl claim) (resource.Evidence, error) {
	var report []byte
	var err error
	if cl.report != nil {
		if report, err = json.Marshal(cl.report); err != nil {
			return resource.Evidence{}, fault.Wrap(err, fault.Internal, "the %s report cannot be written as JSON", cl.kind)
		}
	}
	at := c.now()
	if cl.test != nil {
		d := attest.Describe("report", digestOf(report))
		with := append([]attest.Descriptor{placeOf(cl.kind, cl.environment, cl.release, at), attest.Describe(cl.name, cl.digest)}, cl.test.basis...)
		cl.predicate = attest.TestResult(cl.verdict, with, cl.test.passed, nil, cl.test.failed, &d)
	}
	bundle, err := c.cfg.Key.Attest(attest.Claim{Kind: cl.kind, SubjectName: cl.name, SubjectDigest: cl.digest, Predicate: cl.predicate})
	if err != nil {
		return resource.Evidence{}, err
	}
	return resource.Evidence{
		ID: c.cfg.NewID("evd"), Kind: cl.kind, Subject: cl.digest, Agent: cl.agent, Environment: cl.environment,
		Release: cl.release, PredicateType: attest.PredicateType(cl.kind), Verdict: cl.verdict,
		Digest: digestOf(bundle), CreatedAt: at, CreatedBy: cl.actor, Bundle: bundle, Report: report,
	}, nil
}

// attest signs and stores a claim, with its ledger event.
func (t *tx) attest(cl claim) (resource.Evidence, error) {
	e, err := t.c.sign(cl)
	if err != nil {
		return e, err
	}
	return e, t.insertEvidence(e)
}

func (t *tx) insertEvidence(e resource.Evidence) error {
	if err := t.InsertEvidence(e); err != nil {
		return err
	}
	return t.record(resource.Event{Actor: e.CreatedBy, Action: "evidence.recorded", SubjectKind: "evidence", SubjectID: e.ID,
		Digest: e.Subject, Agent: e.Agent, Environment: e.Environment,
		Attrs: map[string]string{"kind": e.Kind, "bundle": e.Digest, "verdict": string(e.Verdict)}})
}

// checkFound verifies evidence that was looked up by f: the index that found it is
// not signed, so what it says of itself has to be what was looked for.
func (c *Control) checkFound(e resource.Evidence, f EvidenceFilter) error {
	same := func(want, got string) bool { return want == "" || want == got }
	if !same(f.Subject, e.Subject) || !same(f.Kind, e.Kind) || !same(f.Release, e.Release) || !same(f.Environment, e.Environment) {
		return fault.New(fault.Verification, "%s evidence %s is filed in a place that is not its own", e.Kind, e.ID)
	}
	return c.checkEvidence(e)
}

// checkEvidence verifies that e is what it says: its bundle has the recorded
// digest, is signed by this server's key and speaks about e's subject in e's
// kind.
func (c *Control) checkEvidence(e resource.Evidence) error {
	if got := digestOf(e.Bundle); got != e.Digest {
		return fault.New(fault.Verification, "%s evidence %s: the stored bundle is not the recorded one", e.Kind, e.ID)
	}
	st, err := attest.Verify(e.Bundle, c.cfg.Key.PublicPEM())
	if err != nil {
		return err
	}
	if st.SubjectDigest != e.Subject || st.PredicateType != attest.PredicateType(e.Kind) {
		return fault.New(fault.Verification, "%s evidence %s: the signed statement is about something else", e.Kind, e.ID)
	}
	return checkPlace(e, st.Predicate)
}

// checkPlace compares what is recorded beside a statement with what the statement
// itself says: verdict, environment, release, time and report of a check; the
// environment of a promotion; the release of an approval.
func checkPlace(e resource.Evidence, predicate []byte) error {
	var p struct {
		Result             string
		Configuration      []attest.Descriptor
		Report             *attest.Descriptor
		ResourceURI        string
		VerificationResult string
		Subject            string
		Environment        string
		ID                 string          // of a drill
		State              json.RawMessage // a drill's is a text, a canary's its figures
	}
	if err := json.Unmarshal(predicate, &p); err != nil {
		return fault.Wrap(err, fault.Verification, "%s evidence %s: the signed predicate cannot be read", e.Kind, e.ID)
	}
	wrong := func(what string) error {
		return fault.New(fault.Verification, "%s evidence %s: the recorded %s is not the signed one", e.Kind, e.ID, what)
	}
	kind := e.Kind
	if resource.ExternalGate(kind) != "" {
		kind = resource.EvidenceValidation // somebody else's check is signed as one of ours
	}
	switch kind {
	case resource.EvidencePromotion:
		if !strings.HasPrefix(p.ResourceURI, "aureus://"+e.Environment+"/") {
			return wrong("environment")
		}
		if p.VerificationResult != "PASSED" {
			return wrong("verdict")
		}
	case resource.EvidenceDrill:
		if e.Release == "" || p.ID != e.Release || p.Environment != e.Environment {
			return wrong("place")
		}
		if verdictOf(string(p.State) == strconv.Quote(resource.DrillPassed)) != e.Verdict {
			return wrong("verdict")
		}
	case resource.EvidenceApproval:
		if p.Subject != e.Release || p.Environment != e.Environment {
			return wrong("place")
		}
	case resource.EvidenceValidation, resource.EvidenceSimulation, resource.EvidenceEvaluation, resource.EvidencePolicy, resource.EvidenceSmoke, resource.EvidenceGuardrail:
		want := placeOf(e.Kind, e.Environment, e.Release, e.CreatedAt)
		if len(p.Configuration) == 0 || !reflect.DeepEqual(p.Configuration[0], want) {
			return wrong("place")
		}
		if p.Result != attest.TestResult(e.Verdict, nil, nil, nil, nil, nil).Result {
			return wrong("verdict")
		}
		if p.Report == nil || !reflect.DeepEqual(p.Report.Digest, attest.Describe("", digestOf(e.Report)).Digest) {
			return wrong("report")
		}
	}
	return nil
}

// Evidence lists and verifies the evidence about a version, newest first. Viewer.
func (c *Control) Evidence(ctx context.Context, p Principal, ref string) ([]VerifiedEvidence, error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	var list []resource.Evidence
	var about EvidenceFilter
	err := c.view(ctx, func(r Reader) error {
		v, err := resolve(r, ref)
		if err != nil {
			return err
		}
		about.Subject = v.Digest
		list, err = r.Evidence(about, Page{Limit: 1000})
		return err
	})
	out := make([]VerifiedEvidence, 0, len(list))
	for _, e := range list {
		ve := VerifiedEvidence{Evidence: e, Verified: true}
		if err := c.checkFound(e, about); err != nil {
			ve.Verified, ve.Problem = false, err.Error()
		}
		out = append(out, ve)
	}
	return out, err
}

// PublicKeys returns the server's public keys. Anybody.
func (c *Control) PublicKeys() PublicKeys {
	return PublicKeys{PEM: string(c.cfg.Key.PublicPEM()), VerifierKey: c.cfg.Key.VerifierKey()}
}
