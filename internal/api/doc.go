// Package api is the HTTP interface of the control plane: JSON under /v1 with an
// OpenAPI 3.1 description, RFC 9457 problems for every error, bearer tokens,
// server-sent events, health and metrics.
//
// It holds no rules. A handler reads the request strictly, calls one use case
// and writes what it answered; who may do what is decided by the use case.
// Start from [New].
package api
