package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/generate"
	"github.com/aureus-agents/aureus/internal/model"
	"github.com/aureus-agents/aureus/internal/tool"
	"github.com/aureus-agents/aureus/resource"
)

// generateFlags are what `aureus generate` is told.
type generateFlags struct {
	goal, template, code string
	params, mcp          []string
	name, owner, file    string
	list                 bool
}

func newGenerate(e *env) *cobra.Command {
	var g generateFlags
	cmd := &cobra.Command{
		Use:   "generate (--goal TEXT | --template NAME | --code FILE)",
		Short: "Make a blueprint from a goal, a template or code",
		Long: `Make a blueprint:
  --goal TEXT      a model designs it from the tools of the servers named with
                   --mcp and repairs it until it validates (three rounds);
                   AUREUS_MODEL_URL, _KEY and _NAME name the model
  --template NAME  from a built-in template; --templates lists them
  --code FILE      from Starlark that defines blueprint(ctx), with ctx.params
The blueprint goes to stdout or, with -f, to a file; then its generation record
goes to FILE.generation.json, which aureus push sends along.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if g.list {
				return listTemplates(e)
			}
			return g.run(cmd.Context(), e)
		},
	}
	f := cmd.Flags()
	f.StringVar(&g.goal, "goal", "", "what the agent is for, in words")
	f.StringVar(&g.template, "template", "", "name of a built-in template")
	f.StringVar(&g.code, "code", "", "Starlark file")
	f.StringArrayVar(&g.params, "param", nil, "NAME=VALUE of a template or of code; repeat for more")
	f.StringArrayVar(&g.mcp, "mcp", nil, "NAME=COMMAND or NAME=URL of an MCP server whose tools the agent may use; repeat for more")
	f.StringVar(&g.name, "name", "", "name of the agent (--goal)")
	f.StringVar(&g.owner, "owner", "", "who answers for the agent (--goal)")
	f.StringVarP(&g.file, "file", "f", "-", "file to write, - for stdout")
	f.BoolVar(&g.list, "templates", false, "list the built-in templates and their parameters")
	return cmd
}

func listTemplates(e *env) error {
	for _, t := range generate.Templates() {
		fmt.Fprintf(e.stdout, "%s: %s\n", t.Name, t.Description)
		for _, p := range t.Parameters {
			def := "needed"
			switch {
			case p.Optional:
				def = "default none"
			case p.Default != "":
				def = "default " + p.Default
			}
			fmt.Fprintf(e.stdout, "    %s  %s (%s)\n", p.Name, p.Description, def)
		}
	}
	return nil
}

func (g generateFlags) run(ctx context.Context, e *env) error {
	params, err := pairs(g.params)
	if err != nil {
		return err
	}
	ways := 0
	for _, w := range []string{g.goal, g.template, g.code} {
		if w != "" {
			ways++
		}
	}
	if ways != 1 {
		return fault.New(fault.Invalid, "say how: exactly one of --goal, --template and --code")
	}
	var a *blueprint.Agent
	var rec resource.GenerationRecord
	switch {
	case g.template != "":
		a, rec, err = generate.FromTemplate(g.template, params, time.Now)
	case g.code != "":
		a, rec, err = fromCode(e, g.code, params)
	default:
		a, rec, err = g.fromGoal(ctx, e)
	}
	if err != nil {
		return err
	}
	return g.write(e, a, rec)
}

func (g generateFlags) write(e *env, a *blueprint.Agent, rec resource.GenerationRecord) error {
	text, err := a.YAML()
	if err != nil {
		return err
	}
	if err := writeNew(e, g.file, text); err != nil || g.file == "-" {
		return err
	}
	data, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return err
	}
	if err := writeNew(e, recordFile(g.file), append(data, '\n')); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "wrote %s and %s; next: aureus validate %s\n", g.file, recordFile(g.file), g.file)
	return nil
}

// recordFile is where the generation record of a blueprint file is.
func recordFile(file string) string { return file + ".generation.json" }

func pairs(list []string) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range list {
		k, v, ok := strings.Cut(p, "=")
		if !ok || k == "" {
			return nil, fault.New(fault.Invalid, "%q is not NAME=VALUE", p)
		}
		out[k] = v
	}
	return out, nil
}

func fromCode(e *env, file string, params map[string]string) (*blueprint.Agent, resource.GenerationRecord, error) {
	in, err := openInput(e, file)
	if err != nil {
		return nil, resource.GenerationRecord{}, err
	}
	defer in.Close()
	src, err := io.ReadAll(io.LimitReader(in, generate.MaxSource+1))
	if err != nil {
		return nil, resource.GenerationRecord{}, fault.Wrap(err, fault.Invalid, "%s cannot be read", file)
	}
	values := map[string]any{}
	for k, v := range params {
		values[k] = v
	}
	return generate.FromCode(file, src, values, time.Now)
}

func (g generateFlags) fromGoal(ctx context.Context, e *env) (*blueprint.Agent, resource.GenerationRecord, error) {
	var none resource.GenerationRecord
	cfg, err := modelConfig(e, "")
	if err != nil {
		return nil, none, err
	}
	if len(cfg.Providers) == 0 {
		return nil, none, fault.New(fault.Invalid, "--goal needs a model: set AUREUS_MODEL_URL to an endpoint that speaks the OpenAI protocol, and AUREUS_MODEL_KEY and AUREUS_MODEL_NAME if it wants them; or use --template or --code")
	}
	name := cfg.Providers[model.DefaultProvider].Name
	if name == "" {
		return nil, none, fault.New(fault.Invalid, "--goal needs the name of a model: set AUREUS_MODEL_NAME")
	}
	models, err := model.New(cfg)
	if err != nil {
		return nil, none, err
	}
	spec := blueprint.Model{Name: name}
	m, err := models.Model(spec)
	if err != nil {
		return nil, none, err
	}
	servers, catalog, err := g.catalog(ctx)
	if err != nil {
		return nil, none, err
	}
	return generate.FromGoal(ctx, generate.GoalRequest{Prompt: g.goal, Name: g.name, Owner: g.owner, Model: m, ModelSpec: spec,
		Catalog: catalog, Servers: servers, Now: time.Now,
		Validate: func(a *blueprint.Agent) []resource.Finding { return control.Validate(a, nil).Findings }})
}

// catalog asks the servers of --mcp for their tools.
func (g generateFlags) catalog(ctx context.Context) (servers []blueprint.Server, catalog []generate.Tool, err error) {
	named, err := pairs(g.mcp)
	if err != nil {
		return nil, nil, err
	}
	for name, how := range named {
		s := blueprint.Server{Name: name}
		if strings.HasPrefix(how, "http://") || strings.HasPrefix(how, "https://") {
			s.HTTP = &blueprint.HTTPServer{URL: how}
		} else {
			s.Stdio = &blueprint.StdioServer{Command: strings.Fields(how)}
		}
		servers = append(servers, s)
	}
	tools := tool.New(tool.Config{Private: []string{defaultData}})
	defer tools.Close()
	adapters, err := tools.Catalog(ctx, servers)
	for _, ad := range adapters {
		for _, t := range ad.Tools {
			catalog = append(catalog, generate.Tool{Server: ad.Server, Name: t.Name, Description: t.Description,
				InputSchema: t.InputSchema, Annotations: t.Annotations})
		}
	}
	return servers, catalog, err
}

// readRecord reads the generation record beside a blueprint file, if there is one.
func readRecord(file string) (*resource.GenerationRecord, error) {
	data, err := os.ReadFile(recordFile(file))
	if os.IsNotExist(err) || file == "-" {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the generation record cannot be read")
	}
	var rec resource.GenerationRecord
	if err := json.Unmarshal(data, &rec); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s is not a generation record; remove it or generate again", recordFile(file))
	}
	return &rec, nil
}
