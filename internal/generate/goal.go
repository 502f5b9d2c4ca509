package generate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// MaxRepairs is how many rounds a model gets to correct what was wrong with its
// first answer.
const MaxRepairs = 3

// Tool is one tool of the catalogue that a generated agent may use, as its MCP
// server described it.
type Tool struct {
	Server      string         `json:"server"`
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	InputSchema map[string]any `json:"inputSchema,omitempty"`
	Annotations map[string]any `json:"annotations,omitempty"` // MCP's hints
}

// GoalRequest asks for an agent in words.
type GoalRequest struct {
	Prompt string
	Name   string // of the agent; "" leaves it to the model
	Owner  string // "" leaves it to the model
	// Model writes the design; nil is an error.
	Model agentrun.Model
	// ModelSpec is asked for the design, and is the model of the agent.
	ModelSpec blueprint.Model
	// Catalog holds the tools of Servers. The agent gets no other tool.
	Catalog []Tool
	Servers []blueprint.Server
	// Validate judges a blueprint; its errors are given back to the model. nil
	// leaves it at the blueprint's form and the catalogue.
	Validate func(*blueprint.Agent) []resource.Finding
	Now      func() time.Time
}

// FromGoal has a model design an agent. What is wrong with its answer is given
// back to it, up to MaxRepairs times; then the error is fault.Failed, with what
// was still wrong. The record is filled in as far as it came, also with an error.
func FromGoal(ctx context.Context, r GoalRequest) (*blueprint.Agent, resource.GenerationRecord, error) {
	rec := resource.GenerationRecord{Method: MethodGoal, Prompt: r.Prompt, Model: r.ModelSpec.Name, StartedAt: millis(r.Now())}
	if err := r.check(); err != nil {
		return nil, rec, err
	}
	g, err := newDesigner(r, &rec)
	if err != nil {
		return nil, rec, err
	}
	var wrong []fault.Detail
	for rec.Rounds <= MaxRepairs {
		answer, err := g.ask(ctx)
		if err != nil {
			rec.EndedAt = millis(r.Now())
			return nil, rec, err
		}
		var a *blueprint.Agent
		if a, wrong = g.read(answer); len(wrong) == 0 {
			return finish(a, rec, r.Now)
		}
		g.reject(answer, wrong)
	}
	rec.EndedAt = millis(r.Now())
	return nil, rec, fault.New(fault.Failed,
		"The model made no valid blueprint in %d attempts; still wrong (%d in all): %s. Say more in the goal, name the tools it needs with --mcp, or start from a template.",
		rec.Rounds, len(wrong), sentence(wrong[0])).With(wrong...)
}

func (r *GoalRequest) check() error {
	switch {
	case r.Model == nil:
		return fault.New(fault.Invalid, "A goal needs a model to design the agent, and none is configured; set AUREUS_MODEL_URL (and AUREUS_MODEL_KEY, AUREUS_MODEL_NAME), or generate from a template or from code.")
	case strings.TrimSpace(r.Prompt) == "":
		return fault.New(fault.Invalid, "The goal is empty; say in a sentence or more what the agent is to do.")
	case strings.TrimSpace(r.ModelSpec.Name) == "":
		return fault.New(fault.Invalid, "No model is named; set AUREUS_MODEL_NAME.")
	}
	for _, t := range r.Catalog {
		if !slices.ContainsFunc(r.Servers, func(s blueprint.Server) bool { return s.Name == t.Server }) {
			return fault.New(fault.Invalid, "The catalogue's tool %s is of the server %q, which is not among the servers.", t.Name, t.Server)
		}
	}
	return nil
}

// designer is one conversation with the model.
type designer struct {
	GoalRequest
	rec      *resource.GenerationRecord
	schema   map[string]any
	messages []agentrun.Message
}

func newDesigner(r GoalRequest, rec *resource.GenerationRecord) (*designer, error) {
	catalog := slices.Clone(r.Catalog)
	slices.SortFunc(catalog, func(a, b Tool) int { return strings.Compare(a.Server+"\x00"+a.Name, b.Server+"\x00"+b.Name) })
	r.Catalog = catalog
	schema, err := designSchema(r.Servers)
	if err != nil {
		return nil, err
	}
	prompt, err := designPrompt(r)
	if err != nil {
		return nil, err
	}
	if rec.CatalogDigest, err = blueprint.Digest(catalog); err != nil {
		return nil, err
	}
	inputs := map[string]any{"prompt": r.Prompt, "name": r.Name, "owner": r.Owner, "model": r.ModelSpec,
		"servers": r.Servers, "catalog": rec.CatalogDigest, "instructions": prompt}
	if rec.InputsDigest, err = blueprint.Digest(inputs); err != nil {
		return nil, err
	}
	rec.Parameters = modelParameters(r.ModelSpec)
	return &designer{GoalRequest: r, rec: rec, schema: schema, messages: []agentrun.Message{
		{Role: "system", Content: prompt},
		{Role: "user", Content: r.Prompt},
	}}, nil
}

// modelParameters are the settings that the design was asked for with.
func modelParameters(m blueprint.Model) map[string]any {
	p := map[string]any{}
	if m.Temperature != nil {
		p["temperature"] = *m.Temperature
	}
	if m.MaxTokens > 0 {
		p["maxTokens"] = m.MaxTokens
	}
	if m.Seed != nil {
		p["seed"] = *m.Seed
	}
	if m.Provider != "" {
		p["provider"] = m.Provider
	}
	return p
}

// ask makes one completion and books it in the record.
func (g *designer) ask(ctx context.Context) (string, error) {
	res, err := g.Model.Complete(ctx, agentrun.ModelRequest{
		Model: g.ModelSpec, Messages: g.messages, Schema: g.schema, SchemaName: "blueprint"})
	if err != nil {
		return "", err
	}
	g.rec.Rounds++
	g.rec.ModelVersion = res.Model
	g.rec.ResponseDigest, err = blueprint.Digest(res.Message.Content)
	if err != nil { // not text at all: refused below, with what the model is told
		g.rec.ResponseDigest = ""
	}
	return res.Message.Content, nil
}

// reject tells the model what was wrong.
func (g *designer) reject(answer string, wrong []fault.Detail) {
	var b strings.Builder
	b.WriteString("That blueprint cannot be used. Correct all of these and answer with the whole blueprint again:\n")
	for i, d := range wrong {
		if i == maxShown {
			fmt.Fprintf(&b, "- and %d more\n", len(wrong)-i)
			break
		}
		fmt.Fprintf(&b, "- %s\n", sentence(d))
	}
	g.messages = append(g.messages,
		agentrun.Message{Role: "assistant", Content: clip(answer)},
		agentrun.Message{Role: "user", Content: b.String()})
}

// The bounds of what a model is shown of its own failure.
const (
	maxShown  = 30        // problems
	maxAnswer = 128 << 10 // bytes of its own answer
)

func clip(s string) string {
	if len(s) <= maxAnswer {
		return s
	}
	return strings.ToValidUTF8(s[:maxAnswer], "")
}
