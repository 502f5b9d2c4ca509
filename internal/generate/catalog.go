package generate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// hints are a tool's MCP annotations, each with the value that MCP gives it when
// it is missing, which is the safe side.
type hints struct {
	readOnly, destructive, openWorld bool
	// says is whether readOnlyHint was given at all.
	says bool
}

func hintsOf(t Tool) hints {
	get := func(name string, missing bool) bool {
		if v, ok := t.Annotations[name].(bool); ok {
			return v
		}
		return missing
	}
	_, says := t.Annotations["readOnlyHint"].(bool)
	return hints{
		readOnly:    get("readOnlyHint", false),
		destructive: get("destructiveHint", true),
		openWorld:   get("openWorldHint", true),
		says:        says,
	}
}

// lowestTier is the lowest risk tier that the tool may be given.
func (h hints) lowestTier() blueprint.Tier {
	switch {
	case h.readOnly:
		return blueprint.TierLow
	case h.destructive:
		return blueprint.TierHigh
	}
	return blueprint.TierMedium
}

// labels are what a call can see and touch, as far as the hints say. What they
// do not say is true.
func (h hints) labels(zone blueprint.Zone) blueprint.Labels {
	private := zone != blueprint.ZonePublic
	outside, acts, inside := h.openWorld, h.openWorld && !h.readOnly, !h.readOnly
	return blueprint.Labels{ReadsOutside: &outside, ReadsPrivate: &private, ActsOutside: &acts, ActsInside: &inside}
}

// checkTools compares the tools with the catalogue and gives them their labels.
// Labels come from the servers' hints and never from the model.
func (g *designer) checkTools(a *blueprint.Agent) []fault.Detail {
	var wrong []fault.Detail
	for i := range a.Spec.Tools {
		t := &a.Spec.Tools[i]
		path := fmt.Sprintf("spec.tools[%d]", i)
		upstream := t.Upstream
		if upstream == "" {
			upstream = t.Name
		}
		n := slices.IndexFunc(g.Catalog, func(c Tool) bool { return c.Server == t.Server && c.Name == upstream })
		if n < 0 {
			wrong = append(wrong, fault.Detail{Path: path, Code: "tool/unknown",
				Message: fmt.Sprintf("no server offers a tool %q of server %q", upstream, t.Server), Fix: g.offered()})
			continue
		}
		h := hintsOf(g.Catalog[n])
		t.Labels = h.labels(t.Zone)
		if low := h.lowestTier(); rank(t.RiskTier) < rank(low) {
			wrong = append(wrong, fault.Detail{Path: path + ".riskTier", Code: "tool/tier",
				Message: fmt.Sprintf("the tier %s is too low for what its server says about it", t.RiskTier),
				Fix:     fmt.Sprintf("write %s or higher, and raise spec.riskTier to match", low)})
		}
		if t.Intent == blueprint.IntentRead && h.says && !h.readOnly {
			wrong = append(wrong, fault.Detail{Path: path + ".intent", Code: "tool/intent",
				Message: "its server says that it is not read-only", Fix: "write write, delete, execute or admin"})
		}
	}
	if len(scenarios(a)) == 0 {
		wrong = append(wrong, fault.Detail{Path: "spec.evaluation.suites", Code: "evaluation/none",
			Message: "there is no scenario, so nothing could be shown about the agent", Fix: "write a suite named smoke with at least one scenario"})
	}
	return wrong
}

func (g *designer) offered() string {
	if len(g.Catalog) == 0 {
		return "leave tools out: no server was named"
	}
	names := make([]string, 0, maxShown)
	for _, t := range g.Catalog {
		if len(names) == maxShown {
			names = append(names, "...")
			break
		}
		names = append(names, t.Server+"/"+t.Name)
	}
	return "use only these (server/tool): " + strings.Join(names, ", ")
}

func scenarios(a *blueprint.Agent) (all []blueprint.Scenario) {
	for _, s := range a.Spec.Evaluation.Suites {
		all = append(all, s.Scenarios...)
	}
	return all
}

func rank(t blueprint.Tier) int {
	return slices.Index([]blueprint.Tier{blueprint.TierLow, blueprint.TierMedium, blueprint.TierHigh, blueprint.TierCritical}, t)
}

func detailsOf(err error) []fault.Detail {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e.Details
	}
	return nil
}
