-- +goose Up
create table partner_token (
  hash        text collate "C" not null primary key,
  partner     text collate "C" not null,
  label       text collate "C" not null,
  created_at  bigint not null,
  expires_at  bigint not null,
  revoked_at  bigint not null default 0
);

create table person (
  id         text collate "C" not null primary key,
  bucket     integer not null,
  moved_to   text collate "C" not null default '',
  created_at bigint not null
);

-- Which identifiers name which person. Systems that are not trusted across
-- partners are kept as "partner|system".
create table patient_xref (
  system text collate "C" not null,
  value  text collate "C" not null,
  person text collate "C" not null,
  primary key (system, value)
);

-- Who is related to a child, by scope (gateway.Scopes), in which days.
create table relation (
  person    text collate "C" not null,
  scope     text collate "C" not null,
  why       text collate "C" not null,
  ref       text collate "C" not null,
  sender    text collate "C" not null,
  lo        integer not null,
  hi        integer not null,
  confirmed smallint not null,
  primary key (person, scope, why, ref, sender)
);

-- To whom a Task or ServiceRequest is addressed: they may see it before they
-- are related to the child.
create table addressed (
  type  text collate "C" not null,
  id    text collate "C" not null,
  scope text collate "C" not null,
  primary key (type, id, scope)
);

create table inbox (
  id            text collate "C" not null primary key,
  partner       text collate "C" not null,
  channel       text collate "C" not null,
  msg_key       text collate "C" not null,
  kind          text collate "C" not null,
  sha256        text collate "C" not null,
  body          bytea not null,
  ask           text collate "C" not null,
  origin        text collate "C" not null,
  state         text collate "C" not null,
  generation    integer not null,
  mapping       text collate "C" not null,
  fault         text collate "C" not null,
  issues        text collate "C" not null,
  answer_status integer not null,
  answer_head   text collate "C" not null,
  answer_body   bytea,
  answer_effect integer not null,
  received_at   bigint not null,
  seq           bigint not null,
  routed        smallint not null,
  unique (partner, channel, msg_key)
);
create index inbox_unrouted on inbox (seq) where routed = 0;
create index inbox_state on inbox (state, seq) where state <> 'accepted';

-- Both bodies of a key that came back with other content.
create table quarantine (
  id          text collate "C" not null primary key,
  message     text collate "C" not null,
  partner     text collate "C" not null,
  body        bytea not null,
  sha256      text collate "C" not null,
  received_at bigint not null
);

create table effect (
  message    text collate "C" not null,
  generation integer not null,
  no         integer not null,
  type       text collate "C" not null,
  id         text collate "C" not null,
  version    bigint not null,
  verb       text collate "C" not null,
  person     text collate "C" not null,
  primary key (message, generation, no)
);

create table resource (
  type       text collate "C" not null,
  id         text collate "C" not null,
  version    bigint not null,
  bucket     integer not null,
  person     text collate "C" not null,
  source     text collate "C" not null,
  directory  smallint not null,
  labels     bigint not null,
  lo         integer not null,
  hi         integer not null,
  verb       text collate "C" not null,
  updated_at bigint not null,
  seq        bigint not null,
  json       bytea,
  primary key (type, id)
);
create index resource_seq on resource (type, seq);
create index resource_person on resource (person, type, seq) where person <> '';
create index resource_updated on resource (type, updated_at);

-- Versions that were current once; the current one is in resource.
create table resource_history (
  type       text collate "C" not null,
  id         text collate "C" not null,
  version    bigint not null,
  person     text collate "C" not null,
  source     text collate "C" not null,
  directory  smallint not null,
  labels     bigint not null,
  lo         integer not null,
  hi         integer not null,
  verb       text collate "C" not null,
  updated_at bigint not null,
  seq        bigint not null,
  json       bytea,
  primary key (type, id, version)
);

