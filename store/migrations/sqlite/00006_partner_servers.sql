-- +goose Up

-- What a partner's server calls a resource of ours, which version it has, and
-- which of ours that was made of (gateway.Remote).
create table remote_ref (
  partner  text not null,
  resource text not null,
  remote   text not null,
  version  text not null,
  sent     bigint not null,
  merged   smallint not null,
  settled  text not null default '',
  primary key (partner, resource)
) without rowid;
create index remote_ref_theirs on remote_ref (partner, remote);

-- Resources that both sides changed in the same elements: a person decides.
create table delivery_conflict (
  delivery   text not null,
  resource   text not null,
  partner    text not null,
  remote     text not null,
  version    text not null,
  sent       bigint not null,
  tried      bigint not null,
  elements   text not null,
  content    blob not null,
  state      text not null,
  found_at   bigint not null,
  decided_at bigint not null default 0,
  primary key (delivery, resource)
);
create index delivery_conflict_open on delivery_conflict (found_at, delivery) where state = 'open';

-- How far a feed of a partner was read: a poll by type, a bulk export.
create table feed (
  partner    text not null,
  name       text not null,
  place      text not null,
  updated_at bigint not null,
  primary key (partner, name)
) without rowid;

-- One-time links by which a receiver without a system answers a referral.
create table referral_link (
  id         text not null primary key,
  partner    text not null,
  task       text not null,
  version    bigint not null,
  delivery   text not null,
  created_at bigint not null,
  expires_at bigint not null,
  used_at    bigint not null default 0,
  answer     text not null default ''
);
create index referral_link_task on referral_link (task);

-- +goose Down
drop table referral_link;
drop table feed;
drop table delivery_conflict;
drop table remote_ref;
