-- The county of residence that an enrollment states.

-- +goose Up
alter table span_fact add column county text not null default '';

-- +goose Down
alter table span_fact drop column county;
