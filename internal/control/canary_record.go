package control

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// recordPage is how many outcomes and draws are read at a time.
const recordPage = 5000

// maxRecomputed bounds the record that the server recomputes a verdict from for
// whoever asks; a longer one is read in pages and recomputed by them.
const maxRecomputed = 20_000

// Verdict recomputes a canary's verdict from its outcomes. Viewer.
func (c *Control) Verdict(ctx context.Context, p Principal, id string) (v CanaryVerdict, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return v, err
	}
	err = c.view(ctx, func(r Reader) error {
		rel, err := inCanaryOnce(r, id)
		if err != nil {
			return err
		}
		v = CanaryVerdict{Release: id, Plan: rel.Plan, Stored: *rel.Canary, Outcomes: []resource.CanaryOutcome{}, Draws: []resource.CanaryDraw{}}
		drawn, err := r.CanaryDrawn(id)
		if err != nil {
			return err
		}
		if max(drawn, rel.Canary.Outcomes, rel.Canary.Control.Runs+rel.Canary.Canary.Runs) > maxRecomputed {
			v.RecordLeftOut = true
			return nil
		}
		if v.Outcomes, err = r.CanaryOutcomes(id); err == nil {
			v.Draws, err = r.CanaryDraws(id, 0, 0)
		}
		return err
	})
	switch {
	case err != nil:
		return v, err
	case v.RecordLeftOut:
		v.Recomputed, v.Unverified = v.Stored, "its record is too long to be recomputed here: `aureus release verdict --recompute "+id+"` does it"
		return v, nil
	}
	v.Recomputed, v.Problem = canary.Verify(v.Plan, v.Stored, v.Draws, v.Outcomes)
	v.Unverified = canary.Unverified(v.Stored, v.Draws, v.Outcomes)
	v.Agrees = v.Problem == "" && v.Unverified == ""
	return v, nil
}

// CanaryRecord is a page of the outcomes and draws of a release's canary: those
// after a Seq. Viewer.
func (c *Control) CanaryRecord(ctx context.Context, p Principal, id string, after int64) (page resource.CanaryRecord, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return page, err
	}
	err = c.view(ctx, func(r Reader) error {
		if _, err := inCanaryOnce(r, id); err != nil {
			return err
		}
		page, err = recordAfter(r, id, after)
		return err
	})
	return page, err
}

// inCanaryOnce is a release that has had a canary.
func inCanaryOnce(r Reader, id string) (resource.Release, error) {
	rel, err := r.Release(id)
	if err == nil && rel.Canary == nil {
		err = fault.New(fault.NotFound, "release %s has had no canary", id)
	}
	return rel, err
}

func recordAfter(r Reader, id string, after int64) (page resource.CanaryRecord, err error) {
	upTo := after + recordPage
	if page.Outcomes, err = r.CanaryOutcomesAfter(id, after, upTo); err != nil {
		return page, err
	}
	if page.Draws, err = r.CanaryDraws(id, after, upTo); err == nil && max(len(page.Outcomes), len(page.Draws)) == recordPage {
		page.Next = upTo
	}
	return page, err
}

// digestRecord takes in a canary's record, a page at a time.
func digestRecord(r Reader, id string, outcomes, draws *listDigest) error {
	for after := int64(0); ; {
		page, err := recordAfter(r, id, after)
		if err != nil {
			return err
		}
		for _, o := range page.Outcomes {
			if err := outcomes.add(o); err != nil {
				return err
			}
		}
		for _, d := range page.Draws {
			if err := draws.add(d); err != nil {
				return err
			}
		}
		if after = page.Next; after == 0 {
			return nil
		}
	}
}

// listDigest is [blueprint.Digest] of a list that is never whole in memory.
type listDigest struct {
	h hash.Hash
	n int
}

func (d *listDigest) add(v any) error {
	b, err := blueprint.Canonical(v)
	if err != nil {
		return err
	}
	sep := byte(',')
	if d.h == nil {
		d.h, sep = sha256.New(), '['
	}
	d.h.Write([]byte{sep}) // a hash never fails
	d.h.Write(b)
	d.n++
	return nil
}

func (d *listDigest) sum() string {
	h, rest := d.h, "]"
	if h == nil {
		h, rest = sha256.New(), "[]"
	}
	h.Write([]byte(rest))
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
