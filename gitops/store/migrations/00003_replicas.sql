-- +goose Up

-- Who works on this database now. A replica counts up its pulse while it
-- lives; one whose pulse stands still for long is dead.
CREATE TABLE replicas (
    owner TEXT   PRIMARY KEY,
    pulse BIGINT NOT NULL
);
