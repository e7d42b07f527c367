package store

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Ready lists the lanes of a partner whose head may be tried now. A leased lane
// is ready again when its lease ends.
func (s *Store) Ready(ctx context.Context, p gateway.PartnerID, now time.Time, limit int) ([]gateway.Lane, error) {
	rows, err := s.read.QueryContext(ctx, `select subject from lane
		where partner = $1 and ready_at > 0 and ready_at <= $2 order by ready_at limit $3`, string(p), now.UnixMicro(), limit)
	if err != nil {
		return nil, err
	}
	var out []gateway.Lane
	lane := gateway.Lane{Partner: p}
	return out, eachRow(rows, func() error {
		err := rows.Scan(&lane.Subject)
		out = append(out, lane)
		return err
	})
}

// Head leases a lane and returns its first delivery with what the caller may
// have of it; nil when another worker holds the lane or nothing is due.
func (s *Store) Head(ctx context.Context, l gateway.Lane, c gateway.Caller, holder string) (*gateway.Delivery, error) {
	now := s.Now()
	token := holder + "/" + rand.Text()
	var d *gateway.Delivery
	err := s.inTx(ctx, func(t *tx) error {
		d = nil
		until := now.Add(gateway.LeaseFor).UnixMicro()
		n, err := t.affect(ctx, `update lane set holder = $1, lease_until = $2, ready_at = $2
			where partner = $3 and subject = $4 and ready_at > 0 and ready_at <= $5`,
			token, until, string(l.Partner), l.Subject, now.UnixMicro())
		if err != nil || n == 0 {
			return err
		}
		d, err = s.takeHead(ctx, t, l, token, now)
		if err != nil || d == nil {
			return err
		}
		return load(ctx, t, c, d)
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// takeHead reads the first open delivery of a lane just leased and marks it;
// nil, and the lease given back, when it is not due or waits for a person.
func (s *Store) takeHead(ctx context.Context, t *tx, l gateway.Lane, token string, now time.Time) (*gateway.Delivery, error) {
	d := &gateway.Delivery{Lane: l, Lease: token}
	var items, state string
	var next, first int64
	err := t.row(ctx, `select id, message, idem_key, items, state, attempts, first_at, next_at, resends from outbox
		where partner = $1 and subject = $2 and state in ('ready', 'parked', 'awaiting') order by lane_seq limit 1`,
		string(l.Partner), l.Subject).Scan(&d.ID, &d.Message, &d.Key, &items, &state, &d.Attempts, &first, &next, &d.Resends)
	if noRows(err) || err == nil && (state == "parked" || next > now.UnixMicro()) {
		return nil, s.freeLane(ctx, t, l)
	}
	if err != nil {
		return nil, err
	}
	if first == 0 {
		first = now.UnixMicro()
	}
	d.FirstAt = fromMicros(first)
	if d.Items, err = readItems(items); err != nil {
		return nil, err
	}
	d.Overdue = state == "awaiting"
	return d, t.exec(ctx, "update outbox set lease = $1, first_at = $2 where id = $3", token, first, string(d.ID))
}

// freeLane ends a lane's lease and computes from its deliveries when it is ready
// next: the turn of its head, or never while the head waits for a person. The
// caller holds the lane's row, so no delivery can be added in between.
func (s *Store) freeLane(ctx context.Context, t *tx, l gateway.Lane) error {
	var id, state string
	var next int64
	err := t.row(ctx, `select id, state, next_at from outbox
		where partner = $1 and subject = $2 and state in ('ready', 'parked', 'awaiting') order by lane_seq limit 1`,
		string(l.Partner), l.Subject).Scan(&id, &state, &next)
	if err != nil && !noRows(err) {
		return err
	}
	blocked := ""
	if state == "parked" {
		blocked, next = id, 0
	}
	return t.exec(ctx, `update lane set holder = '', lease_until = 0, ready_at = $1, blocked_by = $2
		where partner = $3 and subject = $4`, next, blocked, string(l.Partner), l.Subject)
}

// Heartbeat extends the lease of a delivery.
func (s *Store) Heartbeat(ctx context.Context, d *gateway.Delivery) error {
	return s.inTx(ctx, func(t *tx) error {
		return s.touchLease(ctx, t, d, s.Now().Add(gateway.LeaseFor))
	})
}

// touchLease sets the end of a lease if d still holds it, and so locks the
// lane's row; ErrFenced when it does not.
func (s *Store) touchLease(ctx context.Context, t *tx, d *gateway.Delivery, until time.Time) error {
	n, err := t.affect(ctx, `update lane set lease_until = $1, ready_at = $1
		where partner = $2 and subject = $3 and holder = $4`,
		until.UnixMicro(), string(d.Lane.Partner), d.Lane.Subject, d.Lease)
	if err == nil && n == 0 {
		return gateway.ErrFenced
	}
	return err
}

// Settle records an attempt and ends the lease, in one transaction with its
// audit row. A worker whose lease went to another changes nothing.
func (s *Store) Settle(ctx context.Context, d *gateway.Delivery, a gateway.Attempt) error {
	return s.inTx(ctx, func(t *tx) error {
		if err := s.touchLease(ctx, t, d, s.Now()); err != nil {
			return err
		}
		row := settled(a)
		n, err := t.affect(ctx, `update outbox set state = $1, attempts = attempts + $2, next_at = $3, remote = $4, fault = $5, done_at = $6, code = $7, lease = '', resends = resends + $8
			where id = $9 and lease = $10 and state in ('ready', 'awaiting')`,
			row.state, row.tries, row.next, row.remote, row.fault, row.done, row.code, row.resends, string(d.ID), d.Lease)
		if err != nil {
			return err
		}
		if n == 0 {
			return gateway.ErrFenced
		}
		s.learn(t, d, a.Learned)
		if row.state != "ready" {
			err := s.auditAct(ctx, t, act{who: string(d.Lane.Partner), action: "deliver", typ: "delivery", id: string(d.ID), message: d.Message, outcome: row.outcome, detail: strings.TrimSpace(row.state + " " + row.fault)})
			if err != nil {
				return err
			}
		}
		return s.freeLane(ctx, t, d.Lane)
	})
}

// outboxRow is an attempt as columns of the outbox.
type outboxRow struct {
	state, remote, fault string
	code                 string // class of the fault
	outcome              string // AuditEvent.outcome: 0 success, 4 refused, 8 failed
	tries                int
	next, done           int64
	resends              int
}

func settled(a gateway.Attempt) outboxRow {
	switch {
	case a.Skipped:
		return outboxRow{state: "skipped", outcome: "4", done: a.At.UnixMicro(), fault: "the destination may have none of it"}
	case a.Resend:
		return outboxRow{state: "ready", resends: 1, next: a.At.UnixMicro(), fault: clip(a.Fault.Error()), code: string(a.Fault.Code)}
	case !a.Awaits.IsZero():
		return outboxRow{state: "awaiting", outcome: "0", tries: 1, next: a.Awaits.UnixMicro(), remote: clip(a.Remote)}
	case a.Fault == nil:
		return outboxRow{state: "delivered", outcome: "0", tries: 1, done: a.At.UnixMicro(), remote: clip(a.Remote)}
	case a.Next.IsZero():
		return outboxRow{state: "parked", outcome: "8", tries: 1, fault: clip(a.Fault.Error()), code: string(a.Fault.Code)}
	}
	return outboxRow{state: "ready", tries: 1, code: string(a.Fault.Code), next: a.Next.UnixMicro(), fault: clip(a.Fault.Error())}
}

// Yield ends the lease of a delivery that was not tried; the next holder may
// take it at once.
func (s *Store) Yield(ctx context.Context, d *gateway.Delivery) error {
	return s.inTx(ctx, func(t *tx) error {
		if err := s.touchLease(ctx, t, d, s.Now()); err != nil {
			return err
		}
		t.put("update outbox set lease = '' where id = $1 and lease = $2", string(d.ID), d.Lease)
		return s.freeLane(ctx, t, d.Lane)
	})
}
