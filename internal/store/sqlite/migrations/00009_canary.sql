-- +goose Up
-- What a canary remembers of a session between its runs.

CREATE TABLE canary_sessions (
    release TEXT NOT NULL,
    session TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (release, session)
);
