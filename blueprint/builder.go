package blueprint

import "github.com/aureus-agents/aureus/internal/fault"

// Builder makes a blueprint in Go. Start from [New], end with [Builder.Build].
type Builder struct{ a Agent }

// New starts a blueprint of tier low in the zone internal, owned by nobody yet.
func New(name string) *Builder {
	return &Builder{Agent{APIVersion: APIVersion, Kind: KindAgent, Metadata: Metadata{Name: name},
		Spec: Spec{RiskTier: TierLow, Zone: ZoneInternal}}}
}

// Owner sets who answers for the agent.
func (b *Builder) Owner(owner string) *Builder { b.a.Metadata.Owner = owner; return b }

// Describe sets the description.
func (b *Builder) Describe(text string) *Builder { b.a.Metadata.Description = text; return b }

// Goal sets what the agent is to achieve.
func (b *Builder) Goal(goal string) *Builder { b.a.Spec.Goal = goal; return b }

// Instructions sets the system prompt.
func (b *Builder) Instructions(text string) *Builder { b.a.Spec.Instructions = text; return b }

// Tier sets the agent's risk tier and zone.
func (b *Builder) Tier(t Tier, z Zone) *Builder { b.a.Spec.RiskTier, b.a.Spec.Zone = t, z; return b }

// Model names the model.
func (b *Builder) Model(name string) *Builder { b.a.Spec.Model.Name = name; return b }

// StdioServer adds an MCP server that is a child process.
func (b *Builder) StdioServer(name string, command ...string) *Builder {
	b.a.Spec.Servers = append(b.a.Spec.Servers, Server{Name: name, Stdio: &StdioServer{Command: command}})
	return b
}

// HTTPServer adds an MCP server over streamable HTTP.
func (b *Builder) HTTPServer(name, url string) *Builder {
	b.a.Spec.Servers = append(b.a.Spec.Servers, Server{Name: name, HTTP: &HTTPServer{URL: url}})
	return b
}

// Tool adds a tool and the permission to call it with its intent in its zone.
func (b *Builder) Tool(t Tool) *Builder {
	b.a.Spec.Tools = append(b.a.Spec.Tools, t)
	b.a.Spec.Permissions = append(b.a.Spec.Permissions, Permission{Tools: []string{t.Name}, Intents: []Intent{t.Intent}, Zone: t.Zone})
	return b
}

// Policy adds Cedar policies.
func (b *Builder) Policy(id, cedar string) *Builder {
	b.a.Spec.Policies = append(b.a.Spec.Policies, Policy{ID: id, Cedar: cedar})
	return b
}

// Succeeds adds a success criterion in CEL.
func (b *Builder) Succeeds(name, expression string) *Builder {
	b.a.Spec.Success = append(b.a.Spec.Success, Criterion{Name: name, Expression: expression})
	return b
}

// Suite adds scenarios.
func (b *Builder) Suite(name string, scenarios ...Scenario) *Builder {
	b.a.Spec.Evaluation.Suites = append(b.a.Spec.Evaluation.Suites, Suite{Name: name, Scenarios: scenarios})
	return b
}

// With changes what the builder has no method for.
func (b *Builder) With(change func(*Agent)) *Builder { change(&b.a); return b }

// Build returns the blueprint, or one fault.Invalid with a detail for each
// problem of its structure.
func (b *Builder) Build() (*Agent, error) {
	if problems := b.a.Problems(); len(problems) > 0 {
		return nil, invalid("the blueprint", problems)
	}
	raw, err := Canonical(&b.a)
	if err != nil {
		return nil, err
	}
	// A copy: the builder may go on being used.
	a, err := Parse("builder.json", raw, Options{MaxBytes: len(raw)})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the built blueprint could not be read back")
	}
	return a, nil
}
