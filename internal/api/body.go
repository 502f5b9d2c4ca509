package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

// bodyTimeout is how long a client may take to send a body.
const bodyTimeout = 60 * time.Second

// body opens the request's body with a limit and a read deadline. done takes the
// deadline away again: one that passes while the answer is being made would
// cancel the request.
func body(w http.ResponseWriter, r *http.Request, limit int64) (rd io.Reader, done func()) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTimeout)) // a writer without deadlines has none to pass
	return http.MaxBytesReader(w, r.Body, limit), func() { _ = rc.SetReadDeadline(time.Time{}) }
}

// decodeBody reads the one JSON value of the body into v. Unknown and repeated
// fields and fields in another case are errors.
func decodeBody(w http.ResponseWriter, r *http.Request, limit int64, v any) error {
	if err := wantJSON(r, "application/json"); err != nil {
		return err
	}
	rd, done := body(w, r, limit)
	defer done()
	data, err := io.ReadAll(rd)
	if err != nil {
		return bodyFault(err, limit)
	}
	if len(data) == 0 {
		return fault.New(fault.Invalid, "the request has no body; send a JSON object")
	}
	if err := json.Unmarshal(data, v, json.RejectUnknownMembers(true), exactNumbers); err != nil {
		return bodyFault(err, limit)
	}
	return nil
}

// wantJSON refuses a body that says it is something else; saying nothing is fine.
func wantJSON(r *http.Request, types ...string) error {
	ct := r.Header.Get("Content-Type")
	if ct == "" {
		return nil
	}
	mt, _, err := mime.ParseMediaType(ct)
	if err == nil {
		for _, t := range types {
			if mt == t {
				return nil
			}
		}
	}
	return fault.New(fault.Invalid, "the Content-Type of the request is not one that is read here; send %s", strings.Join(types, " or "))
}

// bodyFault says what is wrong with a body without repeating any of its values.
func bodyFault(err error, limit int64) error {
	var tooLarge *http.MaxBytesError
	var semantic *json.SemanticError
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &tooLarge):
		return fault.Wrap(err, fault.TooLarge, "the body is larger than the limit of %s", byteSize(limit))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault.Wrap(err, fault.Invalid, "the body did not arrive within %s", bodyTimeout)
	case errors.As(err, &semantic):
		return fault.Wrap(err, fault.Invalid, "the body does not have the expected shape").
			With(fault.Detail{Path: fieldPath(semantic.JSONPointer), Message: semanticText(semantic)})
	case errors.As(err, &syntax):
		text := "this is not valid JSON"
		if errors.Is(err, jsontext.ErrDuplicateName) {
			text = "this field is there twice"
		}
		return fault.Wrap(err, fault.Invalid, "the body is not valid JSON (byte %d)", syntax.ByteOffset).
			With(fault.Detail{Path: fieldPath(syntax.JSONPointer), Message: text})
	}
	return fault.Wrap(err, fault.Invalid, "the body could not be read to its end")
}

func semanticText(e *json.SemanticError) string {
	if errors.Is(e, json.ErrUnknownName) {
		return "there is no such field; check its spelling"
	}
	if errors.Is(e, errInexact) {
		return errInexact.Error()
	}
	if e.GoType == nil {
		return "the value has the wrong type"
	}
	if e.GoType == reflect.TypeFor[blueprint.Duration]() {
		return "a duration is a string like 30s, 5m or 24h"
	}
	switch t := e.GoType; t.Kind() {
	case reflect.String:
		return "expected a string"
	case reflect.Bool:
		return "expected true or false"
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return "expected a base64 string"
		}
		return "expected a list"
	case reflect.Map, reflect.Struct:
		return "expected an object"
	case reflect.Float32, reflect.Float64:
		return "expected a number"
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint64:
		return "expected a whole number"
	}
	return "the value has the wrong type"
}

// fieldPath writes a JSON pointer as a field path: spec.tools[2].riskTier.
func fieldPath(p jsontext.Pointer) string {
	var b strings.Builder
	for tok := range p.Tokens() {
		switch {
		case tok != "" && strings.Trim(tok, "0123456789") == "":
			b.WriteString("[" + tok + "]")
		case b.Len() > 0:
			b.WriteString("." + tok)
		default:
			b.WriteString(tok)
		}
	}
	return b.String()
}
