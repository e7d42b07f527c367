package store

import (
	"context"
	"time"
)

// Lease takes or extends the lease of a name: one compare-and-set on its row.
func (s *Store) Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	now := s.Now()
	var n int64
	err := s.inTx(ctx, func(t *tx) (err error) {
		n, err = t.affect(ctx, `insert into lease (name, holder, until) values ($1, $2, $3)
			on conflict (name) do update set holder = excluded.holder, until = excluded.until
			where lease.holder = excluded.holder or lease.until <= $4`,
			name, holder, now.Add(ttl).UnixMicro(), now.UnixMicro())
		return err
	})
	return n == 1, err
}

// Unlease gives a lease back, if it is still held.
func (s *Store) Unlease(ctx context.Context, name, holder string) error {
	return s.inTx(ctx, func(t *tx) error {
		return t.exec(ctx, "delete from lease where name = $1 and holder = $2", name, holder)
	})
}
