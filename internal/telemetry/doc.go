// Package telemetry turns what happens into numbers and messages: Prometheus
// metrics ([Metrics], the control plane's Meter) and the webhook that tells people
// ([Webhook], the control plane's Notifier). Which alert rules fire is decided by
// the pure package alert below it.
//
// Start from [New].
//
// Metric names begin with aureus_ and use base units (seconds, US dollars).
// Labels are agents, environments, version numbers and fixed words: never a run,
// a session, a digest or anything that a model or a user wrote. The versions that
// drills seed have the label drill together.
//
//	aureus_runs_total{agent,environment,version,mode,outcome}            runs that ended
//	aureus_run_duration_seconds{agent,environment,version,mode}          histogram of their durations
//	aureus_run_cost_usd_total{agent,environment,version,mode}            what their model calls cost
//	aureus_run_tokens_total{agent,environment,version,mode,kind}         tokens, kind prompt or completion
//	aureus_run_retries_total{agent,environment,version,mode}             model and tool calls tried again
//	aureus_run_tool_calls_total{agent,environment,version,mode}          tool calls made
//	aureus_crv_failures_total{agent,environment,version,mode}            values that CRV blocked
//	aureus_escalations_total{agent,environment,version,mode}             calls and values handed to people
//	aureus_guard_decisions_total{agent,environment,state,check}          decisions and the check that decided
//	aureus_release_events_total{agent,environment,event,state}           transitions and the state they led to
//	aureus_rollbacks_total{agent,environment}                            rollbacks
//	aureus_rollback_duration_seconds{agent,environment}                  histogram, decision to the good version verified again
//	aureus_drill_recovery_seconds{agent,environment}                     histogram of drills that passed, first failed run to the good version verified again
//	aureus_dora_deployments{agent,environment}                           releases of the last 30 days that got live traffic
//	aureus_dora_change_failure_ratio{agent,environment}                  share of them that was rolled back
//	aureus_dora_lead_time_seconds{agent,environment}                     median, from commit or push to the first promotion
//	aureus_dora_restore_seconds{agent,environment,from}                  median, from the decision or the first failure
//	aureus_ledger_entries, aureus_ledger_pending_events                  the ledger's size, events without an index
//	aureus_build_info{version,revision,goversion}                        always 1
package telemetry
