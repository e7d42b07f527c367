-- +goose Up

-- When a payer's own PAS server may be asked again about a request that it has
-- pended (auth is prior_auth.id).
create table pas_inquiry (
  auth    text not null primary key,
  next_at bigint not null
);

-- +goose Down
drop table pas_inquiry;
