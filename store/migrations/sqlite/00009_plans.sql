-- +goose Up

-- Plans of care and care teams as the ledger compares them: one row is one
-- version, whole; body holds its items, see planBody.
create table plan_fact (
  bucket    integer not null,
  person    text not null,
  partner   text not null,
  kind      text not null,
  id        text not null,
  known     bigint not null,
  received  bigint not null,
  start_day integer not null,
  end_day   integer not null,
  status    text not null,
  program   text not null,
  body      text not null,
  member    text not null,
  primary key (bucket, person, partner, kind, id, known)
) without rowid;
create index plan_fact_id on plan_fact (id, partner);

-- The payer's own count of units used, and the last date of service in it.
alter table auth_fact add column counted bigint not null default 0;
alter table auth_fact add column counted_to integer not null default 0;

-- What the three sides do not agree on, by run.
create table run_finding (
  run      integer not null,
  bucket   integer not null,
  days     bigint not null,
  known    bigint not null,
  person   text not null,
  kind     text not null,
  partner  text not null,
  ref      text not null,
  item     text not null,
  code     text not null,
  provider text not null,
  program  text not null,
  payer    text not null,
  reason   text not null
);
create index run_finding_run on run_finding (run);

-- +goose Down
drop table run_finding;
alter table auth_fact drop column counted_to;
alter table auth_fact drop column counted;
drop table plan_fact;
