package guard

import "github.com/aureus-agents/aureus/blueprint"

// The zones as numbers, as policies see them.
const (
	rankPublic int64 = iota
	rankInternal
	rankConfidential
	rankRestricted
	rankUnknown // above everything
)

var zones = []blueprint.Zone{blueprint.ZonePublic, blueprint.ZoneInternal, blueprint.ZoneConfidential, blueprint.ZoneRestricted}

// dataRank is the rank of data in z; unknown data is above everything.
func dataRank(z blueprint.Zone) int64 {
	for i, k := range zones {
		if k == z {
			return int64(i)
		}
	}
	return rankUnknown
}

// clearance is the rank that a holder of z may see; an unknown clearance sees nothing.
func clearance(z blueprint.Zone) int64 {
	if r := dataRank(z); r != rankUnknown {
		return r
	}
	return -1
}

// zoneName is the zone of a rank; above the known ones it is restricted.
func zoneName(rank int64) string {
	if rank < 0 || rank >= int64(len(zones)) {
		return string(blueprint.ZoneRestricted)
	}
	return string(zones[rank])
}

// safe reads a label: what the blueprint does not say is true.
func safe(label *bool) bool { return label == nil || *label }
