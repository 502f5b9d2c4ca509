-- +goose Up
-- Who answers in whose name, for how long.

CREATE TABLE delegations (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    from_name TEXT NOT NULL,
    to_name TEXT NOT NULL,
    until BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX delegations_open ON delegations (ended, until);

-- Which person a user of a channel is, as Slack's user id.
CREATE TABLE channel_users (
    channel TEXT NOT NULL,
    user TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (channel, user)
);

-- Signed answers that came, until they are too old to be taken anyway.
CREATE TABLE answers_seen (
    hash TEXT PRIMARY KEY,
    until BIGINT NOT NULL
);
