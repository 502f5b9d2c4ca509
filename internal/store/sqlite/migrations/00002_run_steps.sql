-- +goose Up
-- The steps of a run that is recorded call by call. A run that is recorded as a
-- whole keeps its steps in runs.payload.

CREATE TABLE run_steps (
    run TEXT NOT NULL,
    idx BIGINT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (run, idx)
);
