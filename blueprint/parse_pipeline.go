package blueprint

import (
	"encoding/json"

	"github.com/aureus-agents/aureus/internal/fault"
)

// ParsePipeline reads a pipeline, YAML or JSON, as [Parse] reads a blueprint. What
// the fields mean together (gates that exist, rules that recur) is checked by the
// server and by `aureus pipeline validate`.
func ParsePipeline(name string, data []byte, opts Options) (*Pipeline, error) {
	p, _, err := ParsePipelineSource(name, data, opts)
	return p, err
}

// ParsePipelineSource is [ParsePipeline] that also says where each field was
// written.
func ParsePipelineSource(name string, data []byte, opts Options) (*Pipeline, *Source, error) {
	opts = opts.withDefaults()
	root, problems, err := readTree(name, data, opts.MaxBytes)
	if err != nil {
		return nil, nil, err
	}
	if root != nil {
		problems = inOrder(append(problems, check(rules().pipeline, name, "", root)...))
	}
	if len(problems) > 0 {
		return nil, nil, invalid(name, problems)
	}
	p := new(Pipeline)
	if err := decode(root, p); err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "%s does not fit the pipeline's types", name)
	}
	src := &Source{File: name, at: map[string]Position{}, blocks: map[string]bool{}}
	src.add(name, "", root)
	return p, src, nil
}

// Problems checks a pipeline that was made in code or came over the API by the
// same schema as [ParsePipeline]; none means that it would accept it.
func (p *Pipeline) Problems() []fault.Detail {
	raw, err := json.Marshal(p)
	if err != nil {
		return []fault.Detail{{Message: "the pipeline has no JSON form: " + err.Error(), Fix: "use values that JSON has"}}
	}
	root, problems := jsonTree("", raw)
	if root != nil {
		problems = inOrder(append(problems, check(rules().pipeline, "", "", root)...))
	}
	for i := range problems {
		problems[i].Line, problems[i].Column = 0, 0 // of a text that nobody wrote
	}
	return problems
}

// KindOf is the kind that a document says it is, "" when it does not say or
// cannot be read.
func KindOf(name string, data []byte) string {
	root, _, err := readTree(name, data, DefaultMaxBytes)
	if err != nil || root == nil {
		return ""
	}
	if k := root.child("kind"); k != nil && k.kind == kindString {
		return k.text
	}
	return ""
}
