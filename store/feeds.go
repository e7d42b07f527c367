package store

import (
	"context"

	"github.com/throughline/throughline/gateway"
)

// Place is how far a feed of a partner was read, in the words of whoever reads
// it; empty when it never was.
func (s *Store) Place(ctx context.Context, p gateway.PartnerID, feed string) (place string, err error) {
	err = s.reading().row(ctx, "select place from feed where partner = $1 and name = $2", string(p), feed).Scan(&place)
	if noRows(err) {
		return "", nil
	}
	return place, s.worded(err)
}

// Keep remembers how far a feed was read.
func (s *Store) Keep(ctx context.Context, p gateway.PartnerID, feed, place string) error {
	return s.worded(s.inTx(ctx, func(t *tx) error {
		return t.exec(ctx, `insert into feed (partner, name, place, updated_at) values ($1, $2, $3, $4)
			on conflict (partner, name) do update set place = excluded.place, updated_at = excluded.updated_at`, string(p), feed, place, s.micros())
	}))
}
