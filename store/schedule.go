package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/throughline/throughline/gateway"
)

// SlotRun is one run of a schedule: a wall-clock slot and what became of it.
type SlotRun struct {
	Schedule string
	Slot     string // wall-clock date and time in the schedule's zone
	State    string // running, done, failed, installed
	Holder   string
	Attempts int
	Started  time.Time
	Finished time.Time // zero while running
	Result   string
	Lease    time.Time         // until when somebody is at it, or it rests before the next try
	Progress *gateway.Progress // as the holder said last; nil = nothing
}

// Busy says whether somebody is at it at a moment.
func (r *SlotRun) Busy(now time.Time) bool {
	return r.State == "running" && r.Lease.After(now) && r.Finished.IsZero()
}

// LastSlot is the newest slot of a schedule that is not after upTo; empty when
// there is none. Slots after upTo come from a clock that was wrong.
func (s *Store) LastSlot(ctx context.Context, schedule, upTo string) (slot string, err error) {
	err = s.read.QueryRowContext(ctx, "select coalesce(max(slot), '') from schedule_run where schedule = $1 and slot <= $2", schedule, upTo).Scan(&slot)
	return slot, err
}

// OpenSlots are the slots whose run nobody holds any more: their leader died, or
// they failed and are to be tried again. Oldest first.
func (s *Store) OpenSlots(ctx context.Context, schedule string) (slots []string, err error) {
	rows, err := s.read.QueryContext(ctx, "select slot from schedule_run where schedule = $1 and state = 'running' and lease_until <= $2 order by slot", schedule, s.micros())
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		slots = append(slots, "")
		return rows.Scan(&slots[len(slots)-1])
	})
	return slots, err
}

// ClaimSlot makes the holder the one that runs the slot: the first to write its
// row, or the first to come after the holder's lease ended. attempts counts the
// tries, this one included; 0 = not the holder.
func (s *Store) ClaimSlot(ctx context.Context, schedule, slot, holder string, ttl time.Duration) (attempts int, err error) {
	now := s.Now()
	err = s.inTx(ctx, func(t *tx) error {
		attempts = 0
		err := t.row(ctx, `insert into schedule_run (schedule, slot, state, holder, lease_until, started_at, attempts) values ($1, $2, 'running', $3, $4, $5, 1)
			on conflict (schedule, slot) do update set holder = excluded.holder, lease_until = excluded.lease_until, attempts = schedule_run.attempts + 1,
			progress = '', finished_at = 0
			where schedule_run.state = 'running' and schedule_run.lease_until <= $5 returning attempts`,
			schedule, slot, holder, now.Add(ttl).UnixMicro(), now.UnixMicro()).Scan(&attempts)
		if noRows(err) {
			return nil
		}
		return err
	})
	return attempts, err
}

// RenewSlot extends the holder's lease, and keeps how far it has come, unless p is
// nil; false when somebody else has taken over.
func (s *Store) RenewSlot(ctx context.Context, schedule, slot, holder string, ttl time.Duration, p *gateway.Progress) (held bool, err error) {
	var text []byte
	if p != nil {
		if text, err = json.Marshal(p); err != nil {
			return false, err
		}
	}
	return s.moveSlot(ctx, `update schedule_run set lease_until = $4, progress = case when $5 = '' then progress else $5 end
		where schedule = $1 and slot = $2 and holder = $3 and state = 'running'`,
		schedule, slot, holder, s.Now().Add(ttl).UnixMicro(), string(text))
}

// FinishSlot closes the slot with a state and a result; false when somebody else
// has taken over. State running with a time gives it back until then, to be
// tried again.
func (s *Store) FinishSlot(ctx context.Context, schedule, slot, holder, state, result string, again time.Time) (held bool, err error) {
	return s.moveSlot(ctx, `update schedule_run set state = $4, result = $5, lease_until = $6, finished_at = $7
		where schedule = $1 and slot = $2 and holder = $3 and state = 'running'`, schedule, slot, holder, state, result, again.UnixMicro(), s.micros())
}

func (s *Store) moveSlot(ctx context.Context, sql string, args ...any) (held bool, err error) {
	err = s.inTx(ctx, func(t *tx) error {
		n, err := t.affect(ctx, sql, args...)
		held = n == 1
		return err
	})
	return held, err
}

// SlotRuns lists the last runs of a schedule, newest first; of all schedules
// when the name is empty.
func (s *Store) SlotRuns(ctx context.Context, schedule string, limit int) (out []SlotRun, err error) {
	rows, err := s.read.QueryContext(ctx, `select schedule, slot, state, holder, attempts, started_at, finished_at, result, lease_until, progress from schedule_run
		where $1 = '' or schedule = $1 order by slot desc, schedule limit $2`, schedule, limit)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var r SlotRun
		var started, finished, lease int64
		var progress string
		if err := rows.Scan(&r.Schedule, &r.Slot, &r.State, &r.Holder, &r.Attempts, &started, &finished, &r.Result, &lease, &progress); err != nil {
			return err
		}
		r.Started, r.Finished, r.Lease = fromMicros(started), fromMicros(finished), fromMicros(lease)
		if progress != "" {
			r.Progress = &gateway.Progress{}
			if err := json.Unmarshal([]byte(progress), r.Progress); err != nil {
				return err
			}
		}
		out = append(out, r)
		return nil
	})
	return out, err
}
