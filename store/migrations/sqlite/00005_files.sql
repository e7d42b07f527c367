-- +goose Up

-- One file a partner sent (gateway/intake). A file is known by its content;
-- the counts are also how far it has come.
create table file_intake (
  id           text not null primary key,
  partner      text not null,
  door         text not null,
  name         text not null,
  kind         text not null,
  sha256       text not null,
  size         bigint not null,
  state        text not null,
  cause        text not null default '',
  units        bigint not null default 0,
  accepted     bigint not null default 0,
  repeated     bigint not null default 0,
  held         bigint not null default 0,
  rejected     bigint not null default 0,
  acknowledged bigint not null default 0,
  received_at  bigint not null,
  finished_at  bigint not null default 0
);
create index file_intake_partner on file_intake (partner, received_at, id);
create index file_intake_open on file_intake (partner) where state = 'open';

-- What became of each unit of a file; raw is kept of rejected ones only.
create table file_unit (
  file    text not null,
  no      bigint not null,
  place   text not null,
  status  text not null,
  message text not null,
  issues  text not null,
  raw     blob,
  primary key (file, no)
) without rowid;

-- The acknowledgements a file was answered with (TA1, 999).
create table file_ack (
  file text not null,
  no   integer not null,
  name text not null,
  body blob not null,
  primary key (file, no)
) without rowid;

-- Interchange control numbers that came in: each with one content only.
create table exchange_in (
  partner text not null,
  name    text not null,
  content text not null,
  primary key (partner, name)
) without rowid;

-- Control numbers of what we send: one row a partner counts them.
create table exchange_number (
  partner text not null primary key,
  n       bigint not null
);

-- Which interchange carried which delivery. A resend is a new row.
create table exchange_out (
  partner  text not null,
  number   bigint not null,
  delivery text not null,
  attempt  integer not null,
  state    text not null,
  made_at  bigint not null,
  primary key (partner, number)
) without rowid;
create unique index exchange_out_delivery on exchange_out (delivery, attempt);

-- A delivery that was sent and waits for its acknowledgement keeps its lane.
alter table outbox add column resends integer not null default 0;
drop index outbox_head;
drop index outbox_open;
create index outbox_head on outbox (partner, subject, lane_seq) where state in ('ready', 'parked', 'awaiting');
create index outbox_open on outbox (queued_at, id) where state in ('ready', 'parked', 'awaiting');

-- +goose Down
drop index outbox_open;
drop index outbox_head;
create index outbox_head on outbox (partner, subject, lane_seq) where state in ('ready', 'parked');
create index outbox_open on outbox (queued_at, id) where state in ('ready', 'parked');
alter table outbox drop column resends;
drop table exchange_out;
drop table exchange_number;
drop table exchange_in;
drop table file_ack;
drop table file_unit;
drop table file_intake;
