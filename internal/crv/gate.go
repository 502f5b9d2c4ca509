package crv

import (
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// defaultConfidenceField is where a gate with a required confidence looks when
// it names no field.
const defaultConfidenceField = "confidence"

// gate is one compiled gate.
type gate struct {
	name, on   string
	checks     []Check
	blocks     bool
	recovery   blueprint.Recovery
	confidence string   // path; "" when the gate does not ask
	required   *float64 // 0..1
}

func compileGate(b blueprint.CRVGate, path string) (*gate, []fault.Detail) {
	var details []fault.Detail
	bad := func(field, message, fix string) {
		details = append(details, fault.Detail{Path: path + "." + field, Message: message, Fix: fix})
	}
	r := b.Resolved()
	g := &gate{name: b.Name, on: b.On, blocks: *r.BlockOnFailure, recovery: r.Recovery,
		confidence: b.ConfidenceField, required: b.RequiredConfidence}
	if b.RequiredConfidence != nil && g.confidence == "" {
		g.confidence = defaultConfidenceField
	}
	if b.RequiredConfidence != nil && !(*b.RequiredConfidence >= 0 && *b.RequiredConfidence <= 1) {
		bad("requiredConfidence", fmt.Sprintf("%v is no confidence", *b.RequiredConfidence), "write a number from 0 to 1")
	}
	if b.On != "output" && !(strings.HasPrefix(b.On, "args:") && len(b.On) > 5) && !(strings.HasPrefix(b.On, "result:") && len(b.On) > 7) {
		bad("on", fmt.Sprintf("%q is nothing that a gate judges", b.On), "write output, args:TOOL or result:TOOL")
	}
	switch r.Recovery {
	case blueprint.RecoverAskUser, blueprint.RecoverEscalate:
	case blueprint.RecoverRetryAltTool:
		if b.RecoveryTool == "" {
			bad("recoveryTool", "retry_alt_tool needs a tool", "name the tool to use instead")
		}
	case blueprint.RecoverIgnore:
		if strings.TrimSpace(b.Justification) == "" {
			bad("justification", "ignore needs a justification", "say why a failure of this gate may be ignored, or choose another recovery")
		}
	default:
		bad("recovery", fmt.Sprintf("%q is no recovery", b.Recovery), "write one of retry_alt_tool, ask_user, escalate, ignore")
	}
	for i, v := range b.Validators {
		c, err := CompileValidator(v)
		if err != nil {
			bad(fmt.Sprintf("validators[%d]", i), err.Error(), "correct the validator")
			continue
		}
		g.checks = append(g.checks, c)
	}
	return g, details
}

// judge applies the checks and the confidence to v.
func (g *gate) judge(v Value) resource.CRVStep {
	s := resource.CRVStep{Gate: g.name, On: g.on, Verdict: resource.Pass}
	s.Findings = VerifyConstraints(g.checks, v)
	if g.confidence != "" {
		s.Confidence, s.Findings = g.sure(v, s.Findings)
	}
	switch Decide(len(s.Findings) == 0, s.Confidence) {
	case Allow:
		return s
	case Escalate:
		s.Verdict, s.Code = resource.Block, resource.LowConfidence
		s.Message = fmt.Sprintf("the confidence is %.2f, below %.2f: a human has to decide", *s.Confidence, EscalateBelow)
		s.Recovery = string(blueprint.RecoverEscalate)
		return s
	}
	s.Code, s.Message, s.Recovery = s.Findings[0].Code, s.Findings[0].Message, string(g.recovery)
	if n := len(s.Findings) - 1; n > 0 {
		s.Message += fmt.Sprintf(" (and %d more)", n)
	}
	s.Verdict = resource.Block
	if !g.blocks || g.recovery == blueprint.RecoverIgnore {
		s.Verdict = resource.Warn
	}
	return s
}

// sure reads the value's confidence and adds a finding when it is not what the
// gate requires. A confidence that is required and not there is missing data.
func (g *gate) sure(v Value, fs []resource.Finding) (*float64, []resource.Finding) {
	got, ok := Extract(v.Value, g.confidence)
	if !ok || got == nil {
		if g.required != nil {
			fs = append(fs, finding("crv/confidence", resource.MissingData, g.confidence, fmt.Sprintf("the confidence at %q is missing", g.confidence)))
		}
		return nil, fs
	}
	c, ok := number(got)
	if !ok || c < 0 || c > 1 {
		return nil, append(fs, finding("crv/confidence", resource.OutOfScope, g.confidence, fmt.Sprintf("the confidence at %q is not a number from 0 to 1", g.confidence)))
	}
	if g.required != nil && c < *g.required {
		fs = append(fs, finding("crv/confidence", resource.LowConfidence, g.confidence, fmt.Sprintf("the confidence is %.2f; %.2f is required", c, *g.required)))
	}
	return &c, fs
}
