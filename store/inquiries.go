package store

import (
	"context"
	"time"

	"github.com/throughline/throughline/gateway"
)

// DueInquiries are requests that wait for a payer and of which nothing was heard,
// nor asked, for so long; at most so many, oldest first. Who gets one has it:
// nobody else, and nobody after a restart, asks again before the time is over.
func (s *Store) DueInquiries(ctx context.Context, payer gateway.PartnerID, every time.Duration, limit int) (out []gateway.Authorization, err error) {
	now := s.micros()
	err = s.inTx(ctx, func(t *tx) error {
		out = nil
		rows, err := t.query(ctx, `select p.doc from prior_auth p left join pas_inquiry q on q.auth = p.id
			where p.payer = $1 and p.state = 'waiting' and p.updated_at <= $2 and coalesce(q.next_at, 0) <= $3
			order by p.created_at, p.id limit $4`, string(payer), now-every.Microseconds(), now, limit)
		if err != nil {
			return err
		}
		var found []gateway.Authorization
		if err := eachAuth(rows, func(a *gateway.Authorization) { found = append(found, *a) }); err != nil {
			return err
		}
		for _, a := range found {
			n, err := t.affect(ctx, `insert into pas_inquiry (auth, next_at) values ($1, $2)
				on conflict (auth) do update set next_at = excluded.next_at where pas_inquiry.next_at <= $3`, a.ID, now+every.Microseconds(), now)
			if err != nil {
				return err
			}
			if n == 1 {
				out = append(out, a)
			}
		}
		return nil
	})
	return out, s.worded(err)
}
