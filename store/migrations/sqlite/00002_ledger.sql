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
create index service_line_id on service_line (id, partner);
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
  known     bigint not null default 0,
  primary key (partner, kind, sha256)
) without rowid;

-- A run of the reconciliation. no names its tables and rows inside this store.
create table run (
  id       text not null primary key,
  no       integer not null unique,
  as_of    integer not null,
  known    bigint not null,
  rules    text not null,
  zone     text not null,
  state    text not null,
  parts    integer not null,
  rows     bigint not null,
  summary  text not null default '',
  started  bigint not null,
  finished bigint not null default 0
) without rowid;

-- Ranges of buckets: claimed by compare-and-set on the token, done once.
create table run_part (
  run         text not null,
  no          integer not null,
  lo          integer not null,
  hi          integer not null,
  done        integer not null default 0,
  token       text not null default '',
  lease_until bigint not null default 0,
  tally       text not null default '',
  primary key (run, no)
) without rowid;

-- The run that readers of a date see.
create table run_published (
  as_of integer not null primary key,
  run   text not null
) without rowid;

create table verdict (
  run          integer not null,
  bucket       integer not null,
  units        bigint not null,
  scale        integer not null,
  matched      bigint not null,
  auths        integer not null,
  known        bigint not null,
  person       text not null,
  partner      text not null,
  id           text not null,
  verdict      text not null,
  auth_partner text not null,
  auth         text not null,
  flags        text not null,
  reason       text not null,
  primary key (run, bucket, person, id, partner)
) without rowid;

-- Lines paid by two or more authorizations.
create table split (
  run          integer not null,
  bucket       integer not null,
  no           integer not null,
  units        bigint not null,
  partner      text not null,
  id           text not null,
  auth_partner text not null,
  auth         text not null,
  primary key (run, bucket, id, partner, no)
) without rowid;

-- used and last are what the run found out; the rest is the version of the
-- authorization that was in force.
create table auth_use (
  run       integer not null,
  bucket    integer not null,
  used      bigint not null,
  last_day  integer not null,
  units     bigint not null,
  start_day integer not null,
  end_day   integer not null,
  known     bigint not null,
  person    text not null,
  partner   text not null,
  id        text not null,
  status    text not null,
  program   text not null,
  payer     text not null,
  primary key (run, bucket, person, id, partner)
) without rowid;

-- A slot that failed is tried again, a few times.
alter table schedule_run add column attempts integer not null default 0;

-- +goose Down
alter table schedule_run drop column attempts;
drop table auth_use;
drop table split;
drop table verdict;
drop table run_published;
drop table run_part;
drop table run;
drop table import_file;
drop table person_link;
drop table span_fact;
drop table auth_fact;
drop table service_line;
