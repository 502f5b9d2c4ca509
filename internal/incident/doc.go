// Package incident puts together what is known about an incident from the records
// that its release, its runs and the ledger left: [Timeline] sorts what happened,
// each line with the record that it is made from; [Grouper] groups failing runs by
// cause and holds them against the control arm; [ImpactOf] counts what the bad
// version did; [Postmortem] writes all of it as Markdown.
//
// Everything here is a pure function over records: it reads no clock and no store,
// and the same records give the same bytes. Nothing is judged: what a person
// thinks about the cause is the root cause analysis, which is only shown.
package incident
