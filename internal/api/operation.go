package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
)

// operation describes one endpoint.
type operation struct {
	id, method, path string
	tag, summary     string
	description      string
	status           int           // of success; 0 is 200
	public           bool          // needs no token
	timeout          time.Duration // 0 is Config.Timeout, < 0 is none
	maxBody          int64         // 0 is MaxBody
	codes            []fault.Code  // that it can fail with, beyond the common ones
	produces         string        // media type of a stream
}

// none as an operation's timeout: it ends with the client.
const none = time.Duration(-1)

// answerGrace is how long an answer may take to be written once it is made.
const answerGrace = 60 * time.Second

// answer is what huma writes.
type answer[O any] struct {
	Status int
	Body   O
}

// nothing is the input of an operation without parameters.
type nothing struct{}

// serve registers an operation that reads no body.
func serve[I, O any](s *server, op operation, fn func(ctx context.Context, p control.Principal, in *I) (O, error)) {
	op = op.withDefaults()
	huma.Register(s.api, s.describe(op), func(ctx context.Context, in *I) (*answer[O], error) {
		return call(ctx, s, op, func(ctx context.Context) (O, error) { return fn(ctx, principal(ctx), in) })
	})
}

// serveBody registers an operation that reads a JSON body of shape B.
func serveBody[I, B, O any](s *server, op operation, fn func(ctx context.Context, p control.Principal, in *I, body *B) (O, error)) {
	op = op.withDefaults()
	op.codes = append(op.codes, fault.TooLarge)
	huma.Register(s.api, s.describe(op), func(ctx context.Context, in *I) (*answer[O], error) {
		return call(ctx, s, op, func(ctx context.Context) (out O, err error) {
			r, w := exchange(ctx)
			var b B
			if err := decodeBody(w, r, op.maxBody, &b); err != nil {
				return out, err
			}
			return fn(ctx, principal(ctx), in, &b)
		})
	})
	s.describeBody(op, "application/json", s.schema(reflect.TypeFor[B]()))
}

// call runs a use case under the operation's deadline and turns its error into a
// problem.
func call[O any](ctx context.Context, s *server, op operation, fn func(context.Context) (O, error)) (*answer[O], error) {
	_, w := exchange(ctx)
	rc := http.NewResponseController(w)
	timeout := op.timeout
	if timeout == 0 {
		timeout = s.cfg.Timeout
	}
	// The server's write deadline counts from the request's arrival; an answer
	// that takes longer to make gets its own. A writer without deadlines has
	// none to pass, so the errors say nothing.
	_ = rc.SetWriteDeadline(time.Time{})
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	out, err := fn(ctx)
	_ = rc.SetWriteDeadline(time.Now().Add(answerGrace))
	if err != nil {
		return nil, s.fail(ctx, err)
	}
	return &answer[O]{Status: op.status, Body: out}, nil
}

// fail is err as the answer, remembered for the log.
func (s *server) fail(ctx context.Context, err error) error {
	err = timeoutFault(ctx, err)
	rq := requestFrom(ctx)
	rq.fail(err)
	return problem(err, rq.id)
}

type exchangeKey struct{}

// withExchange makes the plain request and writer reachable for handlers that
// read a body themselves.
func withExchange(ctx huma.Context, next func(huma.Context)) {
	next(huma.WithValue(ctx, exchangeKey{}, ctx))
}

func exchange(ctx context.Context) (*http.Request, http.ResponseWriter) {
	return humago.Unwrap(ctx.Value(exchangeKey{}).(huma.Context))
}

func (op operation) withDefaults() operation {
	if op.status == 0 {
		op.status = http.StatusOK
	}
	if op.maxBody == 0 {
		op.maxBody = MaxBody
	}
	return op
}

// describe is the operation for the OpenAPI document, with every error it has.
func (s *server) describe(op operation) huma.Operation {
	codes := append([]fault.Code{fault.Invalid, fault.Internal, fault.Unavailable}, op.codes...)
	o := huma.Operation{
		OperationID: op.id, Method: op.method, Path: op.path, Summary: op.summary, Description: op.description,
		Tags: []string{op.tag}, DefaultStatus: op.status, Responses: map[string]*huma.Response{},
		RejectUnknownQueryParameters: true,
	}
	if !op.public {
		o.Security = []map[string][]string{{"bearer": {}}}
		codes = append(codes, fault.Unauthorized, fault.Forbidden)
	}
	byStatus := map[int][]string{}
	for _, c := range codes {
		st := fault.Map(c).HTTP
		if !slices.Contains(byStatus[st], string(c)) {
			byStatus[st] = append(byStatus[st], string(c))
		}
	}
	for st, names := range byStatus {
		slices.Sort(names)
		o.Responses[strconv.Itoa(st)] = &huma.Response{
			Description: fmt.Sprintf("%s: %s", http.StatusText(st), strings.Join(names, ", ")),
			Content:     map[string]*huma.MediaType{problemType: {Schema: s.schema(reflect.TypeFor[Problem]())}},
		}
	}
	return o
}

// describeBody adds the request's body to a registered operation. huma would
// read and check the body itself if it knew of it earlier.
func (s *server) describeBody(op operation, mediaType string, schema *huma.Schema) {
	item := s.api.OpenAPI().Paths[op.path]
	for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
		if o != nil && o.OperationID == op.id {
			o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaType: {Schema: schema}}}
			code := strconv.Itoa(fault.Map(fault.TooLarge).HTTP)
			o.Responses[code].Description += " (over " + byteSize(op.maxBody) + ")"
		}
	}
}
