-- +goose Up

-- Only SQLite has an index here: a part of a run is one transaction on PostgreSQL.
select 1;

-- +goose Down
select 1;
