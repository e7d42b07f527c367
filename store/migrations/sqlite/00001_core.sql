-- +goose Up
create table partner_token (
  hash        text not null primary key,
  partner     text not null,
  label       text not null,
  created_at  bigint not null,
  expires_at  bigint not null,
  revoked_at  bigint not null default 0
) without rowid;

create table person (
  id         text not null primary key,
  bucket     integer not null,
  moved_to   text not null default '',
  created_at bigint not null
);

-- Which identifiers name which person. Systems that are not trusted across
-- partners are kept as "partner|system".
create table patient_xref (
  system text not null,
  value  text not null,
  person text not null,
  primary key (system, value)
) without rowid;

-- Who is related to a child, by scope (gateway.Scopes), in which days.
create table relation (
  person    text not null,
  scope     text not null,
  why       text not null,
  ref       text not null,
  sender    text not null,
  lo        integer not null,
  hi        integer not null,
  confirmed smallint not null,
  primary key (person, scope, why, ref, sender)
) without rowid;

-- To whom a Task or ServiceRequest is addressed: they may see it before they
-- are related to the child.
create table addressed (
  type  text not null,
  id    text not null,
  scope text not null,
  primary key (type, id, scope)
) without rowid;

create table inbox (
  id            text not null primary key,
  partner       text not null,
  channel       text not null,
  msg_key       text not null,
  kind          text not null,
  sha256        text not null,
  body          blob not null,
  ask           text not null,
  origin        text not null,
  state         text not null,
  generation    integer not null,
  mapping       text not null,
  fault         text not null,
  issues        text not null,
  answer_status integer not null,
  answer_head   text not null,
  answer_body   blob,
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
  id          text not null primary key,
  message     text not null,
  partner     text not null,
  body        blob not null,
  sha256      text not null,
  received_at bigint not null
);

create table effect (
  message    text not null,
  generation integer not null,
  no         integer not null,
  type       text not null,
  id         text not null,
  version    bigint not null,
  verb       text not null,
  person     text not null,
  primary key (message, generation, no)
) without rowid;

create table resource (
  type       text not null,
  id         text not null,
  version    bigint not null,
  bucket     integer not null,
  person     text not null,
  source     text not null,
  directory  smallint not null,
  labels     bigint not null,
  lo         integer not null,
  hi         integer not null,
  verb       text not null,
  updated_at bigint not null,
  seq        bigint not null,
  json       blob,
  primary key (type, id)
);
create index resource_seq on resource (type, seq);
create index resource_person on resource (person, type, seq) where person <> '';
create index resource_updated on resource (type, updated_at);

-- Versions that were current once; the current one is in resource.
create table resource_history (
  type       text not null,
  id         text not null,
  version    bigint not null,
  person     text not null,
  source     text not null,
  directory  smallint not null,
  labels     bigint not null,
  lo         integer not null,
  hi         integer not null,
  verb       text not null,
  updated_at bigint not null,
  seq        bigint not null,
  json       blob,
  primary key (type, id, version)
);

-- The resource of a business key; its row is also the lock of that key.
create table identity (
  type     text not null,
  system   text not null,
  value    text not null,
  resource text not null,
  primary key (type, system, value)
) without rowid;

-- What a partner calls a resource ("Patient/123") and what it is here.
create table source_ref (
  partner  text not null,
  ref      text not null,
  resource text not null,
  primary key (partner, ref)
) without rowid;

create table search_token (
  type   text not null,
  param  text not null,
  value  text not null,
  system text not null,
  id     text not null,
  primary key (type, param, value, system, id)
) without rowid;
create table search_string (
  type  text not null,
  param text not null,
  value text not null,
  exact text not null,
  id    text not null,
  primary key (type, param, value, exact, id)
) without rowid;
create table search_date (
  type  text not null,
  param text not null,
  lo    bigint not null,
  hi    bigint not null,
  id    text not null,
  primary key (type, param, lo, hi, id)
) without rowid;
create table search_ref (
  type   text not null,
  param  text not null,
  target text not null,
  form   text not null,
  system text not null,
  id     text not null,
  primary key (type, param, target, form, system, id)
) without rowid;
create table search_quantity (
  type   text not null,
  param  text not null,
  lo     bigint not null,
  hi     bigint not null,
  system text not null,
  code   text not null,
  id     text not null,
  primary key (type, param, lo, hi, system, code, id)
) without rowid;

create table lane (
  partner     text not null,
  subject     text not null,
  next_seq    bigint not null,
  blocked_by  text not null default '',
  holder      text not null default '',
  lease_until bigint not null default 0,
  primary key (partner, subject)
) without rowid;

create table outbox (
  id         text not null primary key,
  message    text not null,
  partner    text not null,
  subject    text not null,
  lane_seq   bigint not null,
  idem_key   text not null unique,
  items      text not null,
  state      text not null,
  attempts   integer not null default 0,
  first_at   bigint not null,
  next_at    bigint not null,
  lease      text not null default '',
  remote     text not null default '',
  fault      text not null default '',
  done_at    bigint not null default 0
);
create index outbox_ready on outbox (partner, subject, lane_seq) where state = 'ready';
create index outbox_message on outbox (message);

create table schedule_run (
  schedule    text not null,
  slot        text not null,
  state       text not null,
  holder      text not null,
  lease_until bigint not null,
  started_at  bigint not null,
  finished_at bigint not null default 0,
  result      text not null default '',
  primary key (schedule, slot)
) without rowid;

create table lease (
  name   text not null primary key,
  holder text not null,
  until  bigint not null
) without rowid;

create table audit (
  seq     bigint not null,
  no      integer not null,
  at      bigint not null,
  partner text not null,
  action  text not null,
  type    text not null,
  id      text not null,
  message text not null,
  outcome text not null,
  detail  text not null,
  primary key (seq, no)
);
create index audit_target on audit (type, id);

create table commit_seq (n integer not null);
insert into commit_seq values (0);

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
drop table commit_seq;
