// Package ci is what a user's continuous integration and Aureus say to each
// other: what the build was ([Build], from the variables of GitHub Actions, GitLab
// CI or Jenkins), and what came of a run of `aureus ci` ([Result]) as Markdown,
// JUnit, annotations and step outputs.
//
// It runs nothing and reads no file: variables come in through a function, texts
// go out as strings. Texts that others wrote (findings, answers of models, names)
// are data in every form it writes. Start from [Result].
package ci
