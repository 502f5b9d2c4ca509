package control

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/pipeline"
	"github.com/aureus-agents/aureus/resource"
)

// The bounds of submitted evidence: of the report that is kept beside one, and of
// how many of one kind a version has before no further pass is taken.
const (
	maxExternalReport = 1 << 20
	maxExternal       = 200
)

// AddEvidence signs somebody else's verdict on a version, for the external gate of
// that name. A pass of a person who wrote or pushed the version is fault.Forbidden,
// and one more than are kept of a kind fault.Conflict; a block is always taken.
// Developer or operator.
func (c *Control) AddEvidence(ctx context.Context, p Principal, ref string, r ExternalEvidenceRequest) (e resource.Evidence, err error) {
	if err := need(p, resource.RoleDeveloper, resource.RoleOperator); err != nil {
		return e, err
	}
	if r.Verdict != resource.Pass && r.Verdict != resource.Block {
		return e, fault.New(fault.Invalid, "%q is not a verdict of submitted evidence; write pass or block", r.Verdict)
	}
	if err := externalName(r.Kind); err != nil {
		return e, err
	}
	if raw, err := json.Marshal(r.Report); err != nil || len(raw) > maxExternalReport || r.Report == nil {
		return e, fault.New(fault.Invalid, "the report has to be JSON of at most %d bytes; shorten it, or keep the whole elsewhere and name it here", maxExternalReport)
	}
	err = c.update(ctx, func(t *tx) error {
		v, err := resolve(t, ref)
		if err != nil {
			return err
		}
		if r.Environment != "" {
			if err := knownEnvironment(t, r.Environment); err != nil {
				return err
			}
		}
		if r.Verdict == resource.Pass {
			if err := mayPass(t, p, v, r.Kind); err != nil {
				return err
			}
		}
		outcome := &testOutcome{passed: []string{r.Kind}, failed: []string{}}
		if r.Verdict == resource.Block {
			outcome.passed, outcome.failed = outcome.failed, outcome.passed
		}
		e, err = t.attest(claim{kind: resource.ExternalEvidence(r.Kind), agent: v.Agent, name: v.Name, digest: v.Digest, environment: r.Environment,
			verdict: r.Verdict, test: outcome, report: r.Report, actor: p.Actor})
		return err
	})
	return e, err
}

// mayPass refuses a pass for the work of the person who submits it, and one too
// many. A build's token pushes and submits what its scanner found: it is a program,
// and no work is its own.
func mayPass(r Reader, p Principal, v resource.Version, kind string) error {
	who := partiesOf(v, resource.Actor{})
	if p.Actor.Kind == "human" && (mayBe(who.Author, p.Actor.Name) || mayBe(who.Pusher, p.Actor.Name)) {
		return fault.New(fault.Forbidden, "%s wrote or pushed %s and cannot submit that it passes; somebody else has to, or the program that tested it with a service's token", p.Actor.Name, v.Name)
	}
	have, err := r.CountEvidence(EvidenceFilter{Subject: v.Digest, Kind: resource.ExternalEvidence(kind)})
	if err == nil && have >= maxExternal {
		return fault.New(fault.Conflict, "%s has %d submitted verdicts of %s, and no further pass is taken; push a new version", v.Name, have, kind)
	}
	return err
}

// externalName refuses a name that no external gate can have.
func externalName(name string) error {
	rule := blueprint.Pipeline{APIVersion: blueprint.APIVersion, Kind: blueprint.KindPipeline,
		Metadata: blueprint.PipelineMetadata{Name: pipeline.DefaultName, Owner: "x"},
		Spec:     blueprint.PipelineSpec{Environments: []blueprint.Stage{{Name: "x", Before: []blueprint.GateRule{{Name: name, External: true}}}}}}
	problems := rule.Problems()
	if len(problems) == 0 {
		problems = pipeline.Check(&rule)
	}
	if len(problems) > 0 {
		return fault.New(fault.Invalid, "evidence cannot be submitted as %q: %s; %s", name, problems[0].Message, problems[0].Fix)
	}
	return nil
}

// externalGate reads the newest verdict that was submitted about the version, for
// the release's environment or for every one.
func (c *Control) externalGate(r Reader, rel resource.Release, rule blueprint.GateRule) (resource.Gate, error) {
	g := resource.Gate{Name: rule.Name, Verdict: resource.Block, Code: resource.MissingData, At: c.now(),
		Remediation: fmt.Sprintf("aureus evidence add %s@v%d --kind %s --verdict pass --report FILE", rel.Agent, rel.Version, rule.Name)}
	wanted := EvidenceFilter{Subject: rel.Digest, Kind: resource.ExternalEvidence(rule.Name), Environment: rel.Environment, OrAny: true}
	list, err := r.Evidence(wanted, Page{Limit: 1})
	if err != nil {
		return g, err
	}
	if len(list) == 0 {
		g.Message = "nobody has submitted " + rule.Name + " evidence about this version"
		return c.waive(r, rel, g)
	}
	if wanted.OrAny = false; list[0].Environment == "" {
		wanted.Environment = ""
	}
	fix := g.Remediation
	maxAge := rule.MaxAge.D(rel.Stage.Stage.EvidenceMaxAge.D(blueprint.DefaultEvidenceMaxAge))
	if g = c.judge(g, list[0], wanted, maxAge); g.Verdict == resource.Block && g.Remediation == "" {
		g.Remediation = fix
	}
	return c.waive(r, rel, g)
}
