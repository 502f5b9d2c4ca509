-- +goose Up
-- Versions that were made bad on purpose, for a drill: they are never an agent's
-- latest.

ALTER TABLE versions ADD COLUMN drill INTEGER NOT NULL DEFAULT 0;
