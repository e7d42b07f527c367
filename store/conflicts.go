package store

import (
	"context"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Conflicts lists what waits for a person's decision, oldest first; of one
// delivery when id is not empty, of all otherwise.
func (s *Store) Conflicts(ctx context.Context, id gateway.DeliveryID) ([]gateway.Conflicted, error) {
	rows, err := s.read.QueryContext(ctx, `select delivery, resource, partner, remote, version, sent, tried, elements, content, state, found_at from delivery_conflict
		where state = 'open' and ($1 = '' or delivery = $1) order by found_at, delivery, resource`, string(id))
	if err != nil {
		return nil, s.worded(err)
	}
	var out []gateway.Conflicted
	return out, eachRow(rows, func() error {
		var c gateway.Conflicted
		var elements string
		var found int64
		err := rows.Scan(&c.Delivery, &c.Ours, &c.Partner, &c.Theirs, &c.Version, &c.Sent, &c.Tried, &elements, &c.Content, &c.State, &found)
		c.Elements, c.Found = strings.Fields(elements), fromMicros(found)
		out = append(out, c)
		return err
	})
}

// ResolveConflict is a person's decision on a delivery that is parked for its
// conflicts. Ours: it goes again, and wins over the version that was seen, and
// no other. Theirs: it is skipped, and the receiver's text stays.
func (s *Store) ResolveConflict(ctx context.Context, id gateway.DeliveryID, keepOurs bool, reason, who string) error {
	open, err := s.Conflicts(ctx, id)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		return gateway.Faultf("resolve", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no open conflict of this delivery", Fix: "see throughline conflict list"})
	}
	action, state, update := "keep theirs", "theirs", `update outbox set state = 'skipped', done_at = $1, lease = '' where id = $2`
	if keepOurs {
		action, state, update = "keep ours", "ours", `update outbox set state = 'ready', first_at = $1, next_at = $1, lease = '' where id = $2`
	}
	return s.decideWith(ctx, id, action, reason, who, []string{"parked"}, update, func(t *tx) {
		for _, c := range open {
			r := c.Remote
			r.Merged = true
			if keepOurs {
				r.Settled = c.Version
			} else {
				r.Sent = c.Tried
			}
			s.putRemote(t, c.Partner, r)
		}
		t.put("update delivery_conflict set state = $2, decided_at = $3 where delivery = $1 and state = 'open'", string(id), state, s.micros())
	})
}
