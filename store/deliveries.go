package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// ListDeliveries reads deliveries for whoever operates the gateway, oldest
// first; next continues the list and is empty at its end.
func (s *Store) ListDeliveries(ctx context.Context, f gateway.DeliveryFilter, p gateway.Paging) (out []gateway.DeliveryStatus, next string, err error) {
	var args []any
	where, err := deliveryTerms(f, p.After, &args)
	if err != nil {
		return nil, "", err
	}
	rows, err := s.read.QueryContext(ctx, `select o.id, o.message, o.partner, o.subject, o.idem_key, o.items, o.state, o.attempts,
		o.first_at, o.next_at, o.queued_at, o.done_at, o.remote, o.fault, o.code, l.blocked_by
		from outbox o join lane l on l.partner = o.partner and l.subject = o.subject
		where `+where+" order by o.queued_at, o.id limit "+bind(&args, p.Size()+1), args...)
	if err != nil {
		return nil, "", err
	}
	err = eachRow(rows, func() error {
		d, err := scanDelivery(rows)
		out = append(out, d)
		return err
	})
	if err != nil || len(out) <= p.Size() {
		return out, "", err
	}
	out = out[:p.Size()]
	return out, out[len(out)-1].Cursor(), nil
}

func deliveryTerms(f gateway.DeliveryFilter, after string, args *[]any) (string, error) {
	where := []string{"1 = 1"}
	for _, term := range [][2]string{{"o.partner", string(f.Partner)}, {"o.subject", f.Subject}, {"o.message", string(f.Message)}, {"o.id", string(f.ID)}} {
		if term[1] != "" {
			where = append(where, term[0]+" = "+bind(args, term[1]))
		}
	}
	switch f.State {
	case "":
	case "ready", "parked", "awaiting":
		where = append(where, "o.state in ('ready', 'parked', 'awaiting')", "o.state = "+bind(args, f.State)) // the first term lets the partial index serve it
	case "open":
		where = append(where, "o.state in ('ready', 'parked', 'awaiting')")
	default:
		where = append(where, "o.state = "+bind(args, f.State))
	}
	if after != "" {
		var at int64
		var id string
		if _, err := fmt.Sscanf(after, "%d.%s", &at, &id); err != nil {
			return "", gateway.Faultf("list", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Found: "a cursor that is not ours", Fix: "use the one the last page gave"})
		}
		where = append(where, fmt.Sprintf("(o.queued_at > %[1]d or o.queued_at = %[1]d and o.id > %[2]s)", at, bind(args, id)))
	}
	return strings.Join(where, " and "), nil
}

func scanDelivery(row scanner) (gateway.DeliveryStatus, error) {
	var d gateway.DeliveryStatus
	var items string
	var first, next, queued, done int64
	err := row.Scan(&d.ID, &d.Message, &d.Lane.Partner, &d.Lane.Subject, &d.Key, &items, &d.State, &d.Attempts,
		&first, &next, &queued, &done, &d.Remote, &d.Fault, &d.Code, &d.BlockedBy)
	if err != nil {
		return d, err
	}
	d.FirstAt, d.NextAt, d.QueuedAt, d.DoneAt = fromMicros(first), fromMicros(next), fromMicros(queued), fromMicros(done)
	d.Items, err = readItems(items)
	return d, err
}

// OpenDeliveries counts what waits, by partner and state: for metrics and the console.
func (s *Store) OpenDeliveries(ctx context.Context) ([]gateway.LaneCount, error) {
	rows, err := s.read.QueryContext(ctx, `select partner, state, count(*), min(queued_at) from outbox
		where state in ('ready', 'parked', 'awaiting') group by partner, state order by partner, state`)
	if err != nil {
		return nil, err
	}
	var out []gateway.LaneCount
	return out, eachRow(rows, func() error {
		var c gateway.LaneCount
		var oldest int64
		err := rows.Scan(&c.Partner, &c.State, &c.N, &oldest)
		c.Oldest = fromMicros(oldest)
		out = append(out, c)
		return err
	})
}

// Release lets a parked delivery be tried again, with its retry time anew: its
// cause was mended.
func (s *Store) Release(ctx context.Context, id gateway.DeliveryID, reason, who string) error {
	return s.decide(ctx, id, "release", reason, who, []string{"parked"},
		`update outbox set state = 'ready', first_at = $1, next_at = $1, lease = '', resends = resends + 1 where id = $2`)
}

