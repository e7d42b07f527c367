-- +goose Up

-- The day by which a finding is to be mended; 0 = there is none.
alter table finding add column due_day integer not null default 0;
create index finding_due on finding (due_day, id) where closed_day = 0;

-- +goose Down
drop index finding_due;
alter table finding drop column due_day;
