// Package promptfoo turns a promptfoo configuration into a suite: each prompt with
// each test is a scenario, and assertions are graders. What has no counterpart is
// listed with its place and never dropped in silence; an assertion that means a
// little else is listed as approximated. It runs nothing of a configuration: no
// JavaScript, Python or provider.
//
// The format is that of https://www.promptfoo.dev/docs/configuration/reference.
// Start from [Import].
package promptfoo
