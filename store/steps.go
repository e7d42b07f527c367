package store

import (
	"context"
	"fmt"
	"time"

	"github.com/throughline/throughline/gateway"
)

// unstepped is the condition that a request p has steps that wait, or has changed,
// or got a notice or an appeal, since its steps were looked at last. One that is not
// decided can become late at any time.
const unstepped = `(p.state = 'waiting' or not exists (select 1 from prior_auth_stepped l where l.id = p.id and l.version = p.version and l.waits = 0)
	or exists (select 1 from prior_auth_stepped l where l.id = p.id and l.filed < (select coalesce(max(f.known), 0) from record_fact f where f.person = p.person and f.kind in ('adverse_notice', 'appeal'))))`

// StaleSteps lists the requests after an id whose steps have to be looked at.
func (s *Store) StaleSteps(ctx context.Context, after string, limit int) (out []gateway.Authorization, err error) {
	rows, err := s.reading().query(ctx, "select p.doc from prior_auth p where p.id > $1 and "+unstepped+" order by p.id limit $2", after, limit)
	if err != nil {
		return nil, s.worded(err)
	}
	return out, s.worded(eachAuth(rows, func(a *gateway.Authorization) { out = append(out, *a) }))
}

// RequestsWithSteps are the requests by or to the caller that are decided and have
// steps that may wait for somebody.
func (s *Store) RequestsWithSteps(ctx context.Context, c gateway.Caller) (out []gateway.Authorization, err error) {
	rows, err := s.reading().query(ctx, "select p.doc from prior_auth p where (p.payer = $1 or p.requester = $1) and p.state <> 'cancelled' and "+unstepped+" order by p.created_at, p.id", string(c.Partner))
	if err != nil {
		return nil, s.worded(err)
	}
	return out, s.worded(eachAuth(rows, func(a *gateway.Authorization) { out = append(out, *a) }))
}

// RequestsAbout are the requests about one child, for the house itself.
func (s *Store) RequestsAbout(ctx context.Context, person string) (out []gateway.Authorization, err error) {
	rows, err := s.reading().query(ctx, "select doc from prior_auth where person = $1 order by created_at, id", person)
	if err != nil {
		return nil, s.worded(err)
	}
	return out, s.worded(eachAuth(rows, func(a *gateway.Authorization) { out = append(out, *a) }))
}

// PutSteps keeps what a look at the steps of a request found, and gives those
// whose state or outcome has changed: each change is in the audit trail once,
// whoever looks and however often.
func (s *Store) PutSteps(ctx context.Context, a *gateway.Authorization, look *gateway.StepLook, now time.Time) (changed []gateway.Notice, err error) {
	err = s.inTx(ctx, func(t *tx) error {
		changed = nil
		var version int64
		// The request is locked: two looks go one after the other.
		if err := t.row(ctx, "select version from prior_auth where id = $1"+s.dialect.forUpdate(), a.ID).Scan(&version); err != nil || version != a.Version {
			return err // the next look sees what came meanwhile
		}
		was, err := stepsOf(ctx, t, a.ID)
		if err != nil {
			return err
		}
		t.put("delete from prior_auth_step where id = $1", a.ID)
		waits := 0
		var looks []Look
		for i := range look.Steps {
			n := &look.Steps[i]
			if n.Waits(now) {
				waits = 1
			}
			seen := putStep(t, a, n, now)
			if was[n.Key()] != seen {
				changed = append(changed, *n)
				looks = append(looks, stepLook(a, n, now))
			}
		}
		t.put(`insert into prior_auth_stepped (id, version, filed, waits) values ($1, $2, $3, $4)
			on conflict (id) do update set version = excluded.version, filed = excluded.filed, waits = excluded.waits`, a.ID, a.Version, look.Filed, waits)
		if len(looks) == 0 {
			return nil
		}
		return s.putLooks(ctx, t, looks)
	})
	return changed, s.worded(err)
}

func stepsOf(ctx context.Context, t *tx, id string) (map[string]string, error) {
	out := map[string]string{}
	rows, err := t.query(ctx, "select step, state, outcome from prior_auth_step where id = $1", id)
	if err != nil {
		return nil, err
	}
	return out, eachRow(rows, func() error {
		var key, state, outcome string
		err := rows.Scan(&key, &state, &outcome)
		out[key] = state + " " + outcome
		return err
	})
}

func putStep(t *tx, a *gateway.Authorization, n *gateway.Notice, now time.Time) (seen string) {
	state := string(n.State(now))
	micros := func(at time.Time) int64 {
		if at.IsZero() {
			return 0
		}
		return at.UnixMicro()
	}
	t.put("insert into prior_auth_step (id, step, payer, due_at, done_at, state, outcome, seen_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id, step) do nothing",
		a.ID, n.Key(), string(a.Payer), micros(n.Due), micros(n.Done), state, n.Outcome, now.UnixMicro())
	return state + " " + n.Outcome
}

// stepLook is the entry of the audit trail: late is a failure (AuditEvent.outcome 8).
func stepLook(a *gateway.Authorization, n *gateway.Notice, now time.Time) Look {
	outcome, due := "0", "no due moment"
	if n.Flagged(now) {
		outcome = "8"
	}
	if !n.Due.IsZero() {
		due = "due " + n.Due.UTC().Format(time.RFC3339)
	}
	return Look{At: now, Partner: a.Payer, Action: "step", Type: "authorization", ID: a.ID, Outcome: outcome, Detail: fmt.Sprintf("%s: %s %s, %s", n.Key(), n.State(now), n.Outcome, due)}
}
