package resource

import (
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
)

// Manifest is the content of a version: exactly what its digest names. The
// digest is SHA-256 over its canonical form (RFC 8785), so the same content has
// the same digest on every machine; who pushed it, when and from which commit
// is in [Build] and not part of it.
type Manifest struct {
	APIVersion string          `json:"apiVersion"` // aureus/v1
	Kind       string          `json:"kind"`       // Version
	Blueprint  blueprint.Agent `json:"blueprint"`  // with every file inlined
	Adapters   []Adapter       `json:"adapters"`   // one a server, sorted by name
	Policies   PolicyConfig    `json:"policies"`
	Runtime    Runtime         `json:"runtime"`
}

// KindVersion is Manifest.Kind.
const KindVersion = "Version"

// Adapter is one MCP server as it answered at registration.
type Adapter struct {
	Server  string    `json:"server"`
	Name    string    `json:"name"`    // the name it gave of itself
	Version string    `json:"version"` // the version it gave of itself
	Tools   []ToolPin `json:"tools"`   // those that the blueprint uses, sorted by name
	Digest  string    `json:"digest"`  // of the adapter without this field
}

// ToolPin pins a tool's contract.
type ToolPin struct {
	Name         string         `json:"name"` // upstream name
	Description  string         `json:"description"`
	InputSchema  map[string]any `json:"inputSchema"`
	OutputSchema map[string]any `json:"outputSchema,omitempty"`
	Annotations  map[string]any `json:"annotations,omitempty"`
	Digest       string         `json:"digest"` // of the pin without this field
}

// PolicyConfig names the policies that decide.
type PolicyConfig struct {
	BuiltIn string `json:"builtIn"` // digest of the built-in set
	Digest  string `json:"digest"`  // of the built-in set and the blueprint's own together
}

// Runtime is the environment that the version was made for.
type Runtime struct {
	Engine string `json:"engine"` // aureus-run/v1: the agent loop's contract
	Guard  string `json:"guard"`  // aureus-guard/v1: the guard's contract
}

// Build is the metadata of a push. It is signed with the version and is not
// part of its digest.
type Build struct {
	GitSHA       string `json:"gitSha,omitempty"`
	CommittedAt  Millis `json:"committedAt,omitempty"` // when GitSHA was committed; the lead time begins here
	BuildNumber  string `json:"buildNumber,omitempty"`
	ModelVersion string `json:"modelVersion,omitempty"` // as the endpoint reported it, if asked
	Source       string `json:"source,omitempty"`       // file name, without folders
	CI           string `json:"ci,omitempty"`           // github, gitlab or jenkins: the system that built it
	URL          string `json:"url,omitempty"`          // of the build there, without user and query
	Repository   string `json:"repository,omitempty"`   // URL of what the commit is of, without user and query
	Branch       string `json:"branch,omitempty"`
	Actor        string `json:"actor,omitempty"` // who started the build, as the CI system says
	// Author and Committer are the names of people as their tokens have them, for
	// approval rules that separate them; "" is not known.
	Author    string `json:"author,omitempty"`
	Committer string `json:"committer,omitempty"`
}

// GenerationRecord says how a blueprint came to be.
type GenerationRecord struct {
	Method         string         `json:"method"` // goal, template, code or manual
	Template       string         `json:"template,omitempty"`
	Prompt         string         `json:"prompt,omitempty"`
	Model          string         `json:"model,omitempty"`        // asked for
	ModelVersion   string         `json:"modelVersion,omitempty"` // reported
	Parameters     map[string]any `json:"parameters,omitempty"`
	ResponseDigest string         `json:"responseDigest,omitempty"`
	CatalogDigest  string         `json:"catalogDigest,omitempty"`
	InputsDigest   string         `json:"inputsDigest,omitempty"`
	OutputDigest   string         `json:"outputDigest"` // of the blueprint
	Rounds         int            `json:"rounds,omitempty"`
	StartedAt      Millis         `json:"startedAt"`
	EndedAt        Millis         `json:"endedAt"`
}

