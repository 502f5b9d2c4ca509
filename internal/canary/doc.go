// Package canary is the sequential statistics that judge a version on live
// traffic: e-processes that are valid at every moment, so each outcome is looked
// at as it arrives and nothing is paid for looking early. Pure.
//
// Start from [Start] and [Observe]; [Plan] fills a blueprint's defaults.
//
// An e-process is a running product of likelihood ratios whose expectation is
// never above 1 while its null hypothesis holds. By Ville's inequality it ever
// reaches 1/a with probability at most a. Three of them run side by side, each a
// uniform mixture over a few alternatives and kept in logarithms:
//
//   - Harm. Null: the candidate fails no more often than what serves. Given that
//     a run failed, it is the candidate's with probability
//     w*rho/(1-w+w*rho), where w is the weight in force when the run was assigned
//     and rho the ratio of the failure rates. Only failures move it, so an outage
//     that hits both arms moves it no more than a quiet day. At 1/alpha the
//     verdict is [Rollback]: a version no worse than what serves is rolled back
//     with probability at most alpha.
//   - Safe, the reverse. Null: the candidate fails at least twice as often. At
//     1/beta the candidate is shown to be less than twice as bad.
//   - Absolute. Null: the candidate fails at a rate of MaxFailureRate or more. A
//     healthy pair hardly ever fails, and without failures the two conditional
//     processes learn nothing; the successes of the candidate move this one. At
//     1/beta the candidate is shown to fail less than MaxFailureRate.
//
// Harm is judged first. The verdict is [Promote] when safe or absolute has
// reached 1/beta, and [Continue] otherwise. What a verdict does to traffic, and
// how many outcomes each step takes, is decided by internal/release.
//
// Sources: Wald, Sequential Analysis (1947); Ville (1939); Ramdas, Grünwald,
// Vovk and Shafer, Game-Theoretic Statistics and Safe Anytime-Valid Inference,
// Statistical Science 38(4), 2023.
package canary
