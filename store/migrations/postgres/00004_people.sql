-- +goose Up

-- Messages whose person is in doubt, and what a human decided. persons are the
-- candidates, comma-separated.
create table person_review (
  id         text not null primary key,
  message    text not null unique,
  partner    text not null,
  cause      text not null,
  persons    text not null,
  state      text not null,
  at         bigint not null,
  decided_at bigint not null default 0,
  who        text not null default '',
  reason     text not null default ''
);
create index person_review_open on person_review (at, id) where state = 'open';

-- Two persons whom a human has told apart; both directions.
create table person_apart (
  person text not null,
  other  text not null,
  primary key (person, other)
);

create index person_moved on person (moved_to) where moved_to <> '';
create index patient_xref_person on patient_xref (person);

-- +goose Down
drop index patient_xref_person;
drop index person_moved;
drop table person_apart;
drop table person_review;
