-- +goose Up

-- ready_at is when a lane next has something to do: the turn of its head, the
-- end of a lease, or 0 when it is empty or blocked.
alter table lane add column ready_at bigint not null default 0;
update lane set ready_at = 1 where blocked_by = '' and exists
  (select 1 from outbox o where o.partner = lane.partner and o.subject = lane.subject and o.state = 'ready');
create index lane_ready on lane (partner, ready_at) where ready_at > 0;

alter table outbox add column queued_at bigint not null default 0;
drop index outbox_ready;
create index outbox_head on outbox (partner, subject, lane_seq) where state in ('ready', 'parked');
create index outbox_open on outbox (queued_at, id) where state in ('ready', 'parked');

-- +goose Down
drop index outbox_open;
drop index outbox_head;
create index outbox_ready on outbox (partner, subject, lane_seq) where state = 'ready';
alter table outbox drop column queued_at;
drop index lane_ready;
alter table lane drop column ready_at;
