package blueprint

import (
	"fmt"

	"github.com/aureus-agents/aureus/internal/fault"
)

// The task types of a suite.
const (
	TaskExtraction     = "extraction"     // an object with fields to be found
	TaskClassification = "classification" // one of some labels
	TaskQA             = "qa"             // an answer to a question
	TaskAgentic        = "agentic"        // work done with tools
	TaskConversation   = "conversation"   // a talk of several turns
)

// DefaultGraders are the graders that a task type gives a scenario that has
// none, where expected is what the run should answer:
//
//	extraction      jsonSubset: every field of expected has its value
//	classification  equals, whatever the case of letters
//	qa              similarity recall >= 0.8: the words of expected are in the answer; no refusal
//	agentic         what expected says, when there is one: jsonSubset for an object, else
//	                similarity recall >= 0.8. The outcome and the success criteria judge the rest.
//	conversation    no refusal as the last word, and expected as for agentic
//
// extraction, classification and qa need expected; the error says so.
func DefaultGraders(task string, expected any) ([]Grader, error) {
	if expected == nil {
		switch task {
		case TaskExtraction, TaskClassification, TaskQA:
			return nil, fmt.Errorf("a scenario of task type %s needs graders, or what is expected (expect.output, or the column expected)", task)
		}
	}
	words := Grader{Type: "similarity", Measure: "recall"}
	fields := Grader{Type: "jsonSubset"}
	answers := Grader{Type: "refusal", Not: true, Name: "no refusal"}
	compared := words
	if _, isObject := expected.(map[string]any); isObject {
		compared = fields
	}
	switch task {
	case TaskExtraction:
		return []Grader{fields}, nil
	case TaskClassification:
		return []Grader{{Type: "equals", IgnoreCase: true}}, nil
	case TaskQA:
		return []Grader{words, answers}, nil
	case TaskAgentic:
		if expected == nil {
			return nil, nil
		}
		return []Grader{compared}, nil
	case TaskConversation:
		if expected == nil {
			return []Grader{answers}, nil
		}
		return []Grader{compared, answers}, nil
	}
	return nil, fmt.Errorf("%q is no task type; write extraction, classification, qa, agentic or conversation", task)
}

// withDefaultGraders gives the task type's graders to scenarios without any.
func (s Suite) withDefaultGraders(list []Scenario) ([]Scenario, error) {
	var wrong []fault.Detail
	for i := range list {
		sc := &list[i]
		if len(sc.Expect.Graders) > 0 {
			continue
		}
		gs, err := DefaultGraders(s.TaskType, sc.Expect.Output)
		if err != nil {
			at := "scenarios"
			if s.Data != nil {
				at = "data.rows"
			}
			wrong = append(wrong, fault.Detail{Path: joinIndex(at, i), Message: fmt.Sprintf("%q: %v", sc.Name, err), Fix: "add what is expected, or graders"})
		}
		sc.Expect.Graders = gs
	}
	if len(wrong) > 0 {
		return nil, fault.New(fault.Invalid, "%d scenarios of the suite %q have nothing to be graded by: %s", len(wrong), s.Name, wrong[0].Message).With(wrong...)
	}
	return list, nil
}
