-- +goose Up

-- What came of a delivery, for a sender that comes back to ask.
ALTER TABLE deliveries ADD COLUMN answer TEXT NOT NULL DEFAULT '';
