-- +goose Up

-- Children whose records may not be purged, or, with an empty person, all of them.
create table legal_hold (
  id          text collate "C" primary key,
  person      text collate "C" not null,
  reason      text collate "C" not null,
  who         text collate "C" not null,
  at          bigint not null,
  released_at bigint not null default 0,
  released_by text collate "C" not null default ''
);
create index legal_hold_person on legal_hold (person) where released_at = 0;

-- What each purge took away, and the proof that it is gone.
create table retention_run (
  id     text collate "C" primary key,
  at     bigint not null,
  who    text collate "C" not null,
  report text collate "C" not null
);

-- When the bytes of a message were erased; its key, hash and effects stay.
alter table inbox add column erased_at bigint not null default 0;

-- +goose Down
alter table inbox drop column erased_at;
drop table retention_run;
drop table legal_hold;
