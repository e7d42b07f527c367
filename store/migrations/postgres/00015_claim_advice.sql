-- +goose Up

-- What payers said about the lines of claims (X12 835), kept for lines that come
-- after it. The denial in force of a line stands in the line's own versions.
create table claim_advice (
  bucket    smallint not null,
  person    text collate "C" not null,
  partner   text collate "C" not null,
  claim     text collate "C" not null,
  line      text collate "C" not null,
  code      text collate "C" not null,
  modifiers text collate "C" not null,
  day       integer not null,
  known     bigint not null,
  received  bigint not null,
  reason    text collate "C" not null,
  control   text collate "C" not null,
  member    text collate "C" not null,
  primary key (bucket, person, partner, claim, line, code, modifiers, day, known)
);

-- +goose Down
drop table claim_advice;
