-- +goose Up
-- How versions go out, and which gates they were let past.

CREATE TABLE pipelines (
    name TEXT PRIMARY KEY,
    revision BIGINT NOT NULL,
    doc TEXT NOT NULL
);

CREATE TABLE waivers (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    revision BIGINT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX waivers_digest ON waivers (digest);
CREATE INDEX waivers_agent ON waivers (agent);
