package crv

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

func (d *differ) tools(old, now *blueprint.Agent) {
	for _, t := range now.Spec.Tools {
		was := old.Tool(t.Name)
		if was == nil {
			tier := addedTier(t)
			d.added[t.Name] = tier
			d.add("tool", "added", "tools."+t.Name, "", describe(t), tier, true)
			continue
		}
		d.tool("tools."+t.Name, *was, t)
	}
	for _, t := range old.Spec.Tools {
		if now.Tool(t.Name) == nil {
			d.add("tool", "removed", "tools."+t.Name, describe(t), "", blueprint.TierMedium, false).Breaking = true
		}
	}
}

// addedTier is what adding a tool asks for.
func addedTier(t blueprint.Tool) blueprint.Tier {
	tier := blueprint.MaxTier(blueprint.TierMedium, t.RiskTier)
	_, _, acts, _ := t.Labels.Effective()
	if acts && (t.RiskTier.Rank() >= blueprint.TierMedium.Rank() || isTrue(t.Labels.ActsOutside)) {
		tier = blueprint.MaxTier(tier, blueprint.TierHigh)
	}
	return tier
}

func describe(t blueprint.Tool) string {
	return fmt.Sprintf("%s %s, zone %s, on %s", t.RiskTier, t.Intent, t.Zone, t.Server)
}

// tool compares one tool. A lowered tier or zone widens too: the guard then asks
// for less before a call.
func (d *differ) tool(p string, was, t blueprint.Tool) {
	high := blueprint.MaxTier(blueprint.TierHigh, was.RiskTier, t.RiskTier)
	d.changed("tier", p+".riskTier", string(was.RiskTier), string(t.RiskTier), high, true)
	d.changed("zone", p+".zone", string(was.Zone), string(t.Zone), high, true)
	d.changed("tool", p+".intent", string(was.Intent), string(t.Intent), high, true)
	d.changed("tool", p+".server", was.Server, t.Server, high, true)
	d.changed("tool", p+".upstream", was.Resolved().Upstream, t.Resolved().Upstream, high, true)
	d.changed("tool", p+".spends", was.Spends, t.Spends, high, true)
	d.changed("tool", p+".description", was.Description, t.Description, blueprint.TierMedium, false)
	d.changed("tool", p+".timeout", was.Resolved().Timeout.String(), t.Resolved().Timeout.String(), blueprint.TierLow, false)
	d.changed("tool", p+".retries", fmt.Sprint(*was.Resolved().Retries), fmt.Sprint(*t.Resolved().Retries), blueprint.TierLow, false)
	d.flow(p, was, t, high)
	before, after := labelsOf(was.Labels), labelsOf(t.Labels)
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if before[name] == after[name] {
			continue
		}
		tier, loosened := blueprint.TierMedium, before[name]
		if loosened {
			tier = high
		}
		d.changed("tool", p+".labels."+name, fmt.Sprint(before[name]), fmt.Sprint(after[name]), tier, loosened)
	}
}

// flow compares what the guard's flow policies read of a tool.
func (d *differ) flow(p string, was, t blueprint.Tool, high blueprint.Tier) {
	records := func(l blueprint.Labels) bool { return l.Records != nil && *l.Records }
	loosen := func(path string, before, after bool) {
		tier := blueprint.TierMedium
		if after {
			tier = high
		}
		d.changed("tool", p+path, fmt.Sprint(before), fmt.Sprint(after), tier, after)
	}
	loosen(".labels.records", records(was.Labels), records(t.Labels))
	loosen(".unprompted", was.Unprompted, t.Unprompted)
	for _, w := range t.AskedBy {
		if !slices.Contains(was.AskedBy, w) {
			d.add("tool", "added", p+".askedBy", "", w, high, true)
		}
	}
	for _, w := range was.AskedBy {
		if !slices.Contains(t.AskedBy, w) {
			d.add("tool", "removed", p+".askedBy", w, "", blueprint.TierMedium, false)
		}
	}
	names := maps.Clone(t.Arguments)
	if names == nil {
		names = map[string]blueprint.Role{}
	}
	maps.Copy(names, was.Arguments)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		before, after := was.Arguments[name], t.Arguments[name]
		tier, looser := blueprint.TierMedium, after != blueprint.RoleTarget
		if looser {
			tier = high
		}
		d.changed("tool", p+".arguments."+name, string(before), string(after), tier, looser)
	}
}

func labelsOf(l blueprint.Labels) map[string]bool {
	a, b, c, e := l.Effective()
	return map[string]bool{"readsOutside": a, "readsPrivate": b, "actsOutside": c, "actsInside": e}
}

