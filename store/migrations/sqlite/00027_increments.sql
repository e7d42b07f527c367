-- +goose Up

-- A run may build on a full one (base is its no): it judges only the children
-- whose facts have changed since base_known, and those stand in run_person.
alter table run add column base integer not null default 0;
alter table run add column base_known bigint not null default 0;

create table run_person (
  run    integer not null,
  bucket integer not null,
  person text not null,
  primary key (run, bucket, person)
) without rowid;

-- Whose line was paid by several; rows of older runs do not say.
alter table split add column person text not null default '';

-- Finds the newest facts.
create index service_line_known on service_line (known);
create index auth_fact_known on auth_fact (known);
create index span_fact_known on span_fact (known);
create index plan_fact_known on plan_fact (known);

-- +goose Down
drop index plan_fact_known;
drop index span_fact_known;
drop index auth_fact_known;
drop index service_line_known;
alter table split drop column person;
drop table run_person;
alter table run drop column base_known;
alter table run drop column base;
