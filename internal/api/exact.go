package api

import (
	"errors"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/aureus-agents/aureus/blueprint"
)

// errInexact is about a number that reading it would make another one.
var errInexact = errors.New("the number is too large to be exact; write it as a string")

// exactNumbers refuses, in free-form values such as the input of a run, the
// numbers that would be rounded without a word.
var exactNumbers = json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, v *any) error {
	if dec.PeekKind() != '0' {
		return errors.ErrUnsupported // as any other value
	}
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if _, err := blueprint.Canonical(raw); err != nil {
		return errInexact
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	*v = f
	return err
}))
