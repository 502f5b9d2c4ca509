// Package guard is Goal-Guard: it decides every tool call of a run. Policies are
// compiled once per version; Decide is pure; the run's state (phase, integrity,
// confidentiality, budgets, what the user asked for, what was read) moves with
// every call and result and is stored with the decision.
//
// Start from [Compile] and [Compiled.Decide]; [Check] judges a blueprint's policies
// before there is a version. The package reads no clock and does no I/O, and fails
// closed: an error of any kind, also one inside a single policy or a panic, is a
// rejection.
//
// docs/guard.md is the reference: the threat model, the entities and context that
// policies see, the classes of values and roles of arguments, and what the guard
// cannot see. builtin.cedar is the policies that every agent has.
//
// # How a decision is made
//
// A call is reduced to facts: the phase, the labels of the run, where each value
// of the arguments comes from (provenance.go) and what it does (roles.go), whether
// the user asked for such a call (asks.go), and what budgets leave. One Cedar
// evaluation over the policies that can match the tool judges them. A plain forbid
// rejects. When every forbid that applies is marked @decision("ask") the call is
// pending_human, unless a human approved exactly these arguments. An approval
// never lifts a plain forbid.
//
// # Cedar
//
// A forbid that fails to evaluate does not deny in Cedar; here any error denies.
// Policies are typed against a schema per tool, made of the blueprint and the
// tool's pinned JSON Schema, before a version exists. Per tool only the policies
// that can hold are evaluated, and a request holds only what they read. Arguments
// are converted only when a policy names them; one that does not fit its type
// rejects the call, and a number with more than four places is not rounded.
//
// # Exploration
//
// [Compiled.CheckProperties] explores every state that a run can reach and every
// kind of call in it, with the functions that decide live calls, and answers
// properties; a failure comes with a [Witness] that [Compiled.Replay] drove the
// live guard through. [Automaton.Graph] draws what was explored.
package guard
