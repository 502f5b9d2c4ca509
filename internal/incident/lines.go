package incident

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// ofEvent is the line of a ledger entry. An action that is not known here keeps
// its name: it happened, whatever it was.
func (f Facts) ofEvent(e resource.LedgerEntry) (l resource.IncidentLine, ok bool) {
	ev := e.Event
	l = resource.IncidentLine{At: ev.Time, Actor: ev.Actor, Source: resource.LineSource{Kind: "ledger", ID: ev.ID}}
	if e.Index >= 0 {
		l.Source.Index = &e.Index
	}
	subject, verb, _ := strings.Cut(ev.Action, ".")
	switch subject {
	case "version":
		l.Kind, l.Text = f.versionLine(ev, verb)
	case "release":
		l.Kind, l.Text = f.releaseLine(ev, verb)
	case "evidence":
		l.Kind, l.Source.Digest = kindEvidence, ev.Attrs["bundle"]
		l.Text = fmt.Sprintf("Evidence of kind %s was signed: %s.", ev.Attrs["kind"], ev.Attrs["verdict"])
		if ev.Digest == f.Incident.RolledBackTo && ev.Digest != "" {
			l.Kind, l.Text = kindVerify, fmt.Sprintf("The restored %s was checked again (%s): %s.", f.Good, ev.Attrs["kind"], ev.Attrs["verdict"])
		}
		if ev.Attrs["kind"] == resource.EvidenceVersion {
			return l, false // the push says it
		}
	case "approval":
		l.Kind, l.Text = kindApproval, approvalText(ev, verb)
	case "incident":
		l.Kind, l.Text = kindIncident, f.incidentText(ev, verb)
		return l, l.Text != ""
	case "notice":
		l.Kind, l.Text = kindNotice, noticeText(ev, verb)
	case "alert":
		l.Kind, l.Text = kindNotice, withReason(fmt.Sprintf("Alert %s %s", ev.SubjectID, verb), ev.Reason)
	default:
		l.Kind, l.Text = kindIncident, withReason(strings.ReplaceAll(ev.Action, "_", " "), ev.Reason)
	}
	return l, true
}

func (f Facts) versionLine(ev resource.Event, verb string) (kind, text string) {
	switch verb {
	case "registered":
		text = fmt.Sprintf("%s was pushed", ev.SubjectID)
		var from []string
		for _, a := range [][2]string{{"gitSha", "commit"}, {"branch", "branch"}, {"buildNumber", "build"}} {
			if v := ev.Attrs[a[0]]; v != "" {
				from = append(from, a[1]+" "+v)
			}
		}
		if len(from) > 0 {
			text += " (" + strings.Join(from, ", ") + ")"
		}
		return kindPush, text + "."
	case "quarantined":
		return kindIncident, fmt.Sprintf("%s is in quarantine: no release of it can start.", ev.SubjectID)
	}
	return kindPush, withReason(ev.SubjectID+" "+strings.ReplaceAll(verb, "_", " "), ev.Reason)
}

// releaseLine is a move of the release.
func (f Facts) releaseLine(ev resource.Event, verb string) (kind, text string) {
	switch resource.ReleaseState(verb) {
	case resource.ReleaseCanary:
		if w := ev.Attrs["weight"]; w != "" {
			return kindTraffic, fmt.Sprintf("%s %% of new sessions go to %s@v%d.", w, f.Release.Agent, f.Release.Version)
		}
	case resource.ReleasePromoted:
		return kindTraffic, withReason(fmt.Sprintf("%s@v%d was promoted: all new sessions go to it", f.Release.Agent, f.Release.Version), ev.Reason)
	case resource.ReleaseSoaking:
		return kindTraffic, withReason(fmt.Sprintf("%s@v%d has all new sessions and is watched", f.Release.Agent, f.Release.Version), ev.Reason)
	case resource.ReleaseRollingBack:
		return kindVerdict, withReason("The rollback began", ev.Reason)
	case resource.ReleaseRolledBack:
		return kindVerify, withReason("The rollback ended", ev.Reason)
	}
	if text := states[resource.ReleaseState(verb)]; text != "" {
		return kindRelease, withReason(text, ev.Reason)
	}
	return kindRelease, withReason("The release is "+strings.ReplaceAll(verb, "_", " "), ev.Reason)
}

// states say what a release does in the states that need words.
var states = map[resource.ReleaseState]string{
	resource.ReleasePending:   "The release waits to begin",
	resource.ReleaseChecking:  "The checks began",
	resource.ReleaseAwaiting:  "The release waits for people",
	resource.ReleaseFrozen:    "The release waits for a freeze to end",
	resource.ReleaseDeploying: "Deploying began",
	resource.ReleaseSmoke:     "The smoke tests began",
	resource.ReleaseShadow:    "The version gets copies of live runs",
	resource.ReleasePreview:   "The version can be tried by name",
	resource.ReleasePaused:    "The release was held",
}

func approvalText(ev resource.Event, verb string) string {
	switch verb {
	case "requested":
		return withReason("People were asked to approve", ev.Reason)
	case "given":
		return withReason(ev.Actor.Name+" approved", ev.Reason)
	case "denied":
		return withReason(ev.Actor.Name+" said no", ev.Reason)
	}
	return withReason("The approval request was "+strings.ReplaceAll(verb, "_", " "), ev.Reason)
}

func (f Facts) incidentText(ev resource.Event, verb string) string {
	switch verb {
	case "opened":
		return withReason("The incident was opened", ev.Reason)
	case "mitigated":
		return "The restored version passed its checks and serves."
	case "rca_recorded":
		if rca := f.Incident.RCA; rca != nil && rca.At == ev.Time {
			return withReason("The root cause was recorded", rca.Cause)
		}
		return "The root cause was recorded."
	case "guardrail_proven", "watched", "triaged":
		return sentence(upper(ev.Reason))
	case "noted":
		return "" // the note is a line of its own
	case "resolved":
		if f.Incident.Drill {
			return "The incident was resolved. The version stays in quarantine: it was bad on purpose."
		}
		if ev.Reason != "" { // another incident keeps the quarantine
			return withReason("The incident was resolved", ev.Reason)
		}
		return "The incident was resolved. The quarantine ended; every release of the agent replays the guardrail from now on."
	}
	return withReason(upper(strings.ReplaceAll(verb, "_", " ")), ev.Reason)
}

func noticeText(ev resource.Event, verb string) string {
	about := cmp.Or(ev.Attrs["kind"], "something")
	if to := ev.Attrs["to"]; to != "" { // of several receivers each has a line
		about += " by " + to
	}
	switch verb {
	case "delivered":
		return "People were told of " + about + "."
	case "failed":
		return withReason("People could not be told of "+about+" at once", ev.Reason)
	}
	return withReason("notice "+verb, ev.Reason)
}

func withReason(text, reason string) string {
	if strings.TrimSpace(reason) == "" {
		return sentence(text)
	}
	return sentence(text + ": " + reason)
}
