package main

import (
	"errors"
	"net/http"
	"slices"

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

// exitError is an error with an exit status that its code does not have.
type exitError struct {
	error
	status int
}

func (e exitError) Unwrap() error { return e.error }

// exitStatus is the exit status of an error.
func exitStatus(err error) int {
	var x exitError
	switch {
	case err == nil:
		return fault.ExitDone
	case errors.As(err, &x):
		return x.status
	case unreached(err):
		return fault.ExitUnreached
	}
	code := fault.CodeOf(err)
	if e, ok := asFault(err); ok {
		code = e.Code
	}
	return fault.Map(code).Exit
}

// away are the answers of what stands before a server that is not there.
var away = []int{http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}

// unreached reports whether no server answered: the connection failed, or what
// stands before the server said so.
func unreached(err error) bool {
	var e *client.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Code == client.Unavailable && e.Status == 0 || e.Code == client.Internal && slices.Contains(away, e.Status)
}
