package tool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
)

// answer is an MCP result of a tool, as far as Aureus reads it.
type answer struct {
	Content       json.RawMessage `json:"content"`
	Structured    json.RawMessage `json:"structuredContent"`
	IsError       bool            `json:"isError"`
	InputRequests json.RawMessage `json:"inputRequests"`
}

// block is one block of an answer's content.
type block struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	MIMEType string `json:"mimeType"`
	Data     []byte `json:"data"`
	URI      string `json:"uri"`
	Resource *struct {
		URI  string `json:"uri"`
		Text string `json:"text"`
		Blob []byte `json:"blob"`
	} `json:"resource"`
}

// result translates an answer.
func (c *conn) result(bt blueprint.Tool, raw json.RawMessage) (agentrun.Result, error) {
	var a answer
	var blocks []block
	err := json.Unmarshal(raw, &a)
	if err == nil && len(a.Content) > 0 {
		err = json.Unmarshal(a.Content, &blocks)
	}
	out := agentrun.Result{IsError: a.IsError}
	if err == nil && len(a.Structured) > 0 {
		err = json.Unmarshal(a.Structured, &out.Structured)
	}
	if err != nil {
		return agentrun.Result{}, fault.Wrap(err, fault.Upstream, "server %q answered the call of %s with what is no result of a tool", c.server.Name, bt.Name)
	}
	if len(a.InputRequests) > 0 && string(a.InputRequests) != "null" {
		return agentrun.Result{IsError: true, Text: "The server asks for something before it does the call, which is not supported; nothing was done."}, nil
	}
	parts := make([]string, 0, len(blocks))
	for _, b := range blocks {
		parts = append(parts, b.text())
	}
	out.Text = strings.Join(parts, "\n")
	if n := len(out.Text) + len(a.Structured); n > c.a.cfg.MaxResult || len(raw) > 2*c.a.cfg.MaxResult {
		return agentrun.Result{IsError: true, Text: fmt.Sprintf(
			"The tool answered with %d bytes, which is over the limit of %d. The call was made; its answer is not shown. Ask for less.",
			max(n, len(raw)), c.a.cfg.MaxResult)}, nil
	}
	out.Raw = a.raw()
	return out, nil
}

// raw is the answer without its _meta, which nothing judges.
func (a answer) raw() json.RawMessage {
	var b bytes.Buffer
	b.Grow(len(a.Content) + len(a.Structured) + 64)
	b.WriteString(`{"content":`)
	if len(a.Content) > 0 && string(a.Content) != "null" {
		b.Write(a.Content)
	} else {
		b.WriteString("[]")
	}
	if len(a.Structured) > 0 {
		b.WriteString(`,"structuredContent":`)
		b.Write(a.Structured)
	}
	if a.IsError {
		b.WriteString(`,"isError":true`)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// text is a content block as text. What is not text is named, not shown.
func (b block) text() string {
	switch b.Type {
	case "text":
		return b.Text
	case "image", "audio":
		return fmt.Sprintf("[%s, %s, %d bytes]", b.Type, clean(b.MIMEType), len(b.Data))
	case "resource_link":
		return fmt.Sprintf("[resource %s]", clean(b.URI))
	case "resource":
		if b.Resource == nil {
			return "[resource]"
		}
		if b.Resource.Text != "" {
			return b.Resource.Text
		}
		return fmt.Sprintf("[resource %s, %d bytes]", clean(b.Resource.URI), len(b.Resource.Blob))
	}
	return "[content that is not text]"
}
