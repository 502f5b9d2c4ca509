package canary

import "github.com/aureus-agents/aureus/resource"

// WithEvaluation begins s, to which nothing has happened yet, with what an
// evaluation says against "the candidate fails at a rate of MaxFailureRate or
// more": each case counts once, as a session of the candidate would. E-values of
// independent data multiply, so the product is one, provided that
//
//   - the cases were not chosen by how this version does on them,
//   - a case fails at least as often as the first run of a live session does, and
//   - the evaluation was not repeated until it passed.
//
// Nobody but the blueprint's author can know that, so it is asked for
// (useEvaluation). It only ever helps to promote, after the last step has had its
// sessions: harm is judged by live traffic alone.
func WithEvaluation(p resource.CanaryPlan, s resource.CanaryState, evidence string, cases, failed int) resource.CanaryState {
	p = withRates(p)
	if cases <= 0 || failed < 0 || failed > cases {
		return s
	}
	s.LogAbs = make([]float64, len(absRates))
	for i := range cases {
		addAbs(s.LogAbs, i < failed, p.MaxFailureRate)
	}
	s.EAbs = mixture(s.LogAbs)
	s.Evaluation = &resource.CanaryEvaluation{Evidence: evidence, Cases: cases, Failed: failed, E: s.EAbs}
	judge(p, &s)
	return s
}
