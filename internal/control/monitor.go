package control

import (
	"context"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// maxPoints bounds a series.
const maxPoints = 2000

// minBucket is the shortest bucket of a series.
const minBucket = 10 * time.Second

// figuresWindow is the window of figures when none is named.
const figuresWindow = 24 * time.Hour

func (c *Control) window(q FiguresQuery) (FiguresQuery, error) {
	if q.To == 0 {
		q.To = c.now() + 1
	}
	if q.From == 0 {
		q.From = q.To - resource.Millis(figuresWindow.Milliseconds())
	}
	if q.From < 0 || q.From >= q.To {
		return q, fault.New(fault.Invalid, "the window ends before it begins, or begins before 1970; give 0 <= from < to, in Unix milliseconds")
	}
	return q, nil
}

// Figures are the monitor's figures, of the last 24 hours unless a window is
// given. Viewer.
func (c *Control) Figures(ctx context.Context, p Principal, q FiguresQuery) (fs []resource.Figures, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	if q, err = c.window(q); err != nil {
		return nil, err
	}
	err = c.view(ctx, func(r Reader) (err error) { fs, err = r.Figures(q); return err })
	return fs, err
}

// Series are the figures over time. Viewer.
func (c *Control) Series(ctx context.Context, p Principal, q FiguresQuery, bucket time.Duration) (ps []resource.FiguresPoint, err error) {
	if err := need(p, resource.RoleViewer); err != nil {
		return nil, err
	}
	if q, err = c.window(q); err != nil {
		return nil, err
	}
	if bucket < minBucket || int64(q.To-q.From)/bucket.Milliseconds() > maxPoints {
		return nil, fault.New(fault.Invalid, "a bucket is at least %s, and a window holds at most %d of them; widen the bucket", minBucket, maxPoints)
	}
	err = c.view(ctx, func(r Reader) (err error) { ps, err = r.Series(q, bucket.Milliseconds()); return err })
	return ps, err
}
