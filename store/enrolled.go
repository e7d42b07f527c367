package store

import (
	"context"

	"github.com/throughline/throughline/ledger"
)

// StreamEnrolled calls f for every span of a program of the children in the buckets
// lo to hi, both inclusive, in the order of their keys: the version in force as of
// the watermark, without spans that were taken back.
func (s *Store) StreamEnrolled(ctx context.Context, lo, hi int, known int64, f func(person string, span ledger.Span) error) error {
	rows, err := s.reading().query(ctx, `select a.person, a.partner, a.payer, a.program, a.start_day, a.end_day from span_fact a
		where a.bucket between $1 and $2 and a.program <> '' and a.end_day >= a.start_day and a.known <= $3 and not exists (select 1 from span_fact n
			where n.bucket = a.bucket and n.person = a.person and n.payer = a.payer and n.program = a.program and n.start_day = a.start_day
			and n.known <= $3 and (n.received, n.known) > (a.received, a.known))
		order by a.bucket, a.person, a.program, a.start_day, a.payer`, lo, hi, known)
	if err != nil {
		return err
	}
	return eachRow(rows, func() error {
		var person string
		var span ledger.Span
		if err := rows.Scan(&person, &span.Partner, &span.Payer, &span.Program, &span.Start, &span.End); err != nil {
			return err
		}
		return f(person, span)
	})
}
