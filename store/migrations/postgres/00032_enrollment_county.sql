-- The county of residence that an enrollment states. A constant default: no table
-- is written anew.

-- +goose Up
alter table span_fact add column county text collate "C" not null default '';

-- +goose Down
alter table span_fact drop column county;
