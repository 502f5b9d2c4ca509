package crv

import (
	"fmt"
	"math"
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
	ignored    string   // the justification, when failures are ignored
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
	if !isPlace(b.On) {
		bad("on", fmt.Sprintf("%q is nothing that a gate judges", b.On), "write output, args:TOOL, result:TOOL or state:TOOL")
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
		g.ignored = b.Justification
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

// isPlace reports whether on names something that a gate judges.
func isPlace(on string) bool {
	what, tool, named := strings.Cut(on, ":")
	switch what {
	case "output":
		return !named
	case "args", "result", "state":
		return named && tool != ""
	}
	return false
}

// judge applies the checks and the confidence to v. A defect in a check must
// never let a value through, whatever the gate's recovery.
func (g *gate) judge(v Value) (s resource.CRVStep) {
	defer func() {
		if r := recover(); r != nil {
			s = resource.CRVStep{Gate: g.name, On: g.on, Verdict: resource.Block, Code: resource.ToolError,
				Message: "a check failed while it judged the value, so the value is not used", Recovery: string(blueprint.RecoverEscalate)}
		}
	}()
	return g.weigh(v)
}

func (g *gate) weigh(v Value) resource.CRVStep {
	s := resource.CRVStep{Gate: g.name, On: g.on, Verdict: resource.Pass}
	s.Findings = VerifyConstraints(g.checks, v)
	if g.confidence != "" {
		s.Confidence, s.Findings = g.sure(v, s.Findings)
	}
	switch Decide(len(s.Findings) == 0, s.Confidence) {
	case Allow:
		return s
	case Escalate:
		s.Verdict, s.Recovery = resource.Block, string(blueprint.RecoverEscalate)
		if math.IsNaN(*s.Confidence) {
			unread := s.Findings[len(s.Findings)-1]
			s.Confidence, s.Code, s.Message = nil, unread.Code, unread.Message
			return s
		}
		s.Code = resource.LowConfidence
		s.Message = fmt.Sprintf("the confidence is %.2f, below %.2f: a human has to decide", *s.Confidence, EscalateBelow)
		return s
	}
	s.Code, s.Message, s.Recovery = s.Findings[0].Code, s.Findings[0].Message, string(g.recovery)
	if n := len(s.Findings) - 1; n > 0 {
		s.Message += fmt.Sprintf(" (and %d more)", n)
	}
	s.Verdict = resource.Block
	if !g.blocks || g.recovery == blueprint.RecoverIgnore {
		s.Verdict, s.Justification = resource.Warn, g.ignored
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
		// Not knowing how sure the value is counts as not sure: Decide escalates.
		c = math.NaN()
		return &c, append(fs, finding("crv/confidence", resource.OutOfScope, g.confidence, fmt.Sprintf("the confidence at %q is not a number from 0 to 1", g.confidence)))
	}
	if g.required != nil && c < *g.required {
		fs = append(fs, finding("crv/confidence", resource.LowConfidence, g.confidence, fmt.Sprintf("the confidence is %.2f; %.2f is required", c, *g.required)))
	}
	return &c, fs
}
