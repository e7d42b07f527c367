package store

import (
	"context"
	"fmt"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// StaleClocks lists the authorizations after an id whose clocks have to be looked
// at: they changed since the last look, or one of their clocks runs.
func (s *Store) StaleClocks(ctx context.Context, after string, limit int) (out []gateway.Authorization, err error) {
	rows, err := s.reading().query(ctx, `select p.doc from prior_auth p where p.id > $1 and (
		not exists (select 1 from prior_auth_clock c where c.id = p.id and c.version = p.version)
		or exists (select 1 from prior_auth_clock c where c.id = p.id and c.stop_at = 0)) order by p.id limit $2`, after, limit)
	if err != nil {
		return nil, s.worded(err)
	}
	return out, s.worded(eachAuth(rows, func(a *gateway.Authorization) { out = append(out, *a) }))
}

// PutClocks keeps what a look at the clocks of an authorization found, and gives
// those clocks whose state or alert has changed: each change is in the audit
// trail once, whoever looks and however often.
func (s *Store) PutClocks(ctx context.Context, a *gateway.Authorization, clocks []gateway.Clock, now time.Time) (changed []gateway.Clock, err error) {
	err = s.inTx(ctx, func(t *tx) error {
		changed = nil
		var version int64
		// The authorization is locked: two looks go one after the other.
		if err := t.row(ctx, "select version from prior_auth where id = $1"+s.dialect.forUpdate(), a.ID).Scan(&version); err != nil {
			return err
		}
		if version != a.Version {
			return nil // the next look sees what came meanwhile
		}
		was, err := clocksOf(ctx, t, a.ID)
		if err != nil {
			return err
		}
		var looks []Look
		for i := range clocks {
			c := &clocks[i]
			seen := clockSeen{string(c.State(now)), c.Alert(now)}
			putClock(t, a, c, seen, now)
			if was[c.Revision] != seen {
				changed = append(changed, *c)
				looks = append(looks, clockLook(a, c, seen, now))
			}
		}
		if len(looks) == 0 {
			return nil
		}
		return s.putLooks(ctx, t, looks)
	})
	return changed, s.worded(err)
}

// clockSeen is what people were told of a clock.
type clockSeen struct {
	state string
	alert int
}

func clocksOf(ctx context.Context, t *tx, id string) (map[int]clockSeen, error) {
	out := map[int]clockSeen{}
	rows, err := t.query(ctx, "select revision, state, alert from prior_auth_clock where id = $1", id)
	if err != nil {
		return nil, err
	}
	return out, eachRow(rows, func() error {
		var revision int
		var c clockSeen
		err := rows.Scan(&revision, &c.state, &c.alert)
		out[revision] = c
		return err
	})
}

func putClock(t *tx, a *gateway.Authorization, c *gateway.Clock, seen clockSeen, now time.Time) {
	stop := int64(0)
	if !c.Stop.IsZero() {
		stop = c.Stop.UnixMicro()
	}
	expedited := 0
	if c.Expedited {
		expedited = 1
	}
	t.put(`insert into prior_auth_clock (id, revision, version, payer, start_at, due_at, stop_at, expedited, extended, alert, state, seen_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (id, revision) do update set version = excluded.version, start_at = excluded.start_at,
		due_at = excluded.due_at, stop_at = excluded.stop_at, expedited = excluded.expedited, extended = excluded.extended, alert = excluded.alert,
		state = excluded.state, seen_at = excluded.seen_at`,
		a.ID, c.Revision, a.Version, string(a.Payer), c.Start.UnixMicro(), c.Due.UnixMicro(), stop, expedited, c.Extended, seen.alert, seen.state, now.UnixMicro())
}

// clockLook is the entry of the audit trail: late is a failure (AuditEvent.outcome 8).
func clockLook(a *gateway.Authorization, c *gateway.Clock, seen clockSeen, now time.Time) Look {
	outcome := "0"
	if seen.state == string(gateway.Late) || seen.state == string(gateway.Missed) {
		outcome = "8"
	}
	return Look{At: now, Partner: a.Payer, Action: "clock", Type: "authorization", ID: a.ID, Outcome: outcome,
		Detail: fmt.Sprintf("submission %d: %s, %d %% of the time, due %s", c.Revision, seen.state, c.Share(now), c.Due.UTC().Format(time.RFC3339))}
}

// Expiring is an authorization that ends soon. It names nobody.
type Expiring struct {
	Source, ID, Code, Modifiers, Payer string
	End                                ledger.Day
}

// ExpiringAuthorizations lists approved authorizations that the caller may see
// and that end from one day to another, the nearest first, at most limit.
func (s *Store) ExpiringAuthorizations(ctx context.Context, c gateway.Caller, from, to ledger.Day, limit int) (out []Expiring, err error) {
	args := []any{int64(from), int64(to)}
	where := related(c, "a.person", &args)
	rows, err := s.reading().query(ctx, `select a.partner, a.id, a.code, a.modifiers, a.payer, a.end_day from auth_fact a
		where a.end_day between $1 and $2 and a.status in ('approved', 'partial') and a.continues = '' and not exists (select 1 from auth_fact n
		where n.id = a.id and n.partner = a.partner and (n.received, n.known) > (a.received, a.known)) and `+where+
		" order by a.end_day, a.id, a.partner limit "+bind(&args, limit), args...)
	if err != nil {
		return nil, s.worded(err)
	}
	return out, s.worded(eachRow(rows, func() error {
		var e Expiring
		err := rows.Scan(&e.Source, &e.ID, &e.Code, &e.Modifiers, &e.Payer, &e.End)
		out = append(out, e)
		return err
	}))
}
