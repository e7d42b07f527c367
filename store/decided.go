package store

import (
	"context"

	"github.com/throughline/throughline/ledger"
)

// StreamDecisions calls f for every decision on an authorization of the children in
// the buckets lo to hi, both inclusive, in the order of their keys: the version in
// force as of the watermark. What waits or was cancelled is not decided, and what goes
// on under appeal is no decision of its own.
func (s *Store) StreamDecisions(ctx context.Context, lo, hi int, known int64, f func(person string, a ledger.Auth) error) error {
	rows, err := s.reading().query(ctx, `select a.person, a.partner, a.id, a.status, a.program, a.payer from auth_fact a
		where a.bucket between $1 and $2 and a.continues = '' and a.status in ('approved', 'partial', 'denied') and a.known <= $3 and not exists (select 1 from auth_fact n
			where n.partner = a.partner and n.id = a.id and n.known <= $3 and (n.received, n.known) > (a.received, a.known))
		order by a.bucket, a.person, a.partner, a.id`, lo, hi, known)
	if err != nil {
		return err
	}
	return eachRow(rows, func() error {
		var person string
		var a ledger.Auth
		if err := rows.Scan(&person, &a.Partner, &a.ID, &a.Status, &a.Program, &a.Payer); err != nil {
			return err
		}
		return f(person, a)
	})
}
