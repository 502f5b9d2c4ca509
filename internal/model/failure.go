package model

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/aureus-agents/aureus/internal/fault"
)

type failureKind int

const (
	kindStatus      failureKind = iota // an HTTP status that is not 2xx
	kindConnection                     // no connection, or it broke
	kindTimeout                        // no answer in time
	kindCancelled                      // the caller went away
	kindGarbage                        // a body that is no completion
	kindContentType                    // a body that says it is not JSON
	kindTooLarge                       // a body over the limit
	kindEmpty                          // a completion with nothing in it
	kindCut                            // a completion that ended at the token limit
	kindFiltered                       // a completion that the endpoint withheld
	kindRequest                        // a request that the client refuses to send
)

// failure is why a request gave no completion.
type failure struct {
	kind    failureKind
	status  int
	again   bool          // the same request can pass later
	after   time.Duration // what Retry-After asks for; 0 is nothing
	timeout time.Duration
	detail  string // of a request that was not sent
	cause   error  // for errors.Is only; holds nothing that a server sent
}

// classify says what an error of the protocol library means.
func classify(err error, seen *capture, maxBody int64) *failure {
	f := &failure{status: seen.status}
	var api *openai.APIError
	var req *openai.RequestError
	switch {
	case seen.large:
		f.kind, f.detail = kindTooLarge, fmt.Sprintf("%d bytes", maxBody)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		f.kind, f.cause = kindCancelled, context.Canceled
	case errors.As(err, &api), errors.As(err, &req):
		f.kind = kindStatus
		f.again = seen.status == http.StatusTooManyRequests || seen.status == http.StatusRequestTimeout || seen.status >= 500
		f.after = seen.retryAfter
	case seen.status == 0 && !seen.sent:
		f.kind, f.detail = kindRequest, requestProblem(err)
	case seen.status == 0, seen.broken:
		f.kind, f.again = kindConnection, true
	case !seen.json:
		f.kind = kindContentType
	default:
		f.kind = kindGarbage
	}
	return f
}

// fault is the error that a person reads: which endpoint, what it did, what to
// do. fault.Upstream is an endpoint that does not answer as it should, fault.Failed
// one that answered, and the answer is of no use: what was asked is to blame. It holds neither the key nor the URL nor anything that the endpoint sent.
func (f *failure) fault(host string, retries int) error {
	code := fault.Upstream
	text := ""
	switch f.kind {
	case kindStatus:
		text = fmt.Sprintf("the model endpoint %s answered with status %d%s; %s", host, f.status, tries(retries), statusAdvice(f.status))
	case kindConnection:
		text = fmt.Sprintf("the model endpoint %s could not be reached%s; check that it runs and that AUREUS_MODEL_URL names it", host, tries(retries))
	case kindTimeout:
		text = fmt.Sprintf("the model endpoint %s did not answer within %s%s; raise model.timeout or check the endpoint", host, f.timeout, tries(retries))
	case kindCancelled:
		text = fmt.Sprintf("the request to the model endpoint %s was cancelled", host)
	case kindGarbage:
		text = fmt.Sprintf("the model endpoint %s answered with something that is no chat completion; check that AUREUS_MODEL_URL ends where /chat/completions begins", host)
	case kindContentType:
		text = fmt.Sprintf("the model endpoint %s answered with something that is not JSON; check that AUREUS_MODEL_URL ends where /chat/completions begins", host)
	case kindTooLarge:
		text = fmt.Sprintf("the answer of the model endpoint %s is over the limit of %s; set model.maxTokens", host, f.detail)
	case kindEmpty:
		text = fmt.Sprintf("the model endpoint %s answered with an empty completion; check that it serves this model with tools", host)
	case kindCut:
		code = fault.Failed // the endpoint works: what it was asked for cannot be answered
		text = fmt.Sprintf("the answer of the model at %s was cut off at its token limit; raise model.maxTokens", host)
	case kindFiltered:
		code = fault.Failed
		text = fmt.Sprintf("the model endpoint %s withheld the answer by its content filter; change the input or the instructions", host)
	case kindRequest:
		code = fault.Invalid
		text = fmt.Sprintf("the request to the model endpoint %s cannot be made: %s; change spec.model", host, f.detail)
	}
	return fault.Wrap(f.cause, code, "%s", text)
}

// requestProblem is why the protocol library refuses a request. Only its own
// fixed sentences are shown.
func requestProblem(err error) string {
	for _, known := range []error{openai.ErrReasoningModelMaxTokensDeprecated, openai.ErrReasoningModelLimitationsOther,
		openai.ErrReasoningToolsRequireResponses, openai.ErrReasoningSamplingUnsupported,
		openai.ErrReasoningEffortUnsupported, openai.ErrChatCompletionInvalidModel} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "it cannot be written in the protocol"
}

func tries(retries int) string {
	switch retries {
	case 0:
		return ""
	case 1:
		return " after 1 retry"
	}
	return fmt.Sprintf(" after %d retries", retries)
}

func statusAdvice(status int) string {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "check AUREUS_MODEL_KEY"
	case status == http.StatusNotFound:
		return "check that AUREUS_MODEL_URL ends where /chat/completions begins, and that the endpoint serves this model (AUREUS_MODEL_NAME)"
	case status == http.StatusTooManyRequests:
		return "the rate or quota of the key is used up: wait, or raise it"
	case status == http.StatusRequestEntityTooLarge:
		return "the conversation is too long for the model: lower what the tools return or budgets.steps"
	case status >= 500:
		return "the fault is on its side: try again later"
	case status == http.StatusBadRequest || status == http.StatusUnprocessableEntity:
		return "it does not take this request: check the model's name, its limits, and whether it takes tools and response_format"
	}
	return "see the endpoint's documentation"
}

// isJSON reports whether a content type can be a completion. Some servers send
// none.
func isJSON(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	t = strings.ToLower(strings.TrimSpace(t))
	return t == "" || t == "application/json" || strings.HasSuffix(t, "+json") || t == "text/json"
}
