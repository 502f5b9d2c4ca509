-- +goose Up
-- Ids are TEXT, times BIGINT milliseconds, records JSON documents with the
-- columns that are searched beside them. seq is the order of insertion.

CREATE TABLE versions (
    seq INTEGER PRIMARY KEY,
    agent TEXT NOT NULL,
    number BIGINT NOT NULL,
    digest TEXT NOT NULL,
    doc TEXT NOT NULL,
    manifest TEXT NOT NULL,
    UNIQUE (agent, number),
    UNIQUE (agent, digest)
);
CREATE INDEX versions_digest ON versions (digest);

CREATE TABLE evidence (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    release TEXT NOT NULL,
    environment TEXT NOT NULL,
    doc TEXT NOT NULL,
    bundle BLOB,
    report BLOB
);
CREATE INDEX evidence_subject ON evidence (subject, kind);
CREATE INDEX evidence_release ON evidence (release);

CREATE TABLE deployments (
    agent TEXT NOT NULL,
    environment TEXT NOT NULL,
    revision BIGINT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (agent, environment)
);

CREATE TABLE snapshots (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    environment TEXT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX snapshots_place ON snapshots (agent, environment);

CREATE TABLE session_pins (
    agent TEXT NOT NULL,
    environment TEXT NOT NULL,
    session TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (agent, environment, session)
);

CREATE TABLE releases (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    environment TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX releases_place ON releases (agent, environment);
CREATE INDEX releases_state ON releases (state, updated_at);
CREATE INDEX releases_digest ON releases (digest);

CREATE TABLE canary_outcomes (
    release TEXT NOT NULL,
    seq BIGINT NOT NULL,
    run TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (release, seq),
    UNIQUE (release, run)
);

CREATE TABLE approvals (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    revision BIGINT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX approvals_subject ON approvals (subject);
CREATE INDEX approvals_state ON approvals (state);

CREATE TABLE approval_tokens (
    hash TEXT PRIMARY KEY,
    approval TEXT NOT NULL,
    principal TEXT NOT NULL,
    digest TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);

CREATE TABLE runs (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    environment TEXT NOT NULL,
    digest TEXT NOT NULL,
    release TEXT NOT NULL,
    session TEXT NOT NULL,
    mode TEXT NOT NULL,
    outcome TEXT NOT NULL,
    failed BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    doc TEXT NOT NULL,
    payload TEXT NOT NULL
);
CREATE INDEX runs_place ON runs (agent, environment);
CREATE INDEX runs_digest ON runs (digest);
CREATE INDEX runs_release ON runs (release);
CREATE INDEX runs_session ON runs (session);

CREATE TABLE run_checkpoints (
    run TEXT PRIMARY KEY,
    doc BLOB NOT NULL
);

CREATE TABLE calls (
    agent TEXT NOT NULL,
    environment TEXT NOT NULL,
    at BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (agent, environment, at)
);

CREATE TABLE incidents (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    state TEXT NOT NULL,
    revision BIGINT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX incidents_agent ON incidents (agent);

CREATE TABLE tokens (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    doc TEXT NOT NULL
);

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The ledger. One writer inserts and nothing deletes, so rows count from 1
-- without gaps: the index of an event in the tree is its row - 1, and the rows up
-- to the size of the newest checkpoint are sequenced.
CREATE TABLE ledger_events (
    row INTEGER PRIMARY KEY,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    id TEXT NOT NULL,
    leaf BLOB NOT NULL
);
CREATE INDEX ledger_events_subject ON ledger_events (subject_kind, subject_id);

-- Tree hashes by their storage index, 256 a chunk.
CREATE TABLE tree_chunks (
    chunk BIGINT PRIMARY KEY,
    hashes BLOB NOT NULL
);

CREATE TABLE checkpoints (
    size BIGINT PRIMARY KEY,
    root BLOB NOT NULL,
    note BLOB NOT NULL
);

-- The monitor's figures: sums per slot of time, and the latency histogram beside.
CREATE TABLE rollups (
    agent TEXT NOT NULL,
    environment TEXT NOT NULL,
    digest TEXT NOT NULL,
    slot BIGINT NOT NULL,
    version BIGINT NOT NULL,
    runs BIGINT NOT NULL,
    success BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    retried BIGINT NOT NULL,
    escalated BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    crv_failures BIGINT NOT NULL,
    denials BIGINT NOT NULL,
    escalations BIGINT NOT NULL,
    PRIMARY KEY (agent, environment, digest, slot)
);
CREATE TABLE rollup_latency (
    agent TEXT NOT NULL,
    environment TEXT NOT NULL,
    digest TEXT NOT NULL,
    slot BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (agent, environment, digest, slot, bucket)
);

-- Keys of jobs that were enqueued, kept longer than the jobs themselves.
CREATE TABLE job_keys (
    key TEXT PRIMARY KEY
);
