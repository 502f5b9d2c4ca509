package generate

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
)

//go:embed design_prompt.md
var promptText string

// designPrompt is what the model is told about blueprints and the tools.
func designPrompt(r GoalRequest) (string, error) {
	type entry struct {
		Tool
		LowestRiskTier blueprint.Tier `json:"lowestRiskTier"`
	}
	entries := make([]entry, len(r.Catalog))
	for i, t := range r.Catalog {
		entries[i] = entry{Tool: t, LowestRiskTier: hintsOf(t).lowestTier()}
	}
	catalog, err := json.MarshalIndent(entries, "", " ")
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "The tool catalogue cannot be written as JSON.")
	}
	given := ""
	if r.Name != "" {
		given += fmt.Sprintf("The agent's name is %q.\n", r.Name)
	}
	if r.Owner != "" {
		given += fmt.Sprintf("Its owner is %q.\n", r.Owner)
	}
	return strings.NewReplacer("${catalog}", string(catalog), "${given}", given).Replace(promptText), nil
}

// judging are the settings of an evaluation that say how strictly it judges.
var judging = []string{"passRate", "margin", "onUnclear", "stopEarly", "budget", "limits"}

// designSchema is the blueprint's schema without what is not the model's to
// decide: header, servers, model, labels, rollout, alerts and how its suites judge.
func designSchema(servers []blueprint.Server) (map[string]any, error) {
	var s map[string]any
	if err := json.Unmarshal(blueprint.Schema(), &s); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The blueprint's schema of this build cannot be read.")
	}
	stripNotes(s)
	delete(s, "$id")
	without(s, "apiVersion", "kind")
	defs, _ := s["$defs"].(map[string]any)
	without(defs["spec"], "servers", "model", "release", "monitor")
	without(defs["evaluation"], judging...)
	without(defs["tool"], "labels")
	without(defs["policy"], "file")
	without(defs["suite"], "file")
	names := []any{}
	for _, sv := range servers {
		names = append(names, sv.Name)
	}
	if tool, ok := defs["tool"].(map[string]any); ok && len(names) > 0 {
		if props, ok := tool["properties"].(map[string]any); ok {
			props["server"] = map[string]any{"enum": names}
		}
	}
	return s, nil
}

// without takes properties out of an object's schema.
func without(schema any, names ...string) {
	s, _ := schema.(map[string]any)
	props, _ := s["properties"].(map[string]any)
	for _, n := range names {
		delete(props, n)
	}
	if req, ok := s["required"].([]any); ok {
		s["required"] = slices.DeleteFunc(slices.Clone(req), func(v any) bool {
			n, _ := v.(string)
			return slices.Contains(names, n)
		})
	}
}

// stripNotes drops the keywords (x-...) that only our own parser reads.
func stripNotes(v any) {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			if strings.HasPrefix(k, "x-") {
				delete(x, k)
				continue
			}
			stripNotes(e)
		}
	case []any:
		for _, e := range x {
			stripNotes(e)
		}
	}
}

// read turns an answer into a blueprint, or says what is wrong with it.
func (g *designer) read(answer string) (*blueprint.Agent, []fault.Detail) {
	tree, wrong := object(answer)
	if wrong != nil {
		return nil, wrong
	}
	if err := g.addGiven(tree); err != nil {
		return nil, []fault.Detail{{Message: err.Error()}}
	}
	text, err := json.Marshal(tree)
	if err != nil {
		return nil, []fault.Detail{{Message: "the answer cannot be written as JSON again"}}
	}
	a, err := parseMade("the answer", text)
	if err != nil {
		return nil, bare(err)
	}
	g.addServers(a)
	if wrong := g.checkTools(a); len(wrong) > 0 {
		return nil, wrong
	}
	if g.Validate == nil {
		return a, nil
	}
	for _, f := range g.Validate(a) {
		if f.Severity == "error" {
			wrong = append(wrong, fault.Detail{Path: f.Path, Code: f.Rule, Message: f.Message, Fix: f.Remediation})
		}
	}
	return a, wrong
}

// object reads the one JSON object of an answer, also out of a Markdown fence.
func object(answer string) (map[string]any, []fault.Detail) {
	t := strings.TrimSpace(answer)
	if body, ok := strings.CutPrefix(t, "```"); ok {
		_, body, _ = strings.Cut(body, "\n")
		t = strings.TrimSuffix(strings.TrimSpace(body), "```")
	}
	switch {
	case t == "":
		return nil, []fault.Detail{{Message: "the answer is empty", Fix: "answer with one JSON object"}}
	case len(t) > blueprint.DefaultMaxBytes:
		return nil, []fault.Detail{{Message: fmt.Sprintf("the answer is larger than %d bytes", blueprint.DefaultMaxBytes), Fix: "write less"}}
	}
	var tree map[string]any
	if err := json.Unmarshal([]byte(t), &tree); err != nil || tree == nil {
		why := "it is null"
		if err != nil {
			why = err.Error()
		}
		return nil, []fault.Detail{{Message: "the answer is not one JSON object: " + why, Fix: "answer with the blueprint as one JSON object and nothing else"}}
	}
	return tree, nil
}

// addGiven puts in what is not the model's to decide.
func (g *designer) addGiven(tree map[string]any) error {
	tree["apiVersion"], tree["kind"] = blueprint.APIVersion, blueprint.KindAgent
	if meta, ok := tree["metadata"].(map[string]any); ok {
		if g.Name != "" {
			meta["name"] = g.Name
		}
		if g.Owner != "" {
			meta["owner"] = g.Owner
		}
	}
	spec, ok := tree["spec"].(map[string]any)
	if !ok {
		return nil // its absence is the parser's to report
	}
	for _, k := range []string{"servers", "release", "monitor"} {
		delete(spec, k)
	}
	if e, ok := spec["evaluation"].(map[string]any); ok {
		for _, k := range judging {
			delete(e, k)
		}
		// As in the templates: a few cases cannot show that a version is no worse, so
		// that every one of them passes decides.
		e["onUnclear"] = string(blueprint.UnclearPass)
	}
	var m any
	b, err := json.Marshal(g.ModelSpec)
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		return fmt.Errorf("the model's settings cannot be written as JSON: %w", err)
	}
	spec["model"] = m
	return nil
}

// addServers gives the blueprint the servers whose tools it uses.
func (g *designer) addServers(a *blueprint.Agent) {
	a.Spec.Servers = nil
	for _, s := range g.Servers {
		if slices.ContainsFunc(a.Spec.Tools, func(t blueprint.Tool) bool { return t.Server == s.Name }) {
			a.Spec.Servers = append(a.Spec.Servers, s)
		}
	}
}

// bare are the details of an error, or one made of it.
func bare(err error) []fault.Detail {
	if ds := detailsOf(err); len(ds) > 0 {
		return ds
	}
	return []fault.Detail{{Message: err.Error()}}
}
