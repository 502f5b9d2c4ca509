package generate

import (
	"embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

//go:embed templates/*.yaml
var templateFiles embed.FS

// Parameter is what a template can be told. A parameter without a default is
// required.
type Parameter struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Default     string `json:"default,omitempty"`
	Optional    bool   `json:"optional,omitempty"` // may be left empty
}

// Template is a built-in blueprint with parameters.
type Template struct {
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Parameters  []Parameter `json:"parameters"`
}

// Templates lists the built-in templates in the order of their names.
func Templates() []Template {
	all := []Template{
		describe("data-analyst", "answers questions from a database that it can only read, and files a report",
			"Answer questions about the business from the database and file each answer as a report.",
			"sql-mcp-server", "query_database, list_tables, describe_table, save_report"),
		describe("ops-runbook", "works through a runbook: looks at a service, does bounded operations, and asks before it restarts or rolls back",
			"Bring an unhealthy service back to health by its runbook, with the smallest step that works.",
			"ops-mcp-server", "get_service_status, read_logs, scale_service, restart_service, roll_back_service"),
		describe("research", "reads the web and writes an answer with its sources; it changes nothing",
			"Answer a question from public sources, and cite each of them.",
			"web-mcp-server", "search_web, fetch_page"),
		describe("support-desk", "looks up orders, refunds what is owed within a budget and writes to the customer",
			"Answer customers about their orders and refund what is owed.",
			"shop-mcp-server", "lookup_order, issue_refund, send_email"),
	}
	desk := &all[len(all)-1]
	desk.Parameters = append(desk.Parameters, Parameter{Name: "refundTier", Default: "high",
		Description: "risk tier of issue_refund: high asks a human for each, medium leaves it to budgets.spend"})
	return all
}

func describe(name, description, goal, server, tools string) Template {
	return Template{Name: name, Description: description, Parameters: []Parameter{
		{Name: "name", Description: "name of the agent, a DNS label", Default: name},
		{Name: "owner", Description: "person or team that answers for the agent"},
		{Name: "goal", Description: "what the agent is for, in a sentence", Default: goal},
		{Name: "model", Description: "model, as its endpoint names it", Default: "gpt-4.1-mini"},
		{Name: "server", Description: "MCP server that offers " + tools + ": a command with its arguments, or an http(s) URL", Default: server},
		{Name: "writes", Description: "folder that the server's command keeps its data in; its sandbox lets it change no other", Optional: true},
	}}
}

// FromTemplate makes a blueprint from the built-in template of that name. Values
// are put in as text after the template is read, so a value cannot change its
// structure.
func FromTemplate(name string, params map[string]string, now func() time.Time) (*blueprint.Agent, resource.GenerationRecord, error) {
	rec := resource.GenerationRecord{Method: MethodTemplate, Template: name, StartedAt: millis(now())}
	all := Templates()
	i := slices.IndexFunc(all, func(t Template) bool { return t.Name == name })
	if i < 0 {
		var names []string
		for _, t := range all {
			names = append(names, t.Name)
		}
		return nil, rec, fault.New(fault.NotFound, "There is no template named %q; there are: %s.", name, strings.Join(names, ", "))
	}
	values, err := complete(all[i], params)
	if err != nil {
		return nil, rec, err
	}
	rec.Parameters = make(map[string]any, len(values))
	for k, v := range values {
		rec.Parameters[k] = v
	}
	text, err := templateFiles.ReadFile("templates/" + name + ".yaml")
	if err != nil {
		return nil, rec, fault.Wrap(err, fault.Internal, "The template %s is not part of this build.", name)
	}
	if rec.InputsDigest, err = blueprint.Digest(map[string]any{"template": string(text), "parameters": rec.Parameters}); err != nil {
		return nil, rec, err
	}
	a, err := fill(name, text, values)
	if err != nil {
		return nil, rec, err
	}
	return finish(a, rec, now)
}

// complete checks the given values and adds defaults.
func complete(t Template, params map[string]string) (map[string]string, error) {
	values := map[string]string{}
	var wrong []fault.Detail
	for _, p := range t.Parameters {
		v := params[p.Name]
		if v == "" {
			v = p.Default
		}
		if strings.TrimSpace(v) == "" && !p.Optional {
			wrong = append(wrong, fault.Detail{Path: p.Name, Message: "The parameter " + p.Name + " is needed: " + p.Description + ".",
				Fix: "Give " + p.Name + "=..."})
		}
		values[p.Name] = v
	}
	for _, k := range slices.Sorted(maps.Keys(params)) {
		if _, known := values[k]; !known {
			var names []string
			for _, p := range t.Parameters {
				names = append(names, p.Name)
			}
			wrong = append(wrong, fault.Detail{Path: k, Message: "The template " + t.Name + " has no parameter " + k + ".",
				Fix: "Use " + strings.Join(names, ", ") + "."})
		}
	}
	if len(wrong) > 0 {
		return nil, fault.New(fault.Invalid, "The template %s cannot be filled in: %s", t.Name, wrong[0].Message).With(wrong...)
	}
	return values, nil
}

// fill reads a template and puts the values in.
func fill(name string, text []byte, values map[string]string) (*blueprint.Agent, error) {
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The template %s of this build cannot be read.", name)
	}
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(values)) {
		pairs = append(pairs, "${"+k+"}", values[k])
	}
	made, err := json.Marshal(replaceIn(tree, strings.NewReplacer(pairs...)))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The template %s of this build is not a blueprint.", name)
	}
	a, err := parseMade("template "+name, made)
	if err != nil {
		return nil, err
	}
	for i := range a.Spec.Servers {
		reach(&a.Spec.Servers[i], values["server"], values["writes"])
	}
	return a, nil
}

func replaceIn(v any, r *strings.Replacer) any {
	switch x := v.(type) {
	case string:
		return r.Replace(x)
	case map[string]any:
		for k, e := range x {
			x[k] = replaceIn(e, r)
		}
	case []any:
		for i, e := range x {
			x[i] = replaceIn(e, r)
		}
	}
	return v
}

// reach sets how a server is reached: by URL, or as a command whose words are
// separated by spaces and that may change one folder.
func reach(s *blueprint.Server, how, writes string) {
	if strings.HasPrefix(how, "http://") || strings.HasPrefix(how, "https://") {
		s.Stdio, s.HTTP = nil, &blueprint.HTTPServer{URL: how}
		return
	}
	s.Stdio, s.HTTP = &blueprint.StdioServer{Command: strings.Fields(how)}, nil
	if writes != "" {
		s.Stdio.Sandbox.Write = []string{writes}
	}
}
