package folder_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/folder"
	"github.com/aureus-agents/aureus/resource"
)

func agent(name string, p resource.PushPlan) folder.Agent {
	p.Agent = name
	return folder.Agent{Declared: folder.Declared{Kind: "Agent", Name: name, File: name + ".yaml", Line: 4}, Plan: p}
}

func TestMake(t *testing.T) {
	wide := resource.Delta{Tier: blueprint.TierHigh, Changes: []resource.Change{{Kind: "budget", Op: "changed", Path: "budgets.spend", Widens: true, Tier: blueprint.TierHigh}}}
	serves := func(env string, same bool, release string) []resource.ServingPlan {
		return []resource.ServingPlan{{Environment: env, Digest: "sha256:x", Version: "x@v1", Same: same, Release: release}}
	}
	tests := []struct {
		name    string
		plan    resource.PushPlan
		release string
		want    folder.Item
	}{
		{"new", resource.PushPlan{Digest: "d", Delta: wide}, "", folder.Item{Action: folder.Create, Digest: "d", Delta: &wide}},
		{"new, and released", resource.PushPlan{Digest: "d", Delta: wide}, "staging", folder.Item{Action: folder.Create, Digest: "d", Delta: &wide, Release: "staging"}},
		{"changed", resource.PushPlan{Digest: "d", Latest: "x@v1", Delta: wide}, "", folder.Item{Action: folder.Change, Digest: "d", Latest: "x@v1", Delta: &wide}},
		{"only its tools changed", resource.PushPlan{Digest: "d", Latest: "x@v1", SameBlueprint: true, Delta: wide}, "",
			folder.Item{Action: folder.Change, Digest: "d", Latest: "x@v1", Delta: &wide, Notes: []string{"the blueprint is that of x@v1; what its servers offer, or a built-in policy, has changed"}}},
		{"the same", resource.PushPlan{Digest: "d", Latest: "x@v1", Version: "x@v1"}, "", folder.Item{Action: folder.Keep, Digest: "d", Latest: "x@v1", Version: "x@v1"}},
		{"the same, with a newer one", resource.PushPlan{Digest: "d", Latest: "x@v2", Version: "x@v1"}, "",
			folder.Item{Action: folder.Keep, Digest: "d", Latest: "x@v2", Version: "x@v1", Notes: []string{"x@v2 is newer and is not what the folder says"}}},
		{"the same, not serving", resource.PushPlan{Digest: "d", Latest: "x@v1", Version: "x@v1", Serving: serves("staging", false, "")}, "staging",
			folder.Item{Action: folder.Keep, Digest: "d", Latest: "x@v1", Version: "x@v1", Release: "staging"}},
		{"the same, serving", resource.PushPlan{Digest: "d", Latest: "x@v1", Version: "x@v1", Serving: serves("staging", true, "")}, "staging",
			folder.Item{Action: folder.Keep, Digest: "d", Latest: "x@v1", Version: "x@v1"}},
		{"the same, on its way", resource.PushPlan{Digest: "d", Latest: "x@v1", Version: "x@v1", Serving: serves("staging", false, "rel_1")}, "staging",
			folder.Item{Action: folder.Keep, Digest: "d", Latest: "x@v1", Version: "x@v1"}},
		{"the same, serving elsewhere", resource.PushPlan{Digest: "d", Latest: "x@v1", Version: "x@v1", Serving: serves("staging", true, "")}, "production",
			folder.Item{Action: folder.Keep, Digest: "d", Latest: "x@v1", Version: "x@v1", Release: "production"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Kind, tt.want.Name, tt.want.File = "Agent", "x", "x.yaml"
			p := folder.Make(nil, []folder.Agent{agent("x", tt.plan)}, tt.release, nil)
			if diff := cmp.Diff([]folder.Item{tt.want}, p.Items); diff != "" {
				t.Errorf("Make(%+v) (-want +got):\n%s", tt.plan, diff)
			}
			if want := tt.want.Action != folder.Keep || tt.want.Release != ""; p.Changes() != want {
				t.Errorf("Changes() = %v, want %v", p.Changes(), want)
			}
		})
	}
}

