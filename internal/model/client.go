package model

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
)

var _ agentrun.Model = (*client)(nil)

// client is one endpoint.
type client struct {
	provider string
	cfg      Config
	override string
	prices   priceTable
	host     string
	api      *openai.Client
}

func (c *client) nameOf(m blueprint.Model) string {
	if c.override != "" {
		return c.override
	}
	return m.Name
}

// Complete makes one completion. It retries what may pass by itself; the
// response that comes with an error holds the tokens that were used all the same.
func (c *client) Complete(ctx context.Context, req agentrun.ModelRequest) (agentrun.ModelResponse, error) {
	body, err := c.request(req)
	if err != nil {
		return agentrun.ModelResponse{}, err
	}
	timeout := req.Model.Timeout.D(c.cfg.Timeout)
	for retry := 0; ; retry++ {
		resp, f := c.once(ctx, body, timeout)
		resp.Retries = retry
		if f == nil {
			return resp, nil
		}
		if !f.again || retry >= c.cfg.MaxRetries || ctx.Err() != nil {
			return resp, f.fault(c.host, retry)
		}
		d := c.backoff(retry, f.after)
		c.cfg.Logger.Debug("model request is retried", "provider", c.provider, "host", c.host, "status", f.status, "retry", retry+1, "delay", d)
		if c.cfg.Wait(ctx, d) != nil {
			return resp, f.fault(c.host, retry)
		}
	}
}

// once makes one request.
func (c *client) once(ctx context.Context, body openai.ChatCompletionRequest, timeout time.Duration) (agentrun.ModelResponse, *failure) {
	rctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	rctx, seen := withCapture(rctx)
	got, err := c.api.CreateChatCompletion(rctx, body)
	if err != nil {
		if rctx.Err() != nil && ctx.Err() == nil {
			return agentrun.ModelResponse{}, &failure{kind: kindTimeout, timeout: timeout, again: true, cause: rctx.Err()}
		}
		return agentrun.ModelResponse{}, classify(err, seen, c.cfg.MaxBody)
	}
	return c.response(got, body.Model, seen)
}

// request translates a request into the protocol's.
func (c *client) request(req agentrun.ModelRequest) (openai.ChatCompletionRequest, error) {
	m := req.Model
	out := openai.ChatCompletionRequest{Model: c.nameOf(m)}
	if m.Temperature != nil {
		// The library leaves a zero out, which would mean the endpoint's default;
		// the smallest float is its documented way to say zero.
		out.Temperature = max(float32(*m.Temperature), math.SmallestNonzeroFloat32)
	}
	if reasoning(out.Model) {
		out.MaxCompletionTokens = m.MaxTokens
	} else {
		//lint:ignore SA1019 endpoints other than OpenAI's know only this name
		out.MaxTokens = m.MaxTokens
	}
	if m.Seed != nil {
		s := int(*m.Seed)
		out.Seed = &s
	}
	for _, msg := range req.Messages {
		out.Messages = append(out.Messages, message(msg))
	}
	for _, t := range req.Tools {
		out.Tools = append(out.Tools, openai.Tool{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{
			Name: t.Name, Description: t.Description, Parameters: t.Parameters}})
	}
	if req.Schema != nil {
		raw, err := json.Marshal(req.Schema)
		if err != nil {
			return out, fault.Wrap(err, fault.Invalid, "the output schema cannot be written as JSON; correct spec.output.schema")
		}
		name := req.SchemaName
		if name == "" {
			name = "output"
		}
		out.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: name, Schema: json.RawMessage(raw), Strict: strict(req.Schema)}}
	}
	return out, nil
}

func message(m agentrun.Message) openai.ChatCompletionMessage {
	out := openai.ChatCompletionMessage{Role: m.Role, Content: m.Content, ToolCallID: m.ToolCallID}
	if m.Content == "" && len(m.ToolCalls) == 0 {
		// The protocol wants content in every message that calls nothing, and the
		// library leaves an empty one out.
		out.Content = " "
	}
	for _, t := range m.ToolCalls {
		args := t.Args
		if !json.Valid([]byte(args)) {
			args = "{}" // endpoints parse what they are sent back; the tool message says what was wrong
		}
		name := t.Name
		if name == "" {
			name = "unnamed" // as above: endpoints refuse a call without one
		}
		out.ToolCalls = append(out.ToolCalls, openai.ToolCall{ID: t.ID, Type: openai.ToolTypeFunction,
			Function: openai.FunctionCall{Name: name, Arguments: args}})
	}
	return out
}

// response translates an answer and refuses one that is not usable.
func (c *client) response(got openai.ChatCompletionResponse, asked string, seen *capture) (agentrun.ModelResponse, *failure) {
	out := agentrun.ModelResponse{Model: got.Model, Raw: seen.raw,
		PromptTokens: tokens(got.Usage.PromptTokens), CompletionTokens: tokens(got.Usage.CompletionTokens)}
	if out.Model == "" {
		out.Model = asked
	}
	out.Cost = c.prices.cost(out.Model, asked, out.PromptTokens, out.CompletionTokens)
	if len(got.Choices) == 0 {
		return out, &failure{kind: kindEmpty, status: seen.status}
	}
	ch := got.Choices[0]
	out.FinishReason = string(ch.FinishReason)
	out.Message = agentrun.Message{Role: "assistant", Content: content(ch.Message)}
	for i, t := range ch.Message.ToolCalls {
		id := t.ID
		if id == "" {
			id = fmt.Sprintf("call_%d", i+1)
		}
		out.Message.ToolCalls = append(out.Message.ToolCalls, agentrun.ToolCall{ID: id, Name: t.Function.Name, Args: t.Function.Arguments})
	}
	switch ch.FinishReason {
	case openai.FinishReasonLength:
		return out, &failure{kind: kindCut}
	case openai.FinishReasonContentFilter:
		return out, &failure{kind: kindFiltered}
	}
	if out.Message.Content == "" && len(out.Message.ToolCalls) == 0 {
		return out, &failure{kind: kindEmpty, status: seen.status}
	}
	return out, nil
}

// maxTokens is more than any completion uses. What an endpoint reports is added up
// for years: a figure beyond it would make every sum useless.
const maxTokens = 100_000_000

// tokens is a reported number of tokens within reason.
func tokens(reported int) int64 { return int64(min(max(reported, 0), maxTokens)) }

// content is the text of an answer, a refusal included: what the model said is
// for the gates to judge.
func content(m openai.ChatCompletionMessage) string {
	switch {
	case m.Content != "":
		return m.Content
	case m.Refusal != "":
		return m.Refusal
	}
	text := ""
	for _, p := range m.MultiContent {
		text += p.Text
	}
	return text
}