func (d *differ) servers(old, now *blueprint.Agent) {
	for _, s := range now.Spec.Servers {
		p := "servers." + s.Name
		was := old.Server(s.Name)
		if was == nil {
			d.add("server", "added", p, "", address(s), blueprint.TierMedium, true)
			d.changed("server", p+".expose", "", strings.Join(s.Expose, " "), blueprint.TierMedium, true)
			d.sandbox(p, blueprint.Sandbox{}, sandboxOf(s), blueprint.Strict(s.Name, now.Spec.Tools))
			continue
		}
		d.changed("server", p+".address", address(*was), address(s), blueprint.TierHigh, true)
		d.changed("server", p+".expose", strings.Join(was.Expose, " "), strings.Join(s.Expose, " "), blueprint.TierHigh, true)
		d.sandbox(p, sandboxOf(*was), sandboxOf(s), blueprint.Strict(s.Name, now.Spec.Tools))
		if was.Stdio != nil && s.Stdio != nil {
			d.digests("server", p+".env", was.Stdio.Env, s.Stdio.Env, blueprint.TierHigh)
			d.digests("server", p+".envFrom", was.Stdio.EnvFrom, s.Stdio.EnvFrom, blueprint.TierHigh)
		}
		if was.HTTP != nil && s.HTTP != nil {
			d.digests("server", p+".headersFrom", was.HTTP.HeadersFrom, s.HTTP.HeadersFrom, blueprint.TierHigh)
		}
	}
	for _, s := range old.Spec.Servers {
		if now.Server(s.Name) == nil {
			d.add("server", "removed", "servers."+s.Name, address(s), "", blueprint.TierMedium, false)
		}
	}
}

func address(s blueprint.Server) string {
	switch {
	case s.Stdio != nil:
		return fmt.Sprintf("%q", s.Stdio.Command)
	case s.HTTP != nil:
		return s.HTTP.URL
	}
	return ""
}

// grantKey is one tool with one intent.
type grantKey struct {
	tool   string
	intent blueprint.Intent
}

// permissions compares the highest zone that each tool is granted for each
// intent, "*" written out.
func (d *differ) permissions(old, now *blueprint.Agent) {
	before, after := grantsOf(old), grantsOf(now)
	keys := maps.Clone(before)
	maps.Copy(keys, after)
	for k := range keys {
		was, had := before[k]
		is, has := after[k]
		p := "permissions." + k.tool + "." + string(k.intent)
		switch {
		case !had:
			d.add("permission", "added", p, "", string(is), d.forTool(k.tool), true)
		case !has:
			d.add("permission", "removed", p, string(was), "", blueprint.TierMedium, false)
		case is.Rank() > was.Rank():
			d.add("permission", "changed", p, string(was), string(is), blueprint.TierHigh, true)
		case is != was:
			d.add("permission", "changed", p, string(was), string(is), blueprint.TierMedium, false)
		}
	}
}

func grantsOf(a *blueprint.Agent) map[grantKey]blueprint.Zone {
	out := map[grantKey]blueprint.Zone{}
	for _, perm := range a.Spec.Permissions {
		tools := perm.Tools
		if slices.Contains(tools, "*") {
			tools = names(a.Spec.Tools, func(t blueprint.Tool) string { return t.Name })
		}
		for _, t := range tools {
			for _, in := range perm.Intents {
				k := grantKey{t, in}
				if z, ok := out[k]; !ok || perm.Zone.Rank() > z.Rank() {
					out[k] = perm.Zone
				}
			}
		}
	}
	return out
}

// adapters compares the pinned contracts of tools that both versions use.
func (d *differ) adapters(old, now []resource.Adapter, oldAgent, nowAgent *blueprint.Agent) {
	was := map[string]resource.Adapter{}
	for _, a := range old {
		was[a.Server] = a
	}
	oldPins := pins(&resource.Manifest{Adapters: old})
	for _, a := range now {
		p := "adapters." + a.Server
		if w, ok := was[a.Server]; ok {
			d.changed("server", p+".name", w.Name, a.Name, blueprint.TierMedium, false)
			d.changed("server", p+".version", w.Version, a.Version, blueprint.TierLow, false)
		}
		for _, pin := range a.Tools {
			w, ok := oldPins[a.Server+"\x00"+pin.Name]
			if !ok || w.Digest == pin.Digest {
				continue
			}
			tier := blueprint.MaxTier(blueprint.TierHigh, tierOfUpstream(oldAgent, a.Server, pin.Name), tierOfUpstream(nowAgent, a.Server, pin.Name))
			d.add("tool", "changed", p+".tools."+pin.Name, w.Digest, pin.Digest, tier, true).Breaking =
				slices.ContainsFunc(subset(shapedMap(w.InputSchema), shapedMap(pin.InputSchema)), func(m mismatch) bool { return m.sure })
		}
	}
}

// tierOfUpstream is the highest tier of the tools that stand for a server's tool.
func tierOfUpstream(a *blueprint.Agent, server, upstream string) blueprint.Tier {
	tier := blueprint.TierLow
	for _, t := range a.Spec.Tools {
		if t.Server == server && t.Resolved().Upstream == upstream {
			tier = blueprint.MaxTier(tier, t.RiskTier)
		}
	}
	return tier
}
