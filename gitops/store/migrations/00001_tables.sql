-- Both databases run this file. SQLite takes BYTEA as a name for a column
-- that keeps blobs as they are.

-- +goose Up
CREATE TABLE changes (
    id          TEXT     PRIMARY KEY,
    request_key TEXT     NOT NULL UNIQUE,
    repository  TEXT     NOT NULL,
    state       TEXT     NOT NULL,
    is_open     SMALLINT NOT NULL,
    revision    BIGINT   NOT NULL,
    created     BIGINT   NOT NULL,
    updated     BIGINT   NOT NULL,
    body        TEXT     NOT NULL
);
CREATE INDEX changes_open ON changes (repository, created, id) WHERE is_open = 1;

CREATE TABLE claims (
    repository  TEXT NOT NULL,
    application TEXT NOT NULL,
    environment TEXT NOT NULL,
    change_id   TEXT NOT NULL REFERENCES changes (id),
    PRIMARY KEY (repository, application, environment)
);
CREATE INDEX claims_change ON claims (change_id);

-- A lease's row stays when the lease is given back, so that fence only grows.
CREATE TABLE leases (
    name    TEXT   PRIMARY KEY,
    owner   TEXT   NOT NULL,
    process TEXT   NOT NULL,
    fence   BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

CREATE TABLE journal (
    change_id  TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    actor      TEXT   NOT NULL,
    effect_key TEXT   NOT NULL,
    sentence   TEXT   NOT NULL,
    data       TEXT   NOT NULL,
    prev       TEXT   NOT NULL,
    hash       TEXT   NOT NULL,
    PRIMARY KEY (change_id, seq)
);
CREATE UNIQUE INDEX journal_effects ON journal (change_id, effect_key, kind)
    WHERE kind IN ('intent', 'outcome');

CREATE TABLE observations (
    repository  TEXT   NOT NULL,
    application TEXT   NOT NULL,
    environment TEXT   NOT NULL,
    first_seen  BIGINT NOT NULL,
    last_seen   BIGINT NOT NULL,
    tag         TEXT   NOT NULL,
    digest      TEXT   NOT NULL,
    commit_sha  TEXT   NOT NULL,
    health      TEXT   NOT NULL,
    PRIMARY KEY (repository, application, environment, first_seen)
);

CREATE TABLE deliveries (
    id       TEXT   PRIMARY KEY,
    source   TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    payload  BYTEA  NOT NULL,
    received BIGINT NOT NULL,
    done     BIGINT NOT NULL DEFAULT 0,
    failed   BIGINT NOT NULL DEFAULT 0,
    reason   TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX deliveries_failed ON deliveries (failed) WHERE failed > 0;

CREATE TABLE posts (
    subject  TEXT     NOT NULL,
    post_key TEXT     NOT NULL,
    channel  TEXT     NOT NULL,
    ts       TEXT     NOT NULL,
    hash     TEXT     NOT NULL,
    gone     SMALLINT NOT NULL,
    PRIMARY KEY (subject, post_key)
);
