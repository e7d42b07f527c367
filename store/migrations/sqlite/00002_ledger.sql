-- +goose Up

-- The ledger's facts: append-only versions, visible from the commit number in
-- known on. Rows of one import are written in order of bucket, so a bucket lies
-- in few pages.
create table service_line (
  bucket     integer not null,
  person     text not null,
  partner    text not null,
  id         text not null,
  known      bigint not null,
  received   bigint not null,
  day        integer not null,
  units      bigint not null,
  scale      integer not null,
  frequency  integer not null,
  member     text not null,
  claim      text not null,
  provider   text not null,
  code       text not null,
  modifiers  text not null,
  day_text   text not null,
  unit       text not null,
  replaces   text not null,
  source     text not null,
  auth       text not null,
  visit      text not null,
  start_time text not null,
  denial     text not null,
  primary key (bucket, person, partner, id, known)
) without rowid;
create index service_line_id on service_line (partner, id);
create index service_line_claim on service_line (partner, claim) where claim <> '';
create index service_line_replaces on service_line (partner, replaces) where replaces <> '';

create table auth_fact (
  bucket     integer not null,
  person     text not null,
  partner    text not null,
  id         text not null,
  known      bigint not null,
  received   bigint not null,
  start_day  integer not null,
  end_day    integer not null,
  units      bigint not null,
  cap_units  bigint not null,
  pending    bigint not null,
  member     text not null,
  provider   text not null,
  code       text not null,
  modifiers  text not null,
  unit       text not null,
  status     text not null,
  cap_period text not null,
  program    text not null,
  payer      text not null,
  primary key (bucket, person, partner, id, known)
) without rowid;
create index auth_fact_id on auth_fact (id, partner);

create table span_fact (
  bucket    integer not null,
  person    text not null,
  payer     text not null,
  program   text not null,
  start_day integer not null,
  known     bigint not null,
  received  bigint not null,
  end_day   integer not null,
  partner   text not null,
  member    text not null,
  primary key (bucket, person, payer, program, start_day, known)
) without rowid;

-- Two persons whose rows meet in one chain of replacements, or who held the
-- same key one after the other; both directions.
create table person_link (
  person text not null,
  other  text not null,
  primary key (person, other)
) without rowid;

-- How far a file has been imported.
create table import_file (
  partner   text not null,
  kind      text not null,
  sha256    text not null,
  taken     bigint not null,
  added     bigint not null,
  unchanged bigint not null,
  bad       bigint not null,
  done      integer not null,
  primary key (partner, kind, sha256)
) without rowid;

-- +goose Down
drop table import_file;
drop table person_link;
drop table span_fact;
drop table auth_fact;
drop table service_line;
