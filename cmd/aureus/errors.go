package main

import (
	"errors"

	"github.com/aureus-agents/aureus/internal/fault"
)

func asFault(err error) (*fault.Error, bool) {
	var e *fault.Error
	ok := errors.As(err, &e)
	return e, ok
}
