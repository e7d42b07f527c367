-- +goose Up

-- What follows from decisions against children, as the clock job saw it last: one
-- row for each step (notice, window, appeal). step is kind/item/appeal; due_at and
-- done_at 0 = none. filed is the number of the commit that brought the last notice
-- or appeal that was seen; waits 1 = a step waits for somebody.
create table prior_auth_step (
  id      text collate "C" not null,
  step    text collate "C" not null,
  payer   text collate "C" not null,
  due_at  bigint not null,
  done_at bigint not null,
  state   text collate "C" not null,
  outcome text collate "C" not null,
  seen_at bigint not null,
  primary key (id, step)
);
create table prior_auth_stepped (
  id      text collate "C" not null primary key,
  version bigint not null,
  filed   bigint not null,
  waits   integer not null
);
create index prior_auth_requester on prior_auth (requester, state);

-- +goose Down
drop index prior_auth_requester;
drop table prior_auth_stepped;
drop table prior_auth_step;
