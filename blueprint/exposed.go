package blueprint

import "slices"

// What a server can offer MCP clients beside its tools (Server.Expose).
const (
	ExposeResources = "resources"
	ExposePrompts   = "prompts"
)

// ExposedTool is the name that the guard knows what a server exposes by. No tool
// of a blueprint can have it.
func ExposedTool(server, what string) string { return server + "/" + what }

// WithExposed is a with a tool for all that its servers expose, so that the guard
// decides reading it as it decides calls: each is a permitted read in every
// phase, with the strictest labels and the highest zone of its server's tools.
func (a *Agent) WithExposed() *Agent {
	out := *a
	for _, s := range a.Spec.Servers {
		for _, what := range s.Expose {
			t := a.exposed(s.Name, what)
			out.Spec.Tools = append(slices.Clip(out.Spec.Tools), t)
			out.Spec.Permissions = append(slices.Clip(out.Spec.Permissions), Permission{Tools: []string{t.Name}, Intents: []Intent{IntentRead}, Zone: t.Zone})
		}
	}
	if w := a.Spec.Workflow; w != nil && len(out.Spec.Tools) > len(a.Spec.Tools) {
		flow := *w
		flow.Phases = slices.Clone(w.Phases)
		for i := range flow.Phases {
			for _, t := range out.Spec.Tools[len(a.Spec.Tools):] {
				flow.Phases[i].Tools = append(slices.Clip(flow.Phases[i].Tools), t.Name)
			}
		}
		out.Spec.Workflow = &flow
	}
	return &out
}

// exposed is the tool that stands for what a server exposes.
func (a *Agent) exposed(server, what string) Tool {
	no, yes := false, true
	t := Tool{Name: ExposedTool(server, what), Server: server, RiskTier: TierLow, Intent: IntentRead, Zone: ZonePublic}
	labels := []**bool{&t.Labels.ReadsOutside, &t.Labels.ReadsPrivate, &t.Labels.ActsOutside, &t.Labels.ActsInside}
	found := false
	for i := range labels {
		*labels[i] = &no
	}
	for _, other := range a.Spec.Tools {
		if other.Server != server {
			continue
		}
		found = true
		if slices.Index(Zones(), other.Zone) > slices.Index(Zones(), t.Zone) {
			t.Zone = other.Zone
		}
		for i, l := range []*bool{other.Labels.ReadsOutside, other.Labels.ReadsPrivate, other.Labels.ActsOutside, other.Labels.ActsInside} {
			if l == nil || *l {
				*labels[i] = &yes
			}
		}
	}
	if !found { // nothing is known of it
		t.Zone, t.Labels = a.Spec.Zone, Labels{}
	}
	return t
}
