package control

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// The bounds of what people write about an incident.
const (
	maxIncidentText = 4000
	maxFactors      = 20
)

// RecordRCA records the root cause analysis; a later one replaces it until the
// incident is resolved. Operator.
func (c *Control) RecordRCA(ctx context.Context, p Principal, id string, rca resource.RCA) (in resource.Incident, err error) {
	if err := need(p, resource.RoleOperator); err != nil {
		return in, err
	}
	if err := checkRCA(rca); err != nil {
		return in, err
	}
	err = c.update(ctx, func(t *tx) error {
		if in, err = t.Incident(id); err != nil {
			return err
		}
		if in.State == incidentResolved {
			return fault.New(fault.Conflict, "incident %s is resolved; its analysis is final", id)
		}
		rca.Author, rca.At, rca.DoneAt, rca.Done = p.Actor, c.now(), 0, ""
		in.RCA = &rca
		if in, err = t.putIncident(in); err != nil {
			return err
		}
		if err := t.recordIncident(in, "incident.rca_recorded", p.Actor, ""); err != nil {
			return err
		}
		in, err = t.resolveIfDone(in, p.Actor)
		return err
	})
	return in, err
}

func checkRCA(rca resource.RCA) error {
	for _, part := range [][2]string{{"cause", rca.Cause}, {"detection", rca.Detection}, {"prevention", rca.Prevention}} {
		if strings.TrimSpace(part[1]) == "" {
			return fault.New(fault.Invalid, "a root cause analysis says cause, detection and prevention; %s is empty", part[0])
		}
	}
	for _, text := range append([]string{rca.Cause, rca.Detection, rca.Prevention, rca.Owner}, rca.Factors...) {
		if err := shortEnough(text); err != nil {
			return err
		}
	}
	if rca.Category != "" && !slices.Contains(resource.CauseCategories(), rca.Category) {
		return fault.New(fault.Invalid, "%q is no category of a root cause; write one of %s", rca.Category, strings.Join(resource.CauseCategories(), ", "))
	}
	if len(rca.Factors) > maxFactors {
		return fault.New(fault.Invalid, "%d contributing factors are too many to be read; name at most %d", len(rca.Factors), maxFactors)
	}
	if rca.Due > 0 && rca.Owner == "" {
		return fault.New(fault.Invalid, "a prevention with a due date needs an owner who sees to it")
	}
	return nil
}

func shortEnough(text string) error {
	if len(text) > maxIncidentText {
		return fault.New(fault.Invalid, "a text of %d bytes is too long for an incident; write at most %d and link to the rest", len(text), maxIncidentText)
	}
	return nil
}

// TriageIncident sets severity and assignee, and adds a note; what is nil stays as
// it is. Also after the incident is resolved. Operator.
func (c *Control) TriageIncident(ctx context.Context, p Principal, id string, r resource.TriageRequest) (in resource.Incident, err error) {
	if err := need(p, resource.RoleOperator); err != nil {
		return in, err
	}
	if r.Severity != nil && *r.Severity != "" && !slices.Contains(resource.Severities(), *r.Severity) {
		return in, wrongSeverity(*r.Severity)
	}
	r.Note = strings.TrimSpace(r.Note)
	if r.Severity == nil && r.Assignee == nil && r.Note == "" {
		return in, fault.New(fault.Invalid, "say what changes: severity, assignee or a note")
	}
	if err := shortEnough(r.Note); err != nil {
		return in, err
	}
	err = c.update(ctx, func(t *tx) error {
		if in, err = t.Incident(id); err != nil {
			return err
		}
		var said []string
		if r.Severity != nil && *r.Severity != in.Severity {
			in.Severity = *r.Severity
			said = append(said, "severity "+cmp.Or(in.Severity, "not judged"))
		}
		if r.Assignee != nil && *r.Assignee != in.Assignee {
			in.Assignee = strings.TrimSpace(*r.Assignee)
			said = append(said, "assigned to "+cmp.Or(in.Assignee, "nobody"))
		}
		if r.Note != "" {
			in.Notes = append(in.Notes, resource.IncidentNote{At: c.now(), Actor: p.Actor, Text: r.Note})
		}
		if in, err = t.putIncident(in); err != nil {
			return err
		}
		if len(said) == 0 {
			return t.recordIncident(in, "incident.noted", p.Actor, "") // the note is no part of the ledger
		}
		return t.recordIncident(in, "incident.triaged", p.Actor, strings.Join(said, ", "))
	})
	return in, err
}

// FollowUp reports that the prevention of an incident's root cause is done, and
// how. Operator.
func (c *Control) FollowUp(ctx context.Context, p Principal, id, done string) (in resource.Incident, err error) {
	if err := need(p, resource.RoleOperator); err != nil {
		return in, err
	}
	if done = strings.TrimSpace(done); done == "" {
		return in, fault.New(fault.Invalid, "say what was done")
	}
	if err := shortEnough(done); err != nil {
		return in, err
	}
	err = c.update(ctx, func(t *tx) error {
		if in, err = t.Incident(id); err != nil {
			return err
		}
		if in.RCA == nil {
			return fault.New(fault.Conflict, "incident %s has no root cause analysis whose prevention could be done; record it with `aureus incident rca`", id)
		}
		rca := *in.RCA
		rca.Done, rca.DoneAt = done, c.now()
		in.RCA = &rca
		if in, err = t.putIncident(in); err != nil {
			return err
		}
		return t.recordIncident(in, "incident.prevention_done", p.Actor, "")
	})
	return in, err
}