// Skip leaves one delivery out for good; its lane goes on.
func (s *Store) Skip(ctx context.Context, id gateway.DeliveryID, reason, who string) error {
	return s.decide(ctx, id, "skip", reason, who, []string{"ready", "parked", "awaiting"},
		`update outbox set state = 'skipped', done_at = $1, lease = '' where id = $2`)
}

// Park holds one delivery, and with it all that follows in its lane, until a
// person releases or skips it.
func (s *Store) Park(ctx context.Context, id gateway.DeliveryID, reason, who string) error {
	return s.decide(ctx, id, "hold", reason, who, []string{"ready"},
		`update outbox set state = 'parked', fault = 'held by an operator', code = 'stopped', next_at = $1, lease = '' where id = $2`)
}

// decide is a person's decision on one delivery: audited, and refused while a
// worker is sending it.
func (s *Store) decide(ctx context.Context, id gateway.DeliveryID, action, reason, who string, from []string, update string) error {
	return s.decideWith(ctx, id, action, reason, who, from, update, func(*tx) {})
}

// decideWith is decide with more to write in the same transaction.
func (s *Store) decideWith(ctx context.Context, id gateway.DeliveryID, action, reason, who string, from []string, update string, more func(*tx)) error {
	if err := needReason(action, reason); err != nil {
		return err
	}
	return s.inTx(ctx, func(t *tx) error {
		lane, message, err := s.lockLaneOf(ctx, t, id, action, from)
		if err != nil {
			return err
		}
		t.put(update, s.micros(), string(id))
		more(t)
		err = s.auditAct(ctx, t, act{who: who, action: action, typ: "delivery", id: string(id), message: message, outcome: "0", detail: reason})
		if err != nil {
			return err
		}
		return s.freeLane(ctx, t, lane)
	})
}

// lockLaneOf locks the lane of a delivery, which must be in one of the states
// and not on its way.
func (s *Store) lockLaneOf(ctx context.Context, t *tx, id gateway.DeliveryID, action string, from []string) (lane gateway.Lane, message gateway.MessageID, err error) {
	var state, lease string
	err = t.row(ctx, "select partner, subject, message from outbox where id = $1", string(id)).Scan(&lane.Partner, &lane.Subject, &message)
	if noRows(err) {
		return lane, "", gateway.Faultf(action, gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no delivery with this id"})
	}
	if err != nil {
		return lane, "", err
	}
	n, err := t.affect(ctx, "update lane set ready_at = ready_at where partner = $1 and subject = $2 and (holder = '' or lease_until <= $3)",
		string(lane.Partner), lane.Subject, s.micros())
	if err != nil {
		return lane, "", err
	}
	if n == 0 {
		return lane, "", gateway.Faultf(action, gateway.Busy, fhir.Issue{Code: "lock-error", Found: "its lane is being sent right now", Fix: "try again in a few seconds"})
	}
	if err := t.row(ctx, "select state, lease from outbox where id = $1", string(id)).Scan(&state, &lease); err != nil {
		return lane, "", err
	}
	for _, want := range from {
		if state == want {
			return lane, message, nil
		}
	}
	return lane, "", gateway.Faultf(action, gateway.Conflict, fhir.Issue{Code: "conflict", Found: "a delivery that is " + state, Allowed: strings.Join(from, " or ")})
}

func needReason(action, reason string) error {
	if strings.TrimSpace(reason) != "" {
		return nil
	}
	return gateway.Faultf(action, gateway.Invalid, fhir.Issue{Code: fhir.CodeRequired, Found: "no reason", Fix: "say why; it is kept in the audit trail"})
}

// act is what somebody did to a message or delivery, as the audit trail keeps it.
type act struct {
	who, action, typ, id string
	message              gateway.MessageID
	outcome, detail      string
}

func (s *Store) auditAct(ctx context.Context, t *tx, a act) error {
	seq, err := s.dialect.nextSeq(ctx, t, 1)
	if err != nil {
		return err
	}
	t.put(`insert into audit (seq, no, at, partner, action, type, id, message, outcome, detail) values ($1, 0, $2, $3, $4, $5, $6, $7, $8, $9)`,
		seq, s.micros(), a.who, a.action, a.typ, a.id, string(a.message), a.outcome, clip(a.detail))
	return nil
}
