-- +goose Up

-- What waits is counted every few seconds, and is few among all that ever came.
CREATE INDEX deliveries_waiting ON deliveries (received) WHERE done = 0 AND failed = 0;
