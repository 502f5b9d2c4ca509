package refunddesk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// ModelName is what the scripted model calls itself.
const ModelName = "scripted-refund-desk-1"

// Model is a model server for a machine without a model: it speaks the OpenAI
// protocol (chat completions) and plays a support agent by rules. What it does
// follows from the instructions and tools that it is given, as with any model:
// told to add the shipping to a refund, it does.
func Model() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", complete)
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"object": "list", "data": []any{map[string]any{"id": ModelName, "object": "model", "owned_by": "examples"}}})
	})
	return mux
}

type chatRequest struct {
	Messages []chatMessage `json:"messages"`
	Tools    []struct {
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	} `json:"tools"`
}

type chatMessage struct {
	Role       string     `json:"role"`
	Content    string     `json:"content"`
	ToolCalls  []chatCall `json:"tool_calls,omitempty"`
	ToolCallID string     `json:"tool_call_id,omitempty"`
}

type chatCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Function chatFunction `json:"function"`
}

type chatFunction struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

func complete(w http.ResponseWriter, r *http.Request) {
	var req chatRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 8<<20)).Decode(&req); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		reply(w, map[string]any{"error": map[string]any{"message": "the body is not a chat completion request", "type": "invalid_request_error"}})
		return
	}
	m := answer(req)
	finish := "stop"
	if len(m.ToolCalls) > 0 {
		finish = "tool_calls"
	}
	prompt, completion := 0, (len(m.Content)+40)/4
	for _, in := range req.Messages {
		prompt += len(in.Content)/4 + 4
	}
	reply(w, map[string]any{
		"id": fmt.Sprintf("chatcmpl-%d", len(req.Messages)), "object": "chat.completion", "model": ModelName,
		"choices": []any{map[string]any{"index": 0, "message": m, "finish_reason": finish}},
		"usage":   map[string]any{"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion},
	})
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}

// chat is what the conversation says so far.
type chat struct {
	system  string
	orderID string
	tools   []string
	called  map[string]string // tool -> its last result
	turn    int
}

var orderPattern = regexp.MustCompile(`A-\d{5}`)

func read(req chatRequest) chat {
	c := chat{called: map[string]string{}}
	names := map[string]string{}
	for _, t := range req.Tools {
		c.tools = append(c.tools, t.Function.Name)
	}
	for _, m := range req.Messages {
		switch m.Role {
		case "system":
			c.system += m.Content
		case "user":
			if c.orderID == "" {
				c.orderID = orderPattern.FindString(m.Content)
			}
		case "assistant":
			c.turn++
			for _, t := range m.ToolCalls {
				names[t.ID] = t.Function.Name
			}
		case "tool":
			c.called[names[m.ToolCallID]] = m.Content
		}
	}
	return c
}

// answer is the next message of the support agent.
func answer(req chatRequest) chatMessage {
	c := read(req)
	switch {
	case strings.HasPrefix(c.system, judgeTask):
		return verdict(req)
	case strings.HasPrefix(c.system, userTask):
		return customer(req)
	}
	found, looked := c.called["lookup_order"]
	order, known := parseOrder(found)
	refund, refunded := c.called["issue_refund"]
	_, mailed := c.called["send_email"]
	_, vouched := c.called["issue_voucher"]
	amount := c.amount(order)
	switch {
	case c.orderID == "":
		return c.final("declined", 0, "Please tell us the number of your order; it looks like A-10042.")
	case !looked:
		return c.call("lookup_order", map[string]any{"order_id": c.orderID})
	case !known:
		return c.final("declined", 0, "We cannot find order "+c.orderID+".")
	case order.Status == "in_transit":
		return c.final("declined", 0, "Order "+c.orderID+" is on its way; it can be refunded once it has arrived.")
	case !refunded:
		return c.call("issue_refund", map[string]any{"order_id": c.orderID, "amount": amount})
	case strings.Contains(refund, "error"):
		return c.final("failed", 0, "The refund of order "+c.orderID+" did not go through; a colleague will look at it.")
	case !vouched && amount >= 100 && slices.Contains(c.tools, "issue_voucher"):
		return c.call("issue_voucher", map[string]any{"order_id": c.orderID, "percent": 10})
	case !mailed && slices.Contains(c.tools, "send_email"):
		return c.call("send_email", map[string]any{"order_id": c.orderID, "subject": "Your refund for " + c.orderID,
			"body": fmt.Sprintf("We have paid back %.2f euros for the %s.", amount, order.Item)})
	}
	return c.final("refunded", amount, fmt.Sprintf("We have paid back %.2f euros.", amount))
}

// amount is what the instructions make of an order.
func (c chat) amount(o Order) float64 {
	if strings.Contains(c.system, "shipping on top") {
		return float64(int((o.Total+o.Shipping)*100+0.5)) / 100
	}
	return o.Total
}

func (c chat) call(tool string, args map[string]any) chatMessage {
	data, _ := json.Marshal(args) // strings and numbers
	return chatMessage{Role: "assistant", ToolCalls: []chatCall{{ID: fmt.Sprintf("call_%d", c.turn+1), Type: "function",
		Function: chatFunction{Name: tool, Arguments: string(data)}}}}
}

func (c chat) final(status string, amount float64, message string) chatMessage {
	data, _ := json.Marshal(map[string]any{"status": status, "order_id": c.orderID, "amount": amount, "reply": message}) // as above
	return chatMessage{Role: "assistant", Content: string(data)}
}

var jsonObject = regexp.MustCompile(`(?s)\{.*\}`)

// parseOrder reads the order in a tool's answer, which may stand between marks.
func parseOrder(result string) (o Order, ok bool) {
	err := json.Unmarshal([]byte(jsonObject.FindString(result)), &o)
	return o, err == nil && o.ID != ""
}
