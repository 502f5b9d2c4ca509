-- +goose Up
-- Finished runs of evaluations, by what each depends on: those of a release's check
-- until it ends, so that it goes on after a crash, and those that are kept for
-- other evaluations.

CREATE TABLE evaluation_runs (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    at BIGINT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX evaluation_runs_at ON evaluation_runs (at);
