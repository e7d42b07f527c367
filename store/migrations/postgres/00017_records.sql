-- +goose Up

-- Records as partners sent them, whole, for the rules of programs: one row is one
-- version of (partner, kind, id); body is the record's canonical JSON. Records
-- about no child (staff) have no person and stand in bucket -1.
create table record_fact (
  bucket   smallint not null,
  person   text collate "C" not null,
  partner  text collate "C" not null,
  kind     text collate "C" not null,
  id       text collate "C" not null,
  known    bigint not null,
  received bigint not null,
  body     text collate "C" not null,
  member   text collate "C" not null,
  primary key (bucket, person, partner, kind, id, known)
);
create index record_fact_key on record_fact (partner, kind, id, received, known);

-- +goose Down
drop table record_fact;
