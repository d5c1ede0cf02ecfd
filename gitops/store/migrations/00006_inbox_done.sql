-- +goose Up

-- What is done with is pruned, oldest first.
CREATE INDEX deliveries_done ON deliveries (done) WHERE done > 0;
