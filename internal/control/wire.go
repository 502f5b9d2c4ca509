package control

import "github.com/aureus-agents/aureus/resource"

// The requests and answers of the use cases are the ones of the API.
type (
	PushRequest      = resource.PushRequest
	PushResult       = resource.PushResult
	AgentSummary     = resource.AgentSummary
	VerifiedEvidence = resource.VerifiedEvidence
	PublicKeys       = resource.PublicKeys
	CheckResult      = resource.CheckResult
	ReleaseRequest   = resource.ReleaseRequest
	WaiverRequest    = resource.WaiverRequest

	// ExternalEvidenceRequest submits somebody else's verdict.
	ExternalEvidenceRequest = resource.ExternalEvidenceRequest
	CanaryVerdict           = resource.CanaryVerdict
	ApprovalView            = resource.ApprovalView
	DecideRequest           = resource.DecideRequest
	DrillRequest            = resource.DrillRequest
	InvokeRequest           = resource.InvokeRequest
	GuardrailRequest        = resource.GuardrailRequest
	Proof                   = resource.Proof
	LedgerStatus            = resource.LedgerStatus
)
