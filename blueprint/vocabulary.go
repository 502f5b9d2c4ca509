package blueprint

import "slices"

// Tiers lists the risk tiers, lowest first.
func Tiers() []Tier { return []Tier{TierLow, TierMedium, TierHigh, TierCritical} }

// Zones lists the data zones, lowest first.
func Zones() []Zone { return []Zone{ZonePublic, ZoneInternal, ZoneConfidential, ZoneRestricted} }

// Intents lists the intents.
func Intents() []Intent {
	return []Intent{IntentRead, IntentWrite, IntentDelete, IntentExecute, IntentAdmin}
}

// Rank orders tiers: 0 is low; an unknown tier ranks above critical, because
// what is not known is denied.
func (t Tier) Rank() int { return rank(Tiers(), t) }

// Rank orders zones: 0 is public; an unknown zone ranks above restricted.
func (z Zone) Rank() int { return rank(Zones(), z) }

func rank[T comparable](all []T, v T) int {
	if i := slices.Index(all, v); i >= 0 {
		return i
	}
	return len(all)
}

// MaxTier returns the highest of ts, low for none.
func MaxTier(ts ...Tier) Tier {
	top := TierLow
	for _, t := range ts {
		if t.Rank() > top.Rank() {
			top = t
		}
	}
	return top
}

// Tool returns the tool called name, nil when the blueprint has none.
func (a *Agent) Tool(name string) *Tool {
	for i := range a.Spec.Tools {
		if a.Spec.Tools[i].Name == name {
			return &a.Spec.Tools[i]
		}
	}
	return nil
}

// Server returns the server called name, nil when the blueprint has none.
func (a *Agent) Server(name string) *Server {
	for i := range a.Spec.Servers {
		if a.Spec.Servers[i].Name == name {
			return &a.Spec.Servers[i]
		}
	}
	return nil
}
