package main

import (
	"errors"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/internal/fault"
)

// asFault finds the error that a user is to read: one of this process, or the
// problem that a server answered with.
func asFault(err error) (*fault.Error, bool) {
	var e *fault.Error
	if errors.As(err, &e) {
		return e, true
	}
	var p *client.Error
	if !errors.As(err, &p) {
		return nil, false
	}
	e = fault.New(fault.Code(p.Code), "%s", p.Detail)
	for _, d := range p.Details {
		e = e.With(fault.Detail(d))
	}
	return e, true
}
