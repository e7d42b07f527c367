-- +goose Up

-- Prior authorizations: the current state (doc is a gateway.Authorization), every
-- version of it, and the names it is found by.
create table prior_auth (
  id         text collate "C" not null primary key,
  version    bigint not null,
  requester  text collate "C" not null,
  payer      text collate "C" not null,
  person     text collate "C" not null,
  state      text collate "C" not null,
  created_at bigint not null,
  updated_at bigint not null,
  seq        bigint not null,
  doc        text collate "C" not null
);
create index prior_auth_person on prior_auth (person);
create index prior_auth_queue on prior_auth (payer, state, created_at, id);

create table prior_auth_version (
  id      text collate "C" not null,
  version bigint not null,
  message text collate "C" not null,
  at      bigint not null,
  doc     text collate "C" not null,
  primary key (id, version)
);
create index prior_auth_message on prior_auth_version (message);

-- kind: trace, number, claim. owner is the requester's id; of a trace there is a
-- row for its payer too, who knows the value only.
create table prior_auth_name (
  kind   text collate "C" not null,
  owner  text collate "C" not null,
  value  text collate "C" not null,
  system text collate "C" not null,
  id     text collate "C" not null,
  primary key (kind, owner, value, system, id)
);

-- Which version a submission was answered with: a repeat gets the same.
create table prior_auth_answer (
  message text collate "C" not null primary key,
  id      text collate "C" not null,
  version bigint not null
);

-- R4 topic-based subscriptions to pended authorizations. doc is the Subscription
-- as sent; header is the secret the subscriber wants to see.
create table subscription (
  id         text collate "C" not null primary key,
  partner    text collate "C" not null,
  status     text collate "C" not null,
  version    bigint not null,
  filters    text collate "C" not null,
  endpoint   text collate "C" not null,
  header     text collate "C" not null,
  heartbeat  bigint not null,
  events     bigint not null,
  sent       bigint not null,
  attempts   integer not null,
  next_at    bigint not null,
  lease      text collate "C" not null,
  lease_until bigint not null,
  failed_at  bigint not null,
  fault      text collate "C" not null,
  created_at bigint not null,
  ends_at    bigint not null,
  doc        bytea not null
);
create index subscription_partner on subscription (partner);
create index subscription_due on subscription (next_at) where next_at > 0;

create table subscription_event (
  subscription text collate "C" not null,
  number       bigint not null,
  at           bigint not null,
  auth         text collate "C" not null,
  version      bigint not null,
  primary key (subscription, number)
);

-- +goose Down
drop table subscription_event;
drop table subscription;
drop table prior_auth_answer;
drop table prior_auth_name;
drop table prior_auth_version;
drop table prior_auth;
