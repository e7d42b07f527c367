-- +goose Up

-- The decision clocks of prior authorizations as the clock job saw them last: one
-- for each submission that asks for something. version is the authorization's at
-- that time; stop_at 0 = it runs; alert is the highest share of the time, in
-- percent, that people were told of.
create table prior_auth_clock (
  id        text collate "C" not null,
  revision  integer not null,
  version   bigint not null,
  payer     text collate "C" not null,
  start_at  bigint not null,
  due_at    bigint not null,
  stop_at   bigint not null,
  expedited integer not null,
  extended  integer not null,
  alert     integer not null,
  state     text collate "C" not null,
  seen_at   bigint not null,
  primary key (id, revision)
);
create index prior_auth_clock_running on prior_auth_clock (id) where stop_at = 0;
create index auth_fact_end on auth_fact (end_day);

-- +goose Down
drop index auth_fact_end;
drop table prior_auth_clock;
