-- +goose Up

-- Prior authorizations: the current state (doc is a gateway.Authorization), every
-- version of it, and the names it is found by.
create table prior_auth (
  id         text not null primary key,
  version    bigint not null,
  requester  text not null,
  payer      text not null,
  person     text not null,
  state      text not null,
  created_at bigint not null,
  updated_at bigint not null,
  seq        bigint not null,
  doc        text not null
);
create index prior_auth_person on prior_auth (person);
create index prior_auth_queue on prior_auth (payer, state, created_at, id);

create table prior_auth_version (
  id      text not null,
  version bigint not null,
  message text not null,
  at      bigint not null,
  doc     text not null,
  primary key (id, version)
);
create index prior_auth_message on prior_auth_version (message);

-- kind: trace, number, claim. owner is the requester's id; of a trace there is a
-- row for its payer too, who knows the value only.
create table prior_auth_name (
  kind   text not null,
  owner  text not null,
  value  text not null,
  system text not null,
  id     text not null,
  primary key (kind, owner, value, system, id)
);

-- Which version a submission was answered with: a repeat gets the same.
create table prior_auth_answer (
  message text not null primary key,
  id      text not null,
  version bigint not null
);

-- R4 topic-based subscriptions to pended authorizations. doc is the Subscription
-- as sent; header is the secret the subscriber wants to see.
create table subscription (
  id         text not null primary key,
  partner    text not null,
  status     text not null,
  version    bigint not null,
  filters    text not null,
  endpoint   text not null,
  header     text not null,
  heartbeat  bigint not null,
  events     bigint not null,
  sent       bigint not null,
  attempts   integer not null,
  next_at    bigint not null,
  lease      text not null,
  lease_until bigint not null,
  failed_at  bigint not null,
  fault      text not null,
  created_at bigint not null,
  ends_at    bigint not null,
  doc        blob not null
);
create index subscription_partner on subscription (partner);
create index subscription_due on subscription (next_at) where next_at > 0;

create table subscription_event (
  subscription text not null,
  number       bigint not null,
  at           bigint not null,
  auth         text not null,
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
