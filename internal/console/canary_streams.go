package console

import (
	"fmt"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// streamRow is one stream of a canary.
type streamRow struct {
	Name    string
	Canary  string // 3 of 30 sessions
	Control string
	E       string
	Bound   string // where it rolls back
	Limit   string // of latency and cost
	Off     string
	Tone    string
}

// streamsOf are the rows of a canary's streams.
func streamsOf(v control.CanaryVerdict) []streamRow {
	var rows []streamRow
	for _, st := range v.Stored.Streams {
		row := streamRow{Name: st.Name, Off: st.Off}
		if st.Off == "" {
			bound := inverse(v.Plan.Alpha * st.Share)
			row.Canary, row.Control = ofSessions(st.Canary, v.Stored.Canary), ofSessions(st.Control, v.Stored.Control)
			row.E, row.Bound, row.Limit = evalue(st.E), evalue(bound), limitOf(st)
			switch {
			case st.E >= bound:
				row.Tone = "bad"
			case st.E >= inverse(v.Plan.Beta):
				row.Tone = "warn"
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func ofSessions(n int64, arm resource.ArmCount) string {
	return fmt.Sprintf("%s of %s", count(n), count(arm.Sessions))
}

// limitOf is what a run has to be over to fail in a stream.
func limitOf(st resource.StreamState) string {
	switch st.Name {
	case blueprint.StreamLatency:
		return "over " + millis(float64(st.Limit))
	case blueprint.StreamCost:
		return "over " + money(resource.MicroUSD(st.Limit))
	}
	return ""
}
