-- +goose Up

-- What payers said about the lines of claims (X12 835), kept for lines that come
-- after it. The denial in force of a line stands in the line's own versions.
create table claim_advice (
  bucket    integer not null,
  person    text not null,
  partner   text not null,
  claim     text not null,
  line      text not null,
  code      text not null,
  modifiers text not null,
  day       integer not null,
  known     bigint not null,
  received  bigint not null,
  reason    text not null,
  control   text not null,
  member    text not null,
  primary key (bucket, person, partner, claim, line, code, modifiers, day, known)
) without rowid;

-- +goose Down
drop table claim_advice;
