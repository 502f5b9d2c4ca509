// Package sqlite keeps everything in one SQLite file: records, the ledger, the
// monitor's figures and the jobs to do. It implements control.Store and the
// small interfaces of the sequencer and the worker. Start from [Open].
//
// There is one connection that writes and a pool that reads. Updates that wait
// at the same time share one transaction and so one fsync (see writer.go); each
// runs in its own savepoint. What a rule says lives in the core, never here.
package sqlite
