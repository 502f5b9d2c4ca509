// Package guard is Goal-Guard: it decides every tool call of a run. Policies are
// compiled once per version; Decide is pure; the run's state (phase, integrity,
// confidentiality, budgets) moves with every call and result and is stored with
// the decision.
//
// Start from [Compile] and [Compiled.Decide]; [Check] judges a blueprint's
// policies before there is a version. The package reads no clock and does no
// I/O, and fails closed: an error of any kind, also one inside a single policy or
// a panic, is a rejection.
//
// # Order of a decision
//
// Is the tool in the version; then one Cedar evaluation that holds every other
// rule: phase, permission, policies, risk tier, budgets and rate, approval of a
// transition. A plain forbid rejects. When every forbid that applies is marked
// @decision("ask") the call is pending_human, unless a human approved exactly
// these arguments (Call.ApprovedDigest). An approval never lifts a plain forbid.
// Decision.Check names the first check of that order that decided;
// Decision.Policies holds all deciding policies, sorted.
//
// # Entity model
//
//	principal  Agent::"NAME"   { zone: Long, tier: String }
//	action     Action::"read" | "write" | "delete" | "execute" | "admin", the tool's
//	           intent; each is in Action::"call"
//	resource   Tool::"NAME"    { server, tier, intent: String, zone: Long,
//	                             permitted: Bool,            // a permission covers tool, intent and zone
//	                             phases: Set<String>,        // phases in which it may be called
//	                             approvalPhases: Set<String>,// where its call makes a transition that a human approves
//	                             readsOutside, readsPrivate, actsOutside, actsInside: Bool }
//	context    { args: {...},                                // the call's arguments
//	             phase: String, tainted: Bool, confidentiality: Long,
//	             left: { toolCalls, steps, tokens, costMicroUSD, rate, spend: Long },
//	             spend: Long,                                // of this call, in micro units like left.spend
//	             origins: { user, blueprint, trusted, outside, unknown: Set<String> } }
//
// Zones are numbers: public 0, internal 1, confidential 2, restricted 3. A label
// that the blueprint leaves out is true. left.X is what the run may still use
// before this call. context.origins lists top-level argument names by where
// their values come from, see provenance below.
//
// # Arguments
//
// The JSON Schema that the tool was pinned with types context.args: string is
// String, integer is Long, number is decimal (four places), boolean is Bool, an
// array of these is Set, an object with properties is a record; null and a
// missing optional argument are absent, so policies ask with "has". Anything
// else (unions, maps, open objects) has no type, and a policy that names it does
// not compile. Only arguments that a policy of the tool names are converted; one
// that does not fit its type rejects the call. A number with more than four
// places is not rounded: it rejects. A tool without a pinned schema gets the
// types that its policies need, and what they leave open is decided by the value.
//
// # User policies
//
// A policy may carry @id("name"), @decision("ask") (on a forbid: a human decides),
// @quorum("2") (how many humans) and @reason("a sentence"). Its id in decisions is
// the blueprint's policy id, followed by "/" and @id or its place when the text
// holds several. Permit policies are allowed and change nothing: the built-in set
// permits what passed permissions, and forbid wins.
//
// # Provenance
//
// For each scalar argument Decide looks for its value, on word borders and with
// case and white space normalised, in what the user said, then the blueprint's
// goal and instructions, then results of tools that never hold outside text, then
// all other results; a value that is nowhere is unknown, and so is one of fewer
// than three characters, which is in any text by chance. An argument with several
// values counts as its least trusted one. What is remembered is bounded (see
// [MaxUserText], [MaxResultText], [MaxSources]); what is dropped counts as unknown.
package guard
