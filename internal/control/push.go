package control

import (
	"context"
	"fmt"

	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/internal/crv"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/guard"
	"github.com/aureus-agents/aureus/resource"
)

// Push validates a blueprint, pins its tools, signs and registers the version.
// The same content is registered once. fault.Blocked with details when
// validation finds errors; fault.Upstream when a server of the blueprint cannot
// be asked for its tools. Developer.
func (c *Control) Push(ctx context.Context, p Principal, r PushRequest) (PushResult, error) {
	if err := need(p, resource.RoleDeveloper); err != nil {
		return PushResult{}, err
	}
	var err error
	for _, name := range []string{r.Build.Author, r.Build.Committer} {
		if name != "" && !principalName.MatchString(name) {
			return PushResult{}, fault.New(fault.Invalid, "the build's author or committer %q is no name of a person; write it as in that person's tokens", name)
		}
	}
	if r.Build, err = ci.Check(r.Build); err != nil {
		return PushResult{}, err
	}
	made, err := c.assemble(ctx, r)
	if err != nil {
		return PushResult{}, err
	}
	if r.Build.ModelVersion == "" {
		r.Build.ModelVersion = c.cfg.Models.Version(ctx, r.Blueprint.Spec.Model)
	}
	res := PushResult{Findings: made.report.Findings}
	err = c.update(ctx, func(t *tx) (err error) {
		res.Version, res.Created, err = t.register(p, r, made.manifest, made.digest, made.report)
		return err
	})
	return res, err
}

// madeVersion is the content of a version that is not registered.
type madeVersion struct {
	manifest *resource.Manifest
	digest   string
	report   Report
}

// assemble validates a blueprint and pins its tools.
func (c *Control) assemble(ctx context.Context, r PushRequest) (v madeVersion, err error) {
	if r.Blueprint == nil {
		return v, fault.New(fault.Invalid, "the request has no blueprint; send it as the field \"blueprint\"")
	}
	name := r.Blueprint.Metadata.Name
	v.report = Validate(r.Blueprint, nil)
	if !v.report.Passed {
		return v, blockedBy(v.report.Findings, "the blueprint of %q does not pass validation; `aureus validate` shows where", name)
	}
	adapters, err := c.cfg.Adapters.Discover(ctx, r.Blueprint)
	if err != nil {
		return v, err
	}
	if v.manifest, v.digest, err = Manifest(r.Blueprint, adapters); err != nil {
		return v, err
	}
	// Only the pinned schemas say what types a policy's arguments have.
	if typed := guard.CheckVersion(v.manifest); hasErrors(typed) {
		return v, blockedBy(typed, "the policies of %q do not fit the tools that its servers offer", name)
	}
	v.report.Findings = append(v.report.Findings, crv.CheckPins(v.manifest)...)
	if hasErrors(v.report.Findings) {
		return v, blockedBy(v.report.Findings, "the blueprint of %q does not fit the tools that its servers offer", name)
	}
	return v, nil
}

// register inserts the version with its signature and validation evidence, or
// finds the one that was there.
func (t *tx) register(p Principal, r PushRequest, m *resource.Manifest, digest string, report Report) (resource.Version, bool, error) {
	agent := m.Blueprint.Metadata.Name
	if v, err := t.VersionByDigest(agent, digest); !fault.Is(err, fault.NotFound) {
		return v, false, err
	}
	number := 1
	if last, err := t.LatestVersion(agent); err == nil {
		number = last.Number + 1
	} else if !fault.Is(err, fault.NotFound) {
		return resource.Version{}, false, err
	}
	v := resource.Version{Agent: agent, Number: number, Name: fmt.Sprintf("%s@v%d", agent, number), Digest: digest,
		Tier: crv.Delta(nil, m, "", digest).Tier, Build: r.Build, Generation: r.Generation,
		CreatedAt: t.c.now(), CreatedBy: p.Actor, Manifest: m}
	if err := t.InsertVersion(v); err != nil {
		return v, false, err
	}
	if err := t.record(resource.Event{Actor: p.Actor, Action: "version.registered", SubjectKind: "version", SubjectID: v.Name,
		Digest: digest, Agent: agent, Attrs: buildAttrs(r.Build, m)}); err != nil {
		return v, false, err
	}
	cl := claim{kind: resource.EvidenceVersion, agent: agent, name: v.Name, digest: digest, verdict: resource.Pass, actor: p.Actor,
		predicate: attest.Provenance(v, t.c.cfg.Version)}
	if _, err := t.attest(cl); err != nil {
		return v, false, err
	}
	_, err := t.attest(validationClaim(v, report, "", "", p.Actor))
	return v, true, err
}

func buildAttrs(b resource.Build, m *resource.Manifest) map[string]string {
	attrs := map[string]string{"policies": m.Policies.Digest}
	for k, s := range map[string]string{"gitSha": b.GitSHA, "buildNumber": b.BuildNumber, "modelVersion": b.ModelVersion,
		"ci": b.CI, "buildUrl": b.URL, "repository": b.Repository, "branch": b.Branch, "buildActor": b.Actor, "author": b.Author, "committer": b.Committer} {
		if s != "" {
			attrs[k] = s
		}
	}
	for _, a := range m.Adapters {
		attrs["adapter."+a.Server] = a.Digest
	}
	return attrs
}

// blockedBy is a fault.Blocked with the findings as details.
func blockedBy(fs []resource.Finding, format string, args ...any) error {
	err := fault.New(fault.Blocked, format, args...)
	for _, f := range fs {
		if f.Severity == "error" {
			err = err.With(fault.Detail{Path: f.Path, File: f.File, Line: f.Line, Column: f.Column, Code: f.Rule, Message: f.Message, Fix: f.Remediation})
		}
	}
	return err
}
