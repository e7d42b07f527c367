package store

import (
	"context"

	"github.com/throughline/throughline/gateway"
)

// AddLink keeps a link; one that is there already stays as it is.
func (s *Store) AddLink(ctx context.Context, l gateway.ReferralLink) error {
	return s.worded(s.inTx(ctx, func(t *tx) error {
		return t.exec(ctx, `insert into referral_link (id, partner, task, version, delivery, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (id) do nothing`, l.ID, string(l.Partner), string(l.Task), l.Version, string(l.Delivery), l.Created.UnixMicro(), l.Expires.UnixMicro())
	}))
}

// Link finds a link by its id; a NotFound fault when there is none.
func (s *Store) Link(ctx context.Context, id string) (*gateway.ReferralLink, error) {
	l := gateway.ReferralLink{ID: id}
	var created, expires, used int64
	err := s.reading().row(ctx, "select partner, task, version, delivery, created_at, expires_at, used_at, answer from referral_link where id = $1", id).
		Scan(&l.Partner, &l.Task, &l.Version, &l.Delivery, &created, &expires, &used, &l.Answer)
	if noRows(err) {
		return nil, notFound("link")
	}
	l.Created, l.Expires, l.Used = fromMicros(created), fromMicros(expires), fromMicros(used)
	return &l, s.worded(err)
}

// UseLink records the one answer of a link; false when it has one already.
func (s *Store) UseLink(ctx context.Context, id, answer string) (bool, error) {
	var n int64
	err := s.inTx(ctx, func(t *tx) (err error) {
		n, err = t.affect(ctx, "update referral_link set used_at = $2, answer = $3 where id = $1 and used_at = 0", id, s.micros(), answer)
		return err
	})
	return n == 1, s.worded(err)
}
