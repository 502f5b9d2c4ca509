package control

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/incident"
	"github.com/aureus-agents/aureus/resource"
)

// IncidentReport is an incident with its timeline, put together from the records,
// what the bad version did, and its failing runs by cause. Viewer; what messages
// said only for those who see payloads.
func (c *Control) IncidentReport(ctx context.Context, p Principal, id string) (rep resource.IncidentReport, err error) {
	sheet, err := c.incidentSheet(ctx, p, id)
	return sheet.Report, err
}

// Postmortem is an incident as Markdown. Viewer, as IncidentReport.
func (c *Control) Postmortem(ctx context.Context, p Principal, id string) (string, error) {
	sheet, err := c.incidentSheet(ctx, p, id)
	if err != nil {
		return "", err
	}
	return incident.Postmortem(sheet), nil
}

func (c *Control) incidentSheet(ctx context.Context, p Principal, id string) (s incident.Sheet, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return s, err
	}
	s.At = c.now()
	in := &s.Report.Incident
	if err := c.view(ctx, func(r Reader) (err error) { *in, err = r.Incident(id); return err }); err != nil {
		return s, err
	}
	g, impact, err := c.groupRuns(ctx, *in)
	if err != nil {
		return s, err
	}
	s.Report.Impact = impact
	s.Report.Groups = g.Groups(impact.Runs, impact.Control.Runs)
	for _, x := range s.Report.Groups {
		s.Report.Grouped += x.Runs
	}
	if !seesPayloads(p) {
		incident.Redact(s.Report.Groups)
	}
	var f incident.Facts
	if err := c.view(ctx, func(r Reader) (err error) { f, err = factsOf(r, *in, impact, &s); return err }); err != nil {
		return s, err
	}
	s.Release, s.Version, s.Good = f.Release, f.Version, f.Good
	s.Report.Lines = incident.Timeline(f)
	return s, nil
}

// factsOf reads what an incident's timeline and postmortem are made from.
func factsOf(r Reader, in resource.Incident, impact resource.IncidentImpact, s *incident.Sheet) (f incident.Facts, err error) {
	f.Incident = in
	if f.Release, err = r.Release(in.Release); err != nil {
		return f, err
	}
	if f.Version, err = r.VersionByDigest(in.Agent, in.Digest); err != nil {
		return f, err
	}
	if f.Good, err = nameOf(r, in.Agent, in.RolledBackTo); err != nil {
		return f, err
	}
	if f.Baseline, err = nameOf(r, in.Agent, f.Release.Baseline); err != nil {
		return f, err
	}
	if f.First, err = keptRun(r, impact.FirstFailedRun); err != nil {
		return f, err
	}
	if err := deciding(r, &f); err != nil {
		return f, err
	}
	if s.Evidence, err = r.Evidence(EvidenceFilter{Release: in.Release}, Page{Limit: maxPage}); err != nil {
		return f, err
	}
	slices.Reverse(s.Evidence) // in the order of time
	if in.Guardrail != nil {
		e, err := r.EvidenceByID(in.Guardrail.Evidence)
		if err != nil {
			return f, err
		}
		if e.Kind == resource.EvidenceGuardrail {
			s.Report.Proof = &resource.GuardrailProof{}
			if err := json.Unmarshal(e.Report, s.Report.Proof); err != nil {
				return f, fault.Wrap(err, fault.Corrupt, "the proof of incident %s cannot be read", in.ID)
			}
		}
	}
	f.Entries, err = entriesAbout(r, f, s.Evidence)
	return f, err
}

func nameOf(r Reader, agent, digest string) (string, error) {
	if digest == "" {
		return "", nil
	}
	v, err := r.VersionByDigest(agent, digest)
	return v.Name, err
}

// keptRun is a run that is still stored, nil for none.
func keptRun(r Reader, id string) (*resource.Run, error) {
	if id == "" {
		return nil, nil
	}
	run, err := r.Run(id)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return &run, err
}

// deciding finds the outcome that decided a canary.
func deciding(r Reader, f *incident.Facts) error {
	if f.Incident.Cause != "canary" {
		return nil
	}
	list, err := r.CanaryOutcomes(f.Release.ID)
	if err != nil {
		return err
	}
	for i, o := range list {
		// Late outcomes are not kept, so the last one that was in time decided.
		if o.At <= f.Release.DecidedAt {
			f.Outcome = &list[i]
		}
	}
	if f.Outcome != nil {
		f.Deciding, err = keptRun(r, f.Outcome.Run)
	}
	return err
}

// entriesAbout reads the ledger's entries about the parts of an incident.
func entriesAbout(r Reader, f incident.Facts, evidence []resource.Evidence) (all []resource.LedgerEntry, err error) {
	about := [][2]string{{"release", f.Release.ID}, {"version", f.Version.Name}, {"incident", f.Incident.ID},
		{"notice", f.Release.ID}, {"notice", f.Incident.ID}}
	approvals, err := r.Approvals(ApprovalFilter{Subject: f.Release.ID}, Page{})
	if err != nil {
		return nil, err
	}
	for _, a := range approvals {
		about = append(about, [2]string{"approval", a.ID}, [2]string{"notice", a.ID})
	}
	for _, e := range evidence {
		about = append(about, [2]string{"evidence", e.ID})
	}
	for _, a := range f.Version.Manifest.Blueprint.Spec.Monitor.Alerts {
		about = append(about, [2]string{"alert", a.Name}, [2]string{"notice", a.Name})
	}
	for _, x := range about {
		entries, err := r.EventsOf(x[0], x[1], Page{Limit: maxPage})
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			// An alert's name and a version's are those of other environments too.
			if e.Event.Digest != f.Version.Digest && (x[0] == "alert" || x[0] == "version") ||
				x[0] == "alert" && e.Event.Environment != f.Incident.Environment {
				continue
			}
			all = append(all, e)
		}
	}
	return all, nil
}
