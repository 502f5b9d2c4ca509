// Package fault is the one vocabulary of errors: a code, a sentence that a
// person can act on, and one table that maps a code to an HTTP status, a
// process exit status and a JSON-RPC code.
//
// Start from [New] to make an error and [CodeOf] to read one. Wrap a cause with
// [Wrap]: the cause is kept for errors.Is and for logs, and is never shown to a
// user of the API.
package fault

import (
	"errors"
	"fmt"
)

// Code names a kind of failure. Codes are part of the public surface: they are
// the last path segment of a problem's "type" and never change meaning.
type Code string

// The codes. See table for what each maps to.
const (
	Invalid      Code = "INVALID"             // the input is wrong; the same input will fail again
	Unauthorized Code = "UNAUTHENTICATED"     // no token, or a token nobody issued
	Forbidden    Code = "FORBIDDEN"           // the principal may not do this
	NotFound     Code = "NOT_FOUND"           // the thing named does not exist
	Conflict     Code = "CONFLICT"            // the state does not allow this event, or somebody else was first
	TooLarge     Code = "TOO_LARGE"           // the input is over a stated limit
	RateLimited  Code = "RATE_LIMITED"        // too many requests
	Blocked      Code = "BLOCKED"             // a gate, a policy or a CRV check said no
	Waiting      Code = "WAITING_APPROVAL"    // a human has to answer first
	Verification Code = "VERIFICATION_FAILED" // a signature, digest or proof does not hold
	Upstream     Code = "UPSTREAM_FAILED"     // a model or MCP server answered wrongly or not at all
	Unavailable  Code = "UNAVAILABLE"         // the service cannot do this now; try again
	StorageFull  Code = "STORAGE_FULL"        // the disk is full; nothing was changed
	Corrupt      Code = "STORAGE_CORRUPT"     // the database is damaged
	Internal     Code = "INTERNAL"            // a defect in Aureus
	Failed       Code = "FAILED"              // the work was done and its result is a failure (a test, an evaluation)
)

// Mapping is one row of the table.
type Mapping struct {
	HTTP    int // HTTP status
	Exit    int // process exit status
	JSONRPC int // JSON-RPC error code
}

// The exit statuses of the command line.
const (
	ExitDone    = 0 // done
	ExitFailed  = 1 // failed
	ExitUsage   = 2 // wrong use or wrong input
	ExitBlocked = 3 // blocked by a gate
	ExitWaiting = 4 // waiting for approval
	ExitVerify  = 5 // verification failed
	// The command line's own: no answer of a server has them.
	ExitUnreached = 6 // no server answered
	ExitDiffers   = 7 // what is there is not what was declared, where that was the question
)

var table = map[Code]Mapping{
	Invalid:      {400, ExitUsage, -32602},
	Unauthorized: {401, ExitFailed, -32001},
	Forbidden:    {403, ExitFailed, -32003},
	NotFound:     {404, ExitFailed, -32004},
	Conflict:     {409, ExitFailed, -32009},
	TooLarge:     {413, ExitUsage, -32013},
	RateLimited:  {429, ExitFailed, -32029},
	Blocked:      {422, ExitBlocked, -32022},
	Waiting:      {423, ExitWaiting, -32023},
	Verification: {422, ExitVerify, -32025},
	Upstream:     {502, ExitFailed, -32050},
	Unavailable:  {503, ExitFailed, -32053},
	StorageFull:  {507, ExitFailed, -32057},
	Corrupt:      {500, ExitVerify, -32058},
	Internal:     {500, ExitFailed, -32603},
	Failed:       {422, ExitFailed, -32020},
}

// Codes lists every code, for tests and for the API's documentation.
func Codes() []Code {
	return []Code{Invalid, Unauthorized, Forbidden, NotFound, Conflict, TooLarge, RateLimited, Blocked,
		Waiting, Verification, Upstream, Unavailable, StorageFull, Corrupt, Internal, Failed}
}

// Map returns the row of c; an unknown code maps as [Internal].
func Map(c Code) Mapping {
	if m, ok := table[c]; ok {
		return m
	}
	return table[Internal]
}

// Detail is one finding inside an error: where, what, and what to do.
type Detail struct {
	Path    string `json:"path,omitempty"` // field path, for example spec.tools[2].riskTier
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`   // from 1; 0 is unknown
	Column  int    `json:"column,omitempty"` // from 1; 0 is unknown
	Code    string `json:"code,omitempty"`   // a rule id or a CRV failure code
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"` // what to write or do instead
}

// Error is the one error type that reaches a user.
type Error struct {
	Code    Code
	Message string // a whole sentence: what was wrong, where, what to do
	Details []Detail
	Cause   error // for logs and errors.Is; never shown over the API
}

// Error implements error.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Message + ": " + e.Cause.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New makes an error of code c; format and args as in fmt.Sprintf.
func New(c Code, format string, args ...any) *Error {
	return &Error{Code: c, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an error of code c with a cause.
func Wrap(cause error, c Code, format string, args ...any) *Error {
	return &Error{Code: c, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// With returns e with details added.
func (e *Error) With(d ...Detail) *Error {
	e.Details = append(e.Details, d...)
	return e
}

// CodeOf returns the code of err: the outermost *Error in its chain, Internal
// for any other error, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Is reports whether err carries code c.
func Is(err error, c Code) bool { return CodeOf(err) == c && err != nil }

// FromHTTP returns the code named in a problem document's type, or the code
// that fits the status best when the type is not ours.
func FromHTTP(status int, typ string) Code {
	for _, c := range Codes() {
		if typ == TypeURI(c) {
			return c
		}
	}
	switch {
	case status == 422:
		return Invalid
	case status >= 500:
		return Internal
	}
	for _, c := range Codes() {
		if Map(c).HTTP == status {
			return c
		}
	}
	return Invalid
}

// TypeURI is the RFC 9457 "type" of a code.
func TypeURI(c Code) string { return "urn:aureus:problem:" + string(c) }
