-- +goose Up
-- What several runs used together: of a session or of a day, by key. Money in
-- millionths.

CREATE TABLE usage (
    agent TEXT NOT NULL,
    environment TEXT NOT NULL,
    key TEXT NOT NULL,
    tool_calls BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    spent BIGINT NOT NULL,
    PRIMARY KEY (agent, environment, key)
);

-- How often people were asked.
ALTER TABLE approvals ADD COLUMN environment TEXT NOT NULL DEFAULT '';
ALTER TABLE approvals ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
UPDATE approvals SET environment = coalesce(json_extract(doc, '$.environment'), ''), created_at = coalesce(json_extract(doc, '$.createdAt'), 0);
CREATE INDEX approvals_asked ON approvals (agent, environment, kind, created_at);
CREATE INDEX approvals_open ON approvals (agent, environment, kind, state);
