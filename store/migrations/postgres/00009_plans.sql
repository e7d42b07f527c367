-- +goose Up

-- Plans of care and care teams as the ledger compares them: one row is one
-- version, whole; body holds its items, see planBody.
create table plan_fact (
  bucket    smallint not null,
  person    text collate "C" not null,
  partner   text collate "C" not null,
  kind      text collate "C" not null,
  id        text collate "C" not null,
  known     bigint not null,
  received  bigint not null,
  start_day integer not null,
  end_day   integer not null,
  status    text collate "C" not null,
  program   text collate "C" not null,
  body      text collate "C" not null,
  member    text collate "C" not null,
  primary key (bucket, person, partner, kind, id, known)
);
create index plan_fact_id on plan_fact (id, partner);

-- The payer's own count of units used, and the last date of service in it.
alter table auth_fact add column counted bigint not null default 0;
alter table auth_fact add column counted_to integer not null default 0;

-- What the three sides do not agree on, by run.
create table run_finding (
  run      integer not null,
  bucket   smallint not null,
  days     bigint not null,
  known    bigint not null,
  person   text collate "C" not null,
  kind     text collate "C" not null,
  partner  text collate "C" not null,
  ref      text collate "C" not null,
  item     text collate "C" not null,
  code     text collate "C" not null,
  provider text collate "C" not null,
  program  text collate "C" not null,
  payer    text collate "C" not null,
  reason   text collate "C" not null
) partition by list (run);

-- Runs that were made before have found nothing.
-- +goose StatementBegin
do $$ declare r record; begin
  for r in select no from run loop
    execute format('create table run_finding_%s partition of run_finding for values in (%s)', r.no, r.no);
  end loop;
end $$;
-- +goose StatementEnd

-- +goose Down
drop table run_finding;
alter table auth_fact drop column counted_to;
alter table auth_fact drop column counted;
drop table plan_fact;
