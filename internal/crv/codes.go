package crv

import "github.com/aureus-agents/aureus/resource"

// remediations says what to do about each failure code.
var remediations = map[resource.FailureCode]string{
	resource.MissingData:     "supply the missing field, or let the agent ask for it before it goes on",
	resource.ConflictData:    "find which of the values that disagree is right, and read it again from its source",
	resource.OutOfScope:      "keep to the allowed values, or widen the bound in the blueprint and have that reviewed",
	resource.LowConfidence:   "hand the case to a human, or gather more evidence before the value is used",
	resource.PolicyViolation: "change the request so that the policy allows it, or have the policy changed and reviewed",
	resource.ToolError:       "retry with another tool, or repair the tool that failed",
	resource.NonDeterminism:  "run it again; when the results differ, pin the model and its seed or tighten the instructions",
}

// FailureCodes lists the failure codes in the order of the documentation.
func FailureCodes() []resource.FailureCode {
	return []resource.FailureCode{resource.MissingData, resource.ConflictData, resource.OutOfScope, resource.LowConfidence,
		resource.PolicyViolation, resource.ToolError, resource.NonDeterminism}
}

// Remediation says what to do about a failure code; "" for an unknown one.
func Remediation(code resource.FailureCode) string { return remediations[code] }

// The severities of a finding.
const (
	severityError   = "error"
	severityWarning = "warning"
)

// finding makes a finding of severity error with the code's remediation.
func finding(rule string, code resource.FailureCode, path, message string) resource.Finding {
	return resource.Finding{Rule: rule, Severity: severityError, Code: code, Path: path,
		Message: message, Remediation: Remediation(code)}
}
