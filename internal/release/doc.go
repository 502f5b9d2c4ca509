// Package release is the release machine: one table says which event moves which
// state, and [Next] is driven by it. Pure: a release, an event and a time go in,
// the moved release and the effects to do come out.
//
// It does not apply effects, read evidence or know who may do what: that is
// internal/control. It judges canaries with internal/canary.
//
// Start from [Next] and [Table]. docs/state_machine.md is rendered from the table.
package release
