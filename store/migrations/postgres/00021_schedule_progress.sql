-- +goose Up

-- How far the run of a slot has come, as its holder said last (JSON); empty =
-- nothing was said.
alter table schedule_run add column progress text not null default '';

-- +goose Down
alter table schedule_run drop column progress;
