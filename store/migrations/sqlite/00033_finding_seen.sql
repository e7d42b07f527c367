-- +goose Up

-- The newest run that has looked at all findings of a program to the end; an empty
-- program is all of them. What is true was seen by it: the row of a finding keeps
-- only the run that opened or changed it, and from its closing on the last that saw it.
create table finding_seen (
  origin  text not null,
  program text not null,
  day     integer not null,
  run     text not null,
  primary key (origin, program)
) without rowid;

-- An opening is an event in the transaction that opens: no run looks for those any
-- more that were opened before there were events.
insert into finding_event (finding, no, state, day, run, at, until, who, why, told)
  select f.id, 1, 'open', f.opened_day, f.opened_run, strftime('%s', 'now') * 1000000, 0, '', '', 0
  from finding f where f.closed_day = 0 and not exists (select 1 from finding_event e where e.finding = f.id);

-- The key of a finding begins as the key of its child does. Ids stay.
update finding set key = substr(person, 1, 8) || substr(key, length(substr(person, 1, 8)) + 1) where person <> '';

-- +goose Down

-- The keys stay: the next run opens anew what is true.
update finding set seen_day = coalesce((select w.day from finding_seen w where w.origin = finding.origin and w.program in (finding.program, '') order by w.program desc limit 1), seen_day),
  seen_run = coalesce((select w.run from finding_seen w where w.origin = finding.origin and w.program in (finding.program, '') order by w.program desc limit 1), seen_run) where closed_day = 0;
drop table finding_seen;
