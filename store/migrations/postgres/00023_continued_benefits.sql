-- +goose Up

-- Continuations: authorizations that an open appeal keeps alive (42 CFR 438.420).
-- continues and continues_of are the id and the partner of the authorization that
-- goes on, empty for all others; level_day is the day whose terms count.
alter table auth_fact add column level_day integer not null default 0;
alter table auth_fact add column continues text collate "C" not null default '';
alter table auth_fact add column continues_of text collate "C" not null default '';

-- Notices and appeals are asked for by kind.
create index record_fact_appeals on record_fact (kind, person) where kind in ('adverse_notice', 'appeal');

-- +goose Down
drop index record_fact_appeals;
alter table auth_fact drop column continues_of;
alter table auth_fact drop column continues;
alter table auth_fact drop column level_day;
