// Package policy measures the guard's decision beside OPA and plain Cedar on an
// equal policy set: 28 built-in policies and 15 of a blueprint, and the same
// 3,000 random requests. Every decision, with its deciding policies, has to be
// the same from all three. Start from [Run].
package policy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aureus-agents/aureus/bench/measure"
	"github.com/aureus-agents/aureus/internal/guard"
)

const (
	requests = 3000
	rounds   = 7
)

// answer is a decision in terms that all contenders have: a state and the ids
// of all policies that decided it, sorted.
type answer struct {
	state    string // approved, pending_human or rejected
	policies []string
}

func (a answer) equal(b answer) bool {
	return a.state == b.state && slices.Equal(a.policies, b.policies)
}

// Run measures and compares; it is an error when one decision differs.
func Run(ctx context.Context, root string) ([]measure.Figure, error) {
	m, own := version()
	compiled, err := guard.Compile(m)
	if err != nil {
		return nil, err
	}
	cases := randomCases(requests)
	plain, n, err := newPlain(root, m, own)
	if err != nil {
		return nil, err
	}
	if n < 30 {
		return nil, fmt.Errorf("the policy set has %d policies, want 30 or more", n)
	}
	for i, r := range cases {
		cases[i].flow = flowOf(compiled, plain.tools[r.call.Tool], r)
	}
	opa, err := newOPA(ctx, m)
	if err != nil {
		return nil, err
	}
	if err := opa.prepare(cases); err != nil {
		return nil, err
	}
	wrongCedar, wrongOPA, err := differences(ctx, compiled, plain, opa, cases)
	if err != nil {
		return nil, err
	}
	got, err := measure.Interleave(rounds,
		contender("guard", cases, func(c request) error { compiled.Decide(c.state, c.call); return nil }),
		contender("plain Cedar", cases, func(c request) error { _, err := plain.decide(c); return err }),
		contender("OPA", cases, func(c request) error { _, err := opa.decide(ctx, c); return err }),
		contender("OPA, request built before", cases, func(c request) error { _, err := opa.decideParsed(ctx, c); return err }),
	)
	if err != nil {
		return nil, err
	}
	note := "median of single calls; with provenance, budgets, argument digest and building the request"
	f := measure.Figure{Section: "guard", Name: "decision", Value: got[0], Unit: "us", Note: note}
	bare := f
	bare.Note = ""
	figures := []measure.Figure{
		f.Against("<= 10 us", got[0] <= 10).Versus("us: OPA prepared query with building the request", got[2], true),
		{Section: "guard", Name: "decision beside OPA", Value: got[2] / got[0], Unit: "times faster"},
		bare.Versus("us: OPA with the request built before", got[3], true),
		bare.Versus(fmt.Sprintf("us: plain Cedar over all %d policies", n), got[1], true),
		{Section: "guard", Name: "decisions unlike plain Cedar", Value: float64(wrongCedar), Unit: fmt.Sprintf("of %d", requests)},
		{Section: "guard", Name: "decisions unlike OPA", Value: float64(wrongOPA), Unit: fmt.Sprintf("of %d", requests)},
	}
	figures[1] = figures[1].Against(">= 10x", got[2]/got[0] >= 10)
	figures[4] = figures[4].Against("0", wrongCedar == 0)
	if wrongCedar+wrongOPA > 0 {
		return figures, fmt.Errorf("%d decisions differ from plain Cedar and %d from OPA", wrongCedar, wrongOPA)
	}
	return figures, nil
}

// contender times every request by itself; the figure is the median in us.
func contender(name string, cases []request, do func(request) error) measure.Contender {
	return measure.Contender{Name: name, Do: func() (float64, error) {
		took, err := measure.Each(len(cases), func(i int) error { return do(cases[i]) })
		return measure.Median(measure.In(took, time.Microsecond)), err
	}}
}

func differences(ctx context.Context, c *guard.Compiled, p *plain, o *opa, cases []request) (cedar, rego int, err error) {
	for _, r := range cases {
		d, _ := c.Decide(r.state, r.call)
		want := answer{string(d.State), d.Policies}
		a, err := p.decide(r)
		if err != nil {
			return 0, 0, err
		}
		if !a.equal(want) {
			cedar++
		}
		if a, err = o.decide(ctx, r); err != nil {
			return 0, 0, err
		}
		if !a.equal(want) {
			rego++
		}
	}
	return cedar, rego, nil
}
