-- +goose Up

-- Every change of state of a finding, in the transaction that changes it. What
-- is not told yet becomes a message of the gateway's own (told = 0), once.
create table finding_event (
  finding text not null,
  no      integer not null,
  state   text not null,
  day     integer not null,
  run     text not null,
  at      bigint not null,
  until   integer not null,
  who     text not null,
  why     text not null,
  told    integer not null,
  primary key (finding, no)
) without rowid;
create index finding_event_told on finding_event (at, finding, no) where told = 0;
create index finding_kind on finding (kind, state);
create index finding_age on finding (opened_day, id);

-- +goose Down
drop index finding_age;
drop index finding_kind;
drop table finding_event;
