-- +goose Up
-- Live runs beside their copies on a candidate.

CREATE TABLE shadow_results (
    release TEXT NOT NULL,
    seq BIGINT NOT NULL,
    run TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (release, seq),
    UNIQUE (release, run)
);