-- The resource of a business key; its row is also the lock of that key.
create table identity (
  type     text collate "C" not null,
  system   text collate "C" not null,
  value    text collate "C" not null,
  resource text collate "C" not null,
  primary key (type, system, value)
);

-- What a partner calls a resource ("Patient/123") and what it is here.
create table source_ref (
  partner  text collate "C" not null,
  ref      text collate "C" not null,
  resource text collate "C" not null,
  primary key (partner, ref)
);

create table search_token (
  type   text collate "C" not null,
  param  text collate "C" not null,
  value  text collate "C" not null,
  system text collate "C" not null,
  id     text collate "C" not null,
  primary key (type, param, value, system, id)
);
create table search_string (
  type  text collate "C" not null,
  param text collate "C" not null,
  value text collate "C" not null,
  exact text collate "C" not null,
  id    text collate "C" not null,
  primary key (type, param, value, exact, id)
);
create table search_date (
  type  text collate "C" not null,
  param text collate "C" not null,
  lo    bigint not null,
  hi    bigint not null,
  id    text collate "C" not null,
  primary key (type, param, lo, hi, id)
);
create table search_ref (
  type   text collate "C" not null,
  param  text collate "C" not null,
  target text collate "C" not null,
  form   text collate "C" not null,
  system text collate "C" not null,
  id     text collate "C" not null,
  primary key (type, param, target, form, system, id)
);
create table search_quantity (
  type   text collate "C" not null,
  param  text collate "C" not null,
  lo     bigint not null,
  hi     bigint not null,
  system text collate "C" not null,
  code   text collate "C" not null,
  id     text collate "C" not null,
  primary key (type, param, lo, hi, system, code, id)
);

create table lane (
  partner     text collate "C" not null,
  subject     text collate "C" not null,
  next_seq    bigint not null,
  blocked_by  text collate "C" not null default '',
  holder      text collate "C" not null default '',
  lease_until bigint not null default 0,
  primary key (partner, subject)
);

create table outbox (
  id         text collate "C" not null primary key,
  message    text collate "C" not null,
  partner    text collate "C" not null,
  subject    text collate "C" not null,
  lane_seq   bigint not null,
  idem_key   text collate "C" not null unique,
  items      text collate "C" not null,
  state      text collate "C" not null,
  attempts   integer not null default 0,
  first_at   bigint not null,
  next_at    bigint not null,
  lease      text collate "C" not null default '',
  remote     text collate "C" not null default '',
  fault      text collate "C" not null default '',
  done_at    bigint not null default 0
);
create index outbox_ready on outbox (partner, subject, lane_seq) where state = 'ready';
create index outbox_message on outbox (message);

create table schedule_run (
  schedule    text collate "C" not null,
  slot        text collate "C" not null,
  state       text collate "C" not null,
  holder      text collate "C" not null,
  lease_until bigint not null,
  started_at  bigint not null,
  finished_at bigint not null default 0,
  result      text collate "C" not null default '',
  primary key (schedule, slot)
);

create table lease (
  name   text collate "C" not null primary key,
  holder text collate "C" not null,
  until  bigint not null
);

create table audit (
  seq     bigint not null,
  no      integer not null,
  at      bigint not null,
  partner text collate "C" not null,
  action  text collate "C" not null,
  type    text collate "C" not null,
  id      text collate "C" not null,
  message text collate "C" not null,
  outcome text collate "C" not null,
  detail  text collate "C" not null,
  primary key (seq, no)
);
create index audit_target on audit (type, id);

create sequence commit_seq cache 1;

-- +goose Down
drop table audit;
drop table lease;
drop table schedule_run;
drop table outbox;
drop table lane;
drop table search_quantity;
drop table search_ref;
drop table search_date;
drop table search_string;
drop table search_token;
drop table source_ref;
drop table identity;
drop table resource_history;
drop table resource;
drop table effect;
drop table quarantine;
drop table inbox;
drop table addressed;
drop table relation;
drop table patient_xref;
drop table person;
drop table partner_token;
drop sequence commit_seq;
