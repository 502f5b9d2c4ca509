-- +goose Up
-- The draws of a canary's sessions, in order.

CREATE TABLE canary_draws (
    release TEXT NOT NULL,
    seq INTEGER NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (release, seq)
);
