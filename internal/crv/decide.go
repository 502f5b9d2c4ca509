package crv

// Decision is what [Decide] says about a value.
type Decision string

// The decisions.
const (
	Allow    Decision = "allow"
	BlockIt  Decision = "block"
	Escalate Decision = "escalate"
)

// EscalateBelow is the confidence under which a human decides, whatever the
// checks said.
const EscalateBelow = 0.5

// Decide combines validity and confidence (0..1, nil when there is none): a
// confidence under [EscalateBelow] escalates, and this wins; an invalid value
// blocks; anything else is allowed. A confidence that is not a number
// escalates.
func Decide(valid bool, confidence *float64) Decision {
	if confidence != nil && !(*confidence >= EscalateBelow) {
		return Escalate
	}
	if !valid {
		return BlockIt
	}
	return Allow
}