// Version is a registered release unit. Name is "agent@v7".
type Version struct {
	Agent      string            `json:"agent"`
	Number     int               `json:"number"` // from 1, per agent
	Name       string            `json:"name"`
	Digest     string            `json:"digest"`
	Tier       blueprint.Tier    `json:"tier"`
	Build      Build             `json:"build"`
	Generation *GenerationRecord `json:"generation,omitempty"`
	CreatedAt  Millis            `json:"createdAt"`
	CreatedBy  Actor             `json:"createdBy"`
	Quarantine *Quarantine       `json:"quarantine,omitempty"`
	// Drill says that the version was made bad on purpose, to rehearse its rollback.
	// Only the drill's own release takes it anywhere, and it is never an agent's latest.
	Drill    bool      `json:"drill,omitempty"`
	Manifest *Manifest `json:"manifest,omitempty"` // left out in lists
}

// Quarantine keeps a version from being released.
type Quarantine struct {
	Incident string `json:"incident"`
	Reason   string `json:"reason"`
	Since    Millis `json:"since"`
}

// Change is one line of a capability delta.
type Change struct {
	Kind     string         `json:"kind"` // tool, server, permission, zone, tier, model, instructions, policy, sandbox, schema, budget, workflow, crv, evaluation, release, monitor, metadata, runtime
	Op       string         `json:"op"`   // added, removed or changed
	Path     string         `json:"path"` // for example tools.issue_refund.riskTier
	From     string         `json:"from,omitempty"`
	To       string         `json:"to,omitempty"`
	Widens   bool           `json:"widens"`   // the agent can do more than before
	Breaking bool           `json:"breaking"` // callers or sessions of the old version can break
	Tier     blueprint.Tier `json:"tier"`     // approval tier this change asks for
}

// Delta is the capability delta of two versions. From is "" for a first version.
type Delta struct {
	From    string         `json:"from,omitempty"` // digest
	To      string         `json:"to"`             // digest
	Changes []Change       `json:"changes"`
	Tier    blueprint.Tier `json:"tier"` // the highest of the changes'
}

// Evidence kinds.
const (
	EvidenceVersion    = "version" // the signed version itself, SLSA provenance
	EvidenceValidation = "validation"
	EvidenceSimulation = "simulation"
	EvidenceEvaluation = "evaluation"
	EvidencePolicy     = "policy" // the properties that the guard was proved to have
	EvidenceApproval   = "approval"
	EvidenceSmoke      = "smoke"
	EvidenceGuardrail  = "guardrail" // what recorded bad runs come to under a policy or CRV rule
	EvidenceShadow     = "shadow"
	EvidenceCanary     = "canary"
	EvidenceRollback   = "rollback"
	EvidencePromotion  = "promotion"
	EvidenceWaiver     = "waiver" // people let a digest pass a gate for a while
	EvidenceDrill      = "drill"  // how soon a seeded bad version was off traffic, about the good one
)

// externalPrefix begins the kinds of evidence that others submit.
const externalPrefix = "external/"

// ExternalEvidence is the kind of the evidence that an external gate reads.
func ExternalEvidence(gate string) string { return externalPrefix + gate }

// ExternalGate is the gate that reads evidence of a kind, "" for a kind that
// nobody submits.
func ExternalGate(kind string) string {
	gate, ok := strings.CutPrefix(kind, externalPrefix)
	if !ok {
		return ""
	}
	return gate
}

// Evidence is a signed in-toto attestation about a digest.
type Evidence struct {
	ID            string  `json:"id"`
	Kind          string  `json:"kind"`
	Subject       string  `json:"subject"` // digest of the version it is about
	Agent         string  `json:"agent"`
	Environment   string  `json:"environment,omitempty"`
	Release       string  `json:"release,omitempty"`
	PredicateType string  `json:"predicateType"`
	Verdict       Verdict `json:"verdict"`
	Digest        string  `json:"digest"` // of Bundle
	CreatedAt     Millis  `json:"createdAt"`
	CreatedBy     Actor   `json:"createdBy"`
	Bundle        []byte  `json:"bundle,omitempty"` // Sigstore bundle v0.3, JSON; left out in lists
	Report        []byte  `json:"report,omitempty"` // the human-sized report the statement's predicate was made from, JSON
}
