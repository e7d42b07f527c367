-- +goose Up

-- code is the class of the last fault, so that nobody reads it out of its words.
alter table outbox add column code text not null default '';
update outbox set code = case
  when fault = 'held by an operator' then 'stopped'
  when fault like '%: malformed%' then 'malformed'
  when fault like '%: unmapped%' then 'unmapped'
  when fault like '%: invalid%' then 'invalid'
  when fault like '%: conflict%' then 'conflict'
  when fault like '%: mismatch%' then 'mismatch'
  when fault like '%: denied%' then 'denied'
  when fault like '%: not_found%' then 'not_found'
  when fault like '%: gone%' then 'gone'
  when fault like '%: not_supported%' then 'not_supported'
  when fault like '%: too_large%' then 'too_large'
  when fault like '%: busy%' then 'busy'
  else 'internal' end
  where fault <> '' and state in ('ready', 'parked');

-- Messages of all, and of one partner, newest first or in commit order.
create index inbox_seq on inbox (seq);
create index inbox_partner on inbox (partner, seq);

-- A replay that a person asked for: it goes on after a restart, in any instance,
-- from its place.
create table replay_job (
  id          text not null primary key,
  kind        text not null,
  filter      text not null,
  reason      text not null,
  who         text not null,
  pin         text not null,
  per_second  integer not null,
  state       text not null,
  total       bigint not null,
  done        bigint not null,
  applied     bigint not null,
  held        bigint not null,
  failed      bigint not null,
  place       text not null,
  created_at  bigint not null,
  updated_at  bigint not null,
  finished_at bigint not null
);
create index replay_job_open on replay_job (created_at, id) where state = 'running';

-- What a replay could not apply, the first of them.
create table replay_note (
  job      text not null,
  no       bigint not null,
  message  text not null,
  delivery text not null,
  state    text not null,
  code     text not null,
  issues   text not null,
  primary key (job, no)
);

-- Who is logged in at the console. Only the hash of a cookie is kept.
create table console_session (
  hash       text not null primary key,
  partner    text not null,
  who        text not null,
  csrf       text not null,
  created_at bigint not null,
  seen_at    bigint not null,
  expires_at bigint not null
);

-- +goose Down
drop table console_session;
drop table replay_note;
drop table replay_job;
drop index inbox_partner;
drop index inbox_seq;
alter table outbox drop column code;
