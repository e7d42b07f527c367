-- +goose Up

-- What the rules of programs and the three sides of the night do not find in
-- order, each with its life: one row is one opening. The key is a hash of rule,
-- program, person, record and item: the same finding of tomorrow is known again.
create table finding (
  id         text primary key,
  key        text not null,
  opening    integer not null,
  origin     text not null,
  rule       text not null,
  kind       text not null,
  program    text not null,
  person     text not null,
  partner    text not null,
  record     text not null,
  item       text not null,
  force      text not null,
  violation  integer not null,
  owner      text not null,
  reason     text not null,
  cites      text not null,
  state      text not null,
  opened_day integer not null,
  opened_run text not null,
  seen_day   integer not null,
  seen_run   text not null,
  closed_day integer not null,
  closed_run text not null,
  waived_to  integer not null,
  waived_by  text not null,
  waived_why text not null,
  unique (key, opening)
) without rowid;
create unique index finding_alive on finding (key) where closed_day = 0;
create index finding_state on finding (state, program, rule);
create index finding_person on finding (person);

-- The newest run that each origin's findings follow.
create table finding_follow (
  origin text primary key,
  as_of  integer not null,
  run    text not null,
  at     bigint not null
) without rowid;

-- +goose Down
drop table finding_follow;
drop table finding;
