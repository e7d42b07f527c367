-- +goose Up

-- Records as partners sent them, whole, for the rules of programs: one row is one
-- version of (partner, kind, id); body is the record's canonical JSON. Records
-- about no child (staff) have no person and stand in bucket -1.
create table record_fact (
  bucket   integer not null,
  person   text not null,
  partner  text not null,
  kind     text not null,
  id       text not null,
  known    bigint not null,
  received bigint not null,
  body     text not null,
  member   text not null,
  primary key (bucket, person, partner, kind, id, known)
);
create index record_fact_key on record_fact (partner, kind, id, received, known);

-- +goose Down
drop table record_fact;