// TestMakeOrder: pipelines come before agents, agents that go before pipelines
// that go, each by name; an agent that serves nowhere is not retired.
func TestMakeOrder(t *testing.T) {
	served := func(name string, d ...resource.Deployment) resource.AgentSummary {
		return resource.AgentSummary{Name: name, Latest: resource.Version{Name: name + "@v1"}, Deployments: d}
	}
	pipelines := []folder.Item{{Kind: "Pipeline", Name: "z", Action: folder.Create}, {Kind: "Pipeline", Name: "b", Action: folder.Retire}, {Kind: "Pipeline", Name: "a", Action: folder.Keep}}
	agents := []folder.Agent{agent("n", resource.PushPlan{}), agent("m", resource.PushPlan{Latest: "m@v1"})}
	p := folder.Make(pipelines, agents, "", []resource.AgentSummary{
		served("y", resource.Deployment{Environment: "staging", Stable: "d"}, resource.Deployment{Environment: "production", Candidate: "d"}),
		served("idle"), served("stopped", resource.Deployment{Environment: "staging", Stable: "d", Stopped: true}),
		served("c", resource.Deployment{Environment: "staging", Stable: "d"}),
	})
	var got []string
	for _, i := range p.Items {
		got = append(got, strings.Join(append([]string{string(i.Action), i.Name}, i.Serves...), " "))
	}
	want := []string{"keep a", "create z", "change m", "create n", "retire c staging", "retire y production staging", "retire b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Make() (-want +got):\n%s", diff)
	}
	if p.Create != 2 || p.Change != 1 || p.Keep != 1 || p.Retire != 3 {
		t.Errorf("Make() counts %+v, want 2, 1, 1, 3", p)
	}
}

// TestMakeIgnoresOrder: the plan is the same however the folder was walked.
func TestMakeIgnoresOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching("[a-z]{1,3}"), 1, 6, rapid.ID).Draw(t, "names")
		var agents []folder.Agent
		for _, n := range names {
			agents = append(agents, agent(n, resource.PushPlan{Latest: rapid.SampledFrom([]string{"", n + "@v1"}).Draw(t, "latest")}))
		}
		one := folder.Make(nil, agents, "", nil)
		slices.Reverse(agents)
		if diff := cmp.Diff(one, folder.Make(nil, agents, "", nil)); diff != "" {
			t.Errorf("Make() of the other order differs:\n%s", diff)
		}
	})
}

func TestPipelines(t *testing.T) {
	spec := func(name, owner string, envs ...string) blueprint.Pipeline {
		p := blueprint.Pipeline{APIVersion: blueprint.APIVersion, Kind: blueprint.KindPipeline, Metadata: blueprint.PipelineMetadata{Name: name, Owner: owner}}
		for _, e := range envs {
			p.Spec.Environments = append(p.Spec.Environments, blueprint.Stage{Name: e})
		}
		return p
	}
	stored := func(p blueprint.Pipeline, builtIn bool) resource.Pipeline {
		return resource.Pipeline{Name: p.Metadata.Name, Spec: p, BuiltIn: builtIn}
	}
	declared := func(p blueprint.Pipeline) folder.Pipeline {
		return folder.Pipeline{Declared: folder.Declared{Kind: p.Kind, Name: p.Metadata.Name}, Spec: p}
	}
	got, err := folder.Pipelines(
		[]folder.Pipeline{declared(spec("default", "us", "staging")), declared(spec("same", "us", "staging")), declared(spec("other", "us", "staging"))},
		[]resource.Pipeline{stored(spec("default", "aureus", "staging"), true), stored(spec("same", "us", "staging"), false),
			stored(spec("other", "us", "production"), false), stored(spec("ours", "us"), false), stored(spec("theirs", "them"), false)},
		func(m blueprint.PipelineMetadata) bool { return m.Owner == "us" })
	want := []folder.Item{{Kind: "Pipeline", Name: "default", Action: folder.Create}, {Kind: "Pipeline", Name: "same", Action: folder.Keep},
		{Kind: "Pipeline", Name: "other", Action: folder.Change}, {Kind: "Pipeline", Name: "ours", Action: folder.Retire}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Pipelines() = %v (-want +got):\n%s", err, diff)
	}
}

