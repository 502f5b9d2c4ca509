// Package crv is Circuit Reasoning Validation: validators that judge a value or a
// state change before it is committed, gates that combine them, chains that stop
// at the first block, and the checks of blueprints and versions (reachability,
// tiers, schema regressions, the capability delta).
//
// Start from [Compile] for values, [CheckBlueprint] for blueprints and
// [CheckRegression] and [Delta] for versions. Pure: no I/O, no clock.
package crv
