package store

import (
	"context"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Exchange registers the control number of an interchange that came in: false
// when it came before with another content.
func (s *Store) Exchange(ctx context.Context, p gateway.PartnerID, name, content string) (same bool, err error) {
	err = s.inTx(ctx, func(t *tx) error {
		t.put("insert into exchange_in (partner, name, content) values ($1, $2, $3) on conflict (partner, name) do nothing", string(p), name, content)
		var known string
		err := t.row(ctx, "select content from exchange_in where partner = $1 and name = $2", string(p), name).Scan(&known)
		same = known == content
		return err
	})
	return same, s.worded(err)
}

// maxControl is the highest control number (ISA13 has nine digits); after it
// they begin again.
const maxControl = 999_999_999

func nextNumber(ctx context.Context, t *tx, p gateway.PartnerID) (n int64, err error) {
	err = t.row(ctx, `insert into exchange_number (partner, n) values ($1, 1)
		on conflict (partner) do update set n = exchange_number.n % $2 + 1 returning n`, string(p), maxControl).Scan(&n)
	return n, err
}

// NextNumber gives the next control number of what we send to a partner.
func (s *Store) NextNumber(ctx context.Context, p gateway.PartnerID) (n int64, err error) {
	err = s.inTx(ctx, func(t *tx) (err error) {
		n, err = nextNumber(ctx, t, p)
		return err
	})
	return n, s.worded(err)
}

// Control gives the control number and time of the interchange that carries a
// delivery: the same on every try, a new one after a resend was decided.
func (s *Store) Control(ctx context.Context, p gateway.PartnerID, d gateway.DeliveryID) (number int64, at time.Time, err error) {
	var made int64
	err = s.inTx(ctx, func(t *tx) error {
		var resends int64
		if err := t.row(ctx, "select resends from outbox where id = $1"+s.dialect.forUpdate(), string(d)).Scan(&resends); err != nil {
			return err
		}
		err := t.row(ctx, "select number, made_at from exchange_out where delivery = $1 and attempt = $2", string(d), resends).Scan(&number, &made)
		if !noRows(err) {
			return err
		}
		if number, err = nextNumber(ctx, t, p); err != nil {
			return err
		}
		made = s.micros()
		t.put("insert into exchange_out (partner, number, delivery, attempt, state, made_at) values ($1, $2, $3, $4, 'sent', $5)",
			string(p), number, string(d), resends, made)
		return nil
	})
	return number, fromMicros(made), s.worded(err)
}

// Acknowledge takes in a partner's word on an interchange of ours: the delivery
// is delivered when fault is nil, else it waits for a person. A number that we
// never sent is NotFound; a word on what is settled changes nothing.
func (s *Store) Acknowledge(ctx context.Context, p gateway.PartnerID, number int64, fault *gateway.Fault) error {
	return s.worded(s.inTx(ctx, func(t *tx) error {
		var id gateway.DeliveryID
		var state string
		var attempt, resends int
		lane := gateway.Lane{Partner: p}
		var message gateway.MessageID
		err := t.row(ctx, `select x.delivery, x.attempt, o.subject, o.message from exchange_out x join outbox o on o.id = x.delivery
			where x.partner = $1 and x.number = $2`, string(p), number).Scan(&id, &attempt, &lane.Subject, &message)
		if noRows(err) {
			return gateway.Faultf("acknowledge", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "an acknowledgement of a control number that we never sent", Allowed: "the numbers of what we sent", Fix: "send back ISA13 and GS06 as they came"})
		}
		if err != nil {
			return err
		}
		// The lane first, as everywhere: a worker that is about to settle waits or is waited for.
		t.put("update lane set ready_at = ready_at where partner = $1 and subject = $2", string(p), lane.Subject)
		if err := t.row(ctx, "select state, resends from outbox where id = $1", string(id)).Scan(&state, &resends); err != nil {
			return err
		}
		word, outcome, detail := "accepted", "0", ""
		if fault != nil {
			word, outcome, detail = "rejected", "8", clip(fault.Error())
		}
		t.put("update exchange_out set state = $1 where partner = $2 and number = $3", word, string(p), number)
		if state == "delivered" || state == "skipped" || fault != nil && attempt != resends {
			return nil // settled, or a refusal of what was sent again since
		}
		if fault == nil {
			t.put("update outbox set state = 'delivered', done_at = $1, fault = '', code = '', lease = '' where id = $2", s.micros(), string(id))
		} else {
			t.put("update outbox set state = 'parked', fault = $1, code = $2, lease = '' where id = $3", detail, string(fault.Code), string(id))
		}
		if err := s.auditAct(ctx, t, act{who: string(p), action: "acknowledge", typ: "delivery", id: string(id), message: message, outcome: outcome, detail: detail}); err != nil {
			return err
		}
		return s.freeLane(ctx, t, lane)
	}))
}
