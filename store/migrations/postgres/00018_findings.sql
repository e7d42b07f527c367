-- +goose Up

-- What the rules of programs and the three sides of the night do not find in
-- order, each with its life: one row is one opening. The key is a hash of rule,
-- program, person, record and item: the same finding of tomorrow is known again.
create table finding (
  id         text collate "C" primary key,
  key        text collate "C" not null,
  opening    integer not null,
  origin     text collate "C" not null,
  rule       text collate "C" not null,
  kind       text collate "C" not null,
  program    text collate "C" not null,
  person     text collate "C" not null,
  partner    text collate "C" not null,
  record     text collate "C" not null,
  item       text collate "C" not null,
  force      text collate "C" not null,
  violation  integer not null,
  owner      text collate "C" not null,
  reason     text collate "C" not null,
  cites      text collate "C" not null,
  state      text collate "C" not null,
  opened_day integer not null,
  opened_run text collate "C" not null,
  seen_day   integer not null,
  seen_run   text collate "C" not null,
  closed_day integer not null,
  closed_run text collate "C" not null,
  waived_to  integer not null,
  waived_by  text collate "C" not null,
  waived_why text collate "C" not null,
  unique (key, opening)
);
create unique index finding_alive on finding (key) where closed_day = 0;
create index finding_state on finding (state, program, rule);
create index finding_person on finding (person);

-- The newest run that each origin's findings follow.
create table finding_follow (
  origin text collate "C" primary key,
  as_of  integer not null,
  run    text collate "C" not null,
  at     bigint not null
);

-- +goose Down
drop table finding_follow;
drop table finding;
