// Package archtest holds the import rules of the module: which layer a package
// belongs to, what a layer may import, and what the pure core may not do. Its
// test fails, with the reason, when an import points the wrong way.
//
// It is not a linter of style. It reads source files only, so it is fast and
// needs no network and no build. Start from [Layers], the table, which
// docs/architecture.md shows to people, and [Check], which applies it.
package archtest
