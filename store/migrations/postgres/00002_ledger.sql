-- +goose Up

-- The ledger's facts: append-only versions, visible from the commit number in
-- known on. Rows of one import are written in order of bucket, so a bucket lies
-- in few pages.
create table service_line (
  bucket     smallint not null,
  person     text collate "C" not null,
  partner    text collate "C" not null,
  id         text collate "C" not null,
  known      bigint not null,
  received   bigint not null,
  day        integer not null,
  units      bigint not null,
  scale      smallint not null,
  frequency  smallint not null,
  member     text collate "C" not null,
  claim      text collate "C" not null,
  provider   text collate "C" not null,
  code       text collate "C" not null,
  modifiers  text collate "C" not null,
  day_text   text collate "C" not null,
  unit       text collate "C" not null,
  replaces   text collate "C" not null,
  source     text collate "C" not null,
  auth       text collate "C" not null,
  visit      text collate "C" not null,
  start_time text collate "C" not null,
  denial     text collate "C" not null,
  primary key (bucket, person, partner, id, known)
);
create index service_line_id on service_line (id, partner);
create index service_line_claim on service_line (partner, claim) where claim <> '';
create index service_line_replaces on service_line (partner, replaces) where replaces <> '';

create table auth_fact (
  bucket     smallint not null,
  person     text collate "C" not null,
  partner    text collate "C" not null,
  id         text collate "C" not null,
  known      bigint not null,
  received   bigint not null,
  start_day  integer not null,
  end_day    integer not null,
  units      bigint not null,
  cap_units  bigint not null,
  pending    bigint not null,
  member     text collate "C" not null,
  provider   text collate "C" not null,
  code       text collate "C" not null,
  modifiers  text collate "C" not null,
  unit       text collate "C" not null,
  status     text collate "C" not null,
  cap_period text collate "C" not null,
  program    text collate "C" not null,
  payer      text collate "C" not null,
  primary key (bucket, person, partner, id, known)
);
create index auth_fact_id on auth_fact (id, partner);

create table span_fact (
  bucket    smallint not null,
  person    text collate "C" not null,
  payer     text collate "C" not null,
  program   text collate "C" not null,
  start_day integer not null,
  known     bigint not null,
  received  bigint not null,
  end_day   integer not null,
  partner   text collate "C" not null,
  member    text collate "C" not null,
  primary key (bucket, person, payer, program, start_day, known)
);

-- Two persons whose rows meet in one chain of replacements, or who held the
-- same key one after the other; both directions.
create table person_link (
  person text collate "C" not null,
  other  text collate "C" not null,
  primary key (person, other)
);

-- How far a file has been imported.
create table import_file (
  partner   text collate "C" not null,
  kind      text collate "C" not null,
  sha256    text collate "C" not null,
  taken     bigint not null,
  added     bigint not null,
  unchanged bigint not null,
  bad       bigint not null,
  done      smallint not null,
  known     bigint not null default 0,
  primary key (partner, kind, sha256)
);

-- A run of the reconciliation. no names its tables and rows inside this store.
create table run (
  id       text collate "C" not null primary key,
  no       integer not null unique,
  as_of    integer not null,
  known    bigint not null,
  rules    text collate "C" not null,
  zone     text collate "C" not null,
  state    text collate "C" not null,
  parts    integer not null,
  rows     bigint not null,
  summary  text collate "C" not null default '',
  started  bigint not null,
  finished bigint not null default 0
);

-- Ranges of buckets: claimed by compare-and-set on the token, done once.
create table run_part (
  run         text collate "C" not null,
  no          integer not null,
  lo          smallint not null,
  hi          smallint not null,
  done        smallint not null default 0,
  token       text collate "C" not null default '',
  lease_until bigint not null default 0,
  tally       text collate "C" not null default '',
  primary key (run, no)
);

-- The run that readers of a date see.
create table run_published (
  as_of integer not null primary key,
  run   text collate "C" not null
);

-- One partition for each run, without indexes: written once, read in bulk.
create table verdict (
  run          integer not null,
  bucket       smallint not null,
  units        bigint not null,
  scale        smallint not null,
  matched      bigint not null,
  auths        smallint not null,
  known        bigint not null,
  person       text collate "C" not null,
  partner      text collate "C" not null,
  id           text collate "C" not null,
  verdict      text collate "C" not null,
  auth_partner text collate "C" not null,
  auth         text collate "C" not null,
  flags        text collate "C" not null,
  reason       text collate "C" not null
) partition by list (run);

-- Lines paid by two or more authorizations.
create table split (
  run          integer not null,
  bucket       smallint not null,
  no           smallint not null,
  units        bigint not null,
  partner      text collate "C" not null,
  id           text collate "C" not null,
  auth_partner text collate "C" not null,
  auth         text collate "C" not null
) partition by list (run);

-- used and last are what the run found out; the rest is the version of the
-- authorization that was in force.
create table auth_use (
  run       integer not null,
  bucket    smallint not null,
  used      bigint not null,
  last_day  integer not null,
  units     bigint not null,
  start_day integer not null,
  end_day   integer not null,
  known     bigint not null,
  person    text collate "C" not null,
  partner   text collate "C" not null,
  id        text collate "C" not null,
  status    text collate "C" not null,
  program   text collate "C" not null,
  payer     text collate "C" not null
) partition by list (run);

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
