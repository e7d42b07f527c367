-- +goose Up

-- What became of the self-check of a run: one bucket judged anew. A run some of whose
-- rows differ is built upon by no other, and made anew when it is asked for again.
create table run_check (
  run    integer primary key,
  bucket integer not null,
  rows   bigint not null,
  differ bigint not null,
  at     bigint not null
);

-- +goose Down
drop table run_check;
