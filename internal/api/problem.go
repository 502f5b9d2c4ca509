package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/aureus-agents/aureus/internal/fault"
)

// problemType is the media type of RFC 9457.
const problemType = "application/problem+json"

// Problem is an error on the wire (RFC 9457). It never holds a value that the
// caller sent, nor the cause of an internal error.
type Problem struct {
	Type      string         `json:"type" doc:"urn:aureus:problem: and the code" example:"urn:aureus:problem:NOT_FOUND"`
	Title     string         `json:"title" doc:"The HTTP status in words"`
	Status    int            `json:"status" doc:"The HTTP status"`
	Detail    string         `json:"detail" doc:"What was wrong and what to do"`
	RequestID string         `json:"requestId,omitempty" doc:"To find the request in the server's log"`
	Errors    []fault.Detail `json:"errors,omitempty" doc:"The findings, one by one"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

// problem is err as the caller may see it.
func problem(err error, requestID string) *Problem {
	code := fault.CodeOf(err)
	status := fault.Map(code).HTTP
	p := &Problem{Type: fault.TypeURI(code), Title: http.StatusText(status), Status: status, RequestID: requestID}
	var f *fault.Error
	switch {
	case code == fault.Internal || !errors.As(err, &f):
		p.Detail = "the server failed; its log says why under this request id"
	default:
		p.Detail, p.Errors = f.Message, f.Details
	}
	return p
}

// init replaces huma's error model: its own echoes the values sent. huma keeps
// the constructor in package variables, and no other package here uses huma.
func init() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return problem(humaFault(status, msg, errs), "")
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		err := humaFault(status, msg, errs)
		rq := requestFrom(ctx.Context())
		rq.fail(err)
		return problem(err, rq.id)
	}
}

// humaFault is what huma found wrong with a request, as a fault.
func humaFault(status int, msg string, errs []error) error {
	code := fault.FromHTTP(status, "")
	if code == fault.Internal {
		return fault.Wrap(errors.Join(errs...), code, "%s", msg)
	}
	f := fault.New(code, "the request is wrong; see errors for each field")
	for _, e := range errs {
		var d huma.ErrorDetailer
		if errors.As(e, &d) {
			f.Details = append(f.Details, fault.Detail{Path: d.ErrorDetail().Location, Message: d.ErrorDetail().Message})
		}
	}
	if len(f.Details) == 0 {
		f.Message = msg
	}
	return f
}

// writeProblem answers a request outside of huma.
func writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	rq := requestFrom(r.Context())
	rq.fail(err)
	problem(err, rq.id).write(w)
}

func (p *Problem) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client may be gone
}

// timeoutFault names a passed deadline; other errors stay as they are.
func timeoutFault(ctx context.Context, err error) error {
	if fault.CodeOf(err) == fault.Internal && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Unavailable, "the request took too long and was stopped; try again")
	}
	return err
}
