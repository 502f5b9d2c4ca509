// Package canary is the sequential statistics that judge a version on live
// traffic: e-processes that are valid at every moment, so each outcome is looked
// at as it arrives and nothing is paid for looking early. Pure.
//
// Start from [Start] and [Observe]; [Plan] fills a blueprint's defaults, [Forecast]
// says what a plan will cost, [Verify] recomputes a verdict, [Play] simulates.
//
// An e-process is a running product of likelihood ratios whose expectation is
// never above 1 while its null hypothesis holds. By Ville's inequality it ever
// reaches 1/a with probability at most a. All are mixtures over a few alternatives,
// kept in logarithms:
//
//   - Harm, one for each stream (failures, blocks, denials, escalations, latency,
//     cost). Null: sessions of the candidate fail in the stream no more often than
//     those of what serves. Given that a session failed, it is the candidate's with
//     probability w*rho/(1-w+w*rho), where w is the weight in force when the session
//     was assigned and rho the ratio of the rates. Only failures move it, so an
//     outage that hits both arms moves it no more than a quiet day. Each stream has
//     a share of alpha and decides at 1/(alpha*share): by the union bound, a version
//     no worse than what serves is rolled back with probability at most alpha,
//     whatever the streams have to do with each other.
//   - Safe, the reverse, of failures. Null: the first runs of the candidate's sessions
//     fail at least twice as often. At 1/beta they are shown to fail less.
//   - Absolute, of failures. Null: the first runs of the candidate's sessions fail at a
//     rate of MaxFailureRate or more. A healthy pair hardly ever fails, and without
//     failures the two conditional processes learn nothing; the candidate's good
//     sessions move this one. At 1/beta it is shown to fail less than MaxFailureRate.
//
// The session is the unit: it draws its arm once, so it counts once in each stream,
// when a run of it first fails there. Runs may depend on each other and on the time
// of day in any way that is the same for both arms.
//
// Harm takes failures as they become known, so its bound rests on the weights of
// the draws and on the time until a failure is known being alike in both arms: a
// candidate that fails as often but sooner looks worse during a common outage.
// Weights change when the candidate has had its sessions, which says something
// about the arms of those; see [Seen].
//
// Safe and absolute go through the sessions in the order in which they were drawn,
// and take each that is under way at its worst: the candidate's failed, the
// control's was good. In the order of arrival the good runs of a version that
// fails late would come first. The best draw decides: Ville's inequality is uniform
// over them. See draws.go.
//
// Harm is judged first. The verdict is [Promote] when safe or absolute has reached
// 1/beta and no stream is at 1/beta, and [Continue] otherwise. What a verdict does
// to traffic is decided by internal/release.
//
// Sources: Wald, Sequential Analysis (1947); Ville (1939); Ramdas, Grünwald,
// Vovk and Shafer, Game-Theoretic Statistics and Safe Anytime-Valid Inference,
// Statistical Science 38(4), 2023.
package canary