func TestCompare(t *testing.T) {
	same := resource.ServingPlan{Environment: "staging", Digest: "d", Version: "x@v1", Same: true}
	other := resource.ServingPlan{Environment: "staging", Digest: "e", Version: "x@v0"}
	in := resource.PushPlan{Version: "x@v1", Latest: "x@v1"}
	with := func(p resource.PushPlan, s ...resource.ServingPlan) resource.PushPlan { p.Serving = s; return p }
	edit := func(s resource.ServingPlan, f func(*resource.ServingPlan)) resource.ServingPlan { f(&s); return s }
	tests := []struct {
		name string
		plan resource.PushPlan
		want []string // kind, have, want
	}{
		{"none", with(in, same), nil},
		{"never registered", resource.PushPlan{}, []string{"content  ", "serving  "}},
		{"not applied", with(resource.PushPlan{Latest: "x@v0"}, other), []string{"content x@v0 ", "serving x@v0 "}},
		{"pushed by hand", with(resource.PushPlan{Version: "x@v1", Latest: "x@v2"}, same), []string{"content x@v2 x@v1"}},
		{"only tools differ", with(resource.PushPlan{Latest: "x@v1", SameBlueprint: true}, edit(other, func(s *resource.ServingPlan) { s.SameBlueprint = true })), nil},
		{"another one serves", with(in, other), []string{"serving x@v0 x@v1"}},
		{"on its way", with(in, edit(other, func(s *resource.ServingPlan) { s.Release = "rel_1" })), nil},
		{"on its way to where nothing serves", with(in, resource.ServingPlan{Environment: "staging", Release: "rel_1"}), nil},
		{"nothing serves", in, []string{"serving  x@v1"}},
		{"stopped", with(in, edit(same, func(s *resource.ServingPlan) { s.Same, s.Stopped, s.SameBlueprint = false, true, true })), []string{"serving x@v1 x@v1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			agents := []folder.Agent{agent("x", tt.plan)}
			var got []string
			for _, d := range folder.Compare(folder.Make(nil, agents, "", nil), agents, nil, map[string][]string{"x": {"staging"}}, nil) {
				got = append(got, d.Kind+" "+d.Have+" "+d.Want)
				if d.Message == "" || d.Fix == "" {
					t.Errorf("drift %+v says not what it is or what to do", d)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Compare(%+v) (-want +got):\n%s", tt.plan, diff)
			}
		})
	}
	tools := []resource.AgentDrift{{Agent: "x", Tools: []resource.ToolDrift{{Environments: []string{"staging", "production"}, Version: "x@v1", Server: "shop", Tool: "refund", Kind: "input", Message: "its input schema changed"}}}}
	plan := folder.Make([]folder.Item{{Kind: "Pipeline", Name: "a", Action: folder.Create}, {Kind: "Pipeline", Name: "b", Action: folder.Change}, {Kind: "Pipeline", Name: "c", Action: folder.Keep}}, nil, "",
		[]resource.AgentSummary{{Name: "gone", Deployments: []resource.Deployment{{Environment: "staging", Stable: "d"}}}})
	var got []string
	for _, d := range folder.Compare(plan, nil, map[string]string{"bad": "no"}, nil, tools) {
		got = append(got, d.Kind+" "+d.Name+" "+d.Environment+": "+d.Message)
	}
	want := []string{"pipeline a : the server has no such pipeline", "pipeline b : the server's pipeline is not what the folder says",
		"content bad : the server would not register it: no",
		"undeclared gone : it is not in the folder and serves in staging", "tools x staging production: shop/refund: its input schema changed"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Compare() (-want +got):\n%s", diff)
	}
}
