-- +goose Up
-- When runs ended, so that the failing runs of a version can be counted and the
-- first of them found; and what incidents are looked up by.

ALTER TABLE runs ADD COLUMN ended_at BIGINT NOT NULL DEFAULT 0;
UPDATE runs SET ended_at = coalesce(json_extract(doc, '$.endedAt'), 0);
CREATE INDEX runs_failed ON runs (digest, environment, ended_at) WHERE failed = 1;

ALTER TABLE incidents ADD COLUMN environment TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN severity TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN assignee TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN opened_at BIGINT NOT NULL DEFAULT 0;
-- When the prevention is due; 0 when it is done or has no date.
ALTER TABLE incidents ADD COLUMN due BIGINT NOT NULL DEFAULT 0;
UPDATE incidents SET environment = coalesce(json_extract(doc, '$.environment'), ''), opened_at = coalesce(json_extract(doc, '$.openedAt'), 0);
CREATE INDEX incidents_opened ON incidents (opened_at);
