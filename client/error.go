package client

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
)

// Code is the last part of a problem's type.
type Code string

// The codes. docs/api.md says what each means.
const (
	Invalid      Code = "INVALID"
	Unauthorized Code = "UNAUTHENTICATED"
	Forbidden    Code = "FORBIDDEN"
	NotFound     Code = "NOT_FOUND"
	Conflict     Code = "CONFLICT"
	TooLarge     Code = "TOO_LARGE"
	RateLimited  Code = "RATE_LIMITED"
	Blocked      Code = "BLOCKED"
	Waiting      Code = "WAITING_APPROVAL"
	Verification Code = "VERIFICATION_FAILED"
	Upstream     Code = "UPSTREAM_FAILED"
	Unavailable  Code = "UNAVAILABLE" // also: the server was not reached (Status 0)
	StorageFull  Code = "STORAGE_FULL"
	Corrupt      Code = "STORAGE_CORRUPT"
	Internal     Code = "INTERNAL" // also: the answer is not one of an Aureus server
	Failed       Code = "FAILED"
)

const typePrefix = "urn:aureus:problem:"

// Error is every error that a client returns, but those of the context.
type Error struct {
	Code      Code
	Status    int // HTTP status; 0 when there was no answer
	Title     string
	Detail    string // a whole sentence: what was wrong and what to do
	RequestID string // to find the request in the server's log
	Details   []Detail
	Cause     error
}

// Detail is one finding inside an error.
type Detail struct {
	Path    string `json:"path,omitempty"` // field path, for example spec.tools[2].riskTier
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

// Error implements error.
func (e *Error) Error() string { return e.Detail }

// Unwrap returns the cause: what the connection failed of.
func (e *Error) Unwrap() error { return e.Cause }

// maxProblem is the longest problem that is read.
const maxProblem = 4 << 20

// problem reads the error of an answer.
func problem(res *http.Response) error {
	var p struct {
		Type, Title, Detail, RequestID string
		Errors                         []Detail
	}
	e := &Error{Status: res.StatusCode, Title: http.StatusText(res.StatusCode), RequestID: res.Header.Get("X-Request-Id")}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxProblem))
	mt, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || mt != "application/problem+json" || json.Unmarshal(data, &p) != nil || !strings.HasPrefix(p.Type, typePrefix) {
		e.Code, e.Cause = Internal, err
		e.Detail = "the server answered " + res.Status + ", not as an Aureus server does; check its address"
		return e
	}
	e.Code = Code(strings.TrimPrefix(p.Type, typePrefix))
	e.Title, e.Detail, e.Details = p.Title, p.Detail, p.Errors
	return e
}
