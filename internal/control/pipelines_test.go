package control_test

import (
	"strings"
	"testing"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// pipelineOf parses a pipeline that names the desk; spec is YAML below spec.
func parsedPipeline(t testing.TB, name, spec string) blueprint.Pipeline {
	t.Helper()
	text := "apiVersion: aureus/v1\nkind: Pipeline\nmetadata: {name: " + name + ", owner: ops}\nspec:\n" + spec
	p, err := blueprint.ParsePipeline(name+".yaml", []byte(text), blueprint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return *p
}

// pipeline puts the pipeline that the desk uses.
func (w *world) pipeline(spec string) resource.Pipeline {
	w.Helper()
	p, err := w.PutPipeline(w.Context(), operator, parsedPipeline(w, "desks", "  agents: [desk]\n"+spec), 0)
	w.must(err)
	return p
}

func TestPutPipeline(t *testing.T) {
	t.Parallel()
	w := newIdleWorld(t)
	one := parsedPipeline(t, "desks", "  agents: [desk]\n  environments: [{name: eu}, {name: production}]\n")
	p, err := w.PutPipeline(t.Context(), operator, one, 0)
	w.must(err)
	if p.Revision != 1 || p.BuiltIn || p.Digest == "" {
		t.Errorf("PutPipeline() = %+v, want revision 1", p)
	}
	if again, err := w.PutPipeline(t.Context(), admin, one, 1); err != nil || again.Revision != 1 {
		t.Errorf("PutPipeline(the same) = revision %d, %v, want 1", again.Revision, err)
	}
	w.once("pipeline", "desks", "pipeline.put")
	two := parsedPipeline(t, "desks", "  agents: [desk]\n  environments: [{name: production}]\n")
	_, err = w.PutPipeline(t.Context(), operator, two, 7)
	w.wants(err, fault.Conflict, "PutPipeline() over a revision that is not there")
	if p, err = w.PutPipeline(t.Context(), operator, two, 1); err != nil || p.Revision != 2 {
		t.Errorf("PutPipeline(changed) = revision %d, %v, want 2", p.Revision, err)
	}
	_, err = w.PutPipeline(t.Context(), operator, parsedPipeline(t, "others", "  agents: [x, desk]\n  environments: [{name: production}]\n"), 0)
	w.wants(err, fault.Conflict, "PutPipeline() of a second one for the same agent")
	_, err = w.PutPipeline(t.Context(), operator, parsedPipeline(t, "others", "  agents: [x]\n  environments: [{name: a, before: [{name: nothing}]}]\n"), 0)
	w.wants(err, fault.Invalid, "PutPipeline() with an unknown gate")

	list, err := w.Pipelines(t.Context(), viewer)
	w.must(err)
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, " "); got != "default desks" {
		t.Errorf("Pipelines() = %s, want default desks", got)
	}
	if b, err := w.Pipeline(t.Context(), viewer, "default"); err != nil || !b.BuiltIn {
		t.Errorf("Pipeline(default) = %+v, %v, want the built-in one", b, err)
	}
	envs, err := w.Environments(t.Context(), viewer)
	w.must(err)
	if len(envs) != 2 || envs[0].Name != "staging" || envs[1].Name != "production" || len(envs[1].Pipelines) != 2 {
		t.Errorf("Environments() = %+v, want staging and production, which two pipelines have", envs)
	}
	w.wants(w.DeletePipeline(t.Context(), operator, "default"), fault.Conflict, "DeletePipeline() of the built-in one")
	w.wants(w.DeletePipeline(t.Context(), operator, "none"), fault.NotFound, "DeletePipeline() of none")
	w.must(w.DeletePipeline(t.Context(), operator, "desks"))
	w.once("pipeline", "desks", "pipeline.deleted")
	_, err = w.Pipeline(t.Context(), viewer, "desks")
	w.wants(err, fault.NotFound, "Pipeline() after its end")
}

// TestPipelineOfAnAgent: the agent goes through the environments of the pipeline
// that names it, in its order, and a release keeps its stage when that changes.
func TestPipelineOfAnAgent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.pipeline("  environments: [{name: dev, approvals: [{count: 0}]}, {name: eu, approvals: [{count: 0}], rollout: {strategy: all-at-once}}]\n")
	v := w.push(lean(t, blueprint.TierMedium))
	_, err := w.StartRelease(t.Context(), author, control.ReleaseRequest{Version: v.Name, Environment: "staging"})
	w.wants(err, fault.Invalid, "StartRelease() into an environment of another pipeline")
	if err == nil || !strings.Contains(err.Error(), "dev, eu") {
		t.Errorf("StartRelease() = %v, want the environments that there are", err)
	}
	_, err = w.StartRelease(t.Context(), author, control.ReleaseRequest{Version: v.Name, Environment: "eu"})
	w.wants(err, fault.Blocked, "StartRelease() into eu before dev")
	rel := w.expect(w.release(v, "dev"), resource.ReleasePromoted)
	if rel.Approval != "" || rel.Stage.Pipeline != "desks" || rel.Stage.Digest != before.Digest || rel.Stage.After != "" {
		t.Errorf("release = approval %q, stage %+v, want the stage of desks and nobody asked", rel.Approval, rel.Stage)
	}

	w.holdModel(func() {
		rel = w.begin(v, "eu")
		w.pipeline("  environments: [{name: dev}, {name: us}, {name: eu, approvals: [{count: 2}]}]\n")
		w.wants(w.DeletePipeline(t.Context(), operator, "desks"), fault.Conflict, "DeletePipeline() while a release goes by it")
	})
	rel = w.expect(w.until(rel.ID, resource.ReleaseAwaiting), resource.ReleasePromoted)
	if rel.Stage.After != "dev" || rel.Stage.Digest != before.Digest {
		t.Errorf("stage = %+v, want the one that it began with", rel.Stage)
	}
	if run := w.invoke("eu", "", plainOrder(0)); run.Version != 1 {
		t.Errorf("invoke in eu = v%d, want v1", run.Version)
	}
	_, err = w.Invoke(t.Context(), app, desk, control.InvokeRequest{Environment: "moon", Input: refundOf(plainOrder(0))})
	w.wants(err, fault.Invalid, "Invoke() in an environment that no pipeline has")
	w.wants(w.DeletePipeline(t.Context(), operator, "desks"), fault.Conflict, "DeletePipeline() while something serves in its environment")
	_, err = w.PutPipeline(t.Context(), operator, parsedPipeline(t, "desks", "  agents: [desk]\n  environments: [{name: us}]\n"), 0)
	w.wants(err, fault.Conflict, "PutPipeline() without an environment in which something serves")
}

// TestApprovalsOfAStage: all rules that fit the tier and the changes hold together.
func TestApprovalsOfAStage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pipeline(`  environments:
    - name: production
      rollout: {strategy: all-at-once}
      approvals:
        - {tiers: [medium], count: 1}
        - {changes: [instructions], count: 2}
        - {changes: [model], tiers: [critical], count: 3}
`)
	rel := w.until(w.begin(w.push(lean(t, blueprint.TierMedium)), "production").ID, resource.ReleaseAwaiting)
	w.expect(rel, resource.ReleaseAwaiting)
	a, err := w.Approval(t.Context(), viewer, rel.Approval)
	w.must(err)
	if a.Quorum != 2 || len(a.Rules) == 0 {
		t.Errorf("approval has quorum %d and rules %+v, want two people by the rule of instructions", a.Quorum, a.Rules)
	}
	if got := w.approve(approver, rel.Approval); got.State != resource.ApprovalPending {
		t.Errorf("after one yes the request is %s, want pending", got.State)
	}
	w.approve(approver2, rel.Approval)
	w.expect(w.until(rel.ID, resource.ReleasePromoted), resource.ReleasePromoted)
}
