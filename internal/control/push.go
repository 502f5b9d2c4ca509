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
	number, err := t.nextNumber(agent)
	if err != nil {
		return resource.Version{}, false, err
	}
	v := resource.Version{Agent: agent, Number: number, Name: fmt.Sprintf("%s@v%d", agent, number), Digest: digest,
		Tier: crv.Delta(nil, m, "", digest).Tier, Build: r.Build, Generation: r.Generation,
		CreatedAt: t.c.now(), CreatedBy: p.Actor, Manifest: m}
	return v, true, t.enter(v, report)
}

// nextNumber is the number of an agent's next version; those of drills count.
func (t *tx) nextNumber(agent string) (int, error) {
	newest, err := t.Versions(agent, Page{Limit: 1})
	if err != nil || len(newest) == 0 {
		return 1, err
	}
	return newest[0].Number + 1, nil
}

// enter stores a new version with its signature and validation evidence.
func (t *tx) enter(v resource.Version, report Report) error {
	if err := t.InsertVersion(v); err != nil {
		return err
	}
	if err := t.record(resource.Event{Actor: v.CreatedBy, Action: "version.registered", SubjectKind: "version", SubjectID: v.Name,
		Digest: v.Digest, Agent: v.Agent, Attrs: versionAttrs(v)}); err != nil {
		return err
	}
	cl := claim{kind: resource.EvidenceVersion, agent: v.Agent, name: v.Name, digest: v.Digest, verdict: resource.Pass, actor: v.CreatedBy,
		predicate: attest.Provenance(v, t.c.cfg.Version)}
	if _, err := t.attest(cl); err != nil {
		return err
	}
	_, err := t.attest(validationClaim(v, report, "", "", v.CreatedBy))
	return err
}

func versionAttrs(v resource.Version) map[string]string {
	b, m := v.Build, v.Manifest
	attrs := map[string]string{"policies": m.Policies.Digest}
	if v.Drill {
		attrs["drill"] = "true"
	}
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
