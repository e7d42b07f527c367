package store

import (
	"context"

	"github.com/throughline/throughline/gateway"
)

// Quarantined lists messages whose key had been used with other content, newest
// first; of one partner when it is named.
func (s *Store) Quarantined(ctx context.Context, p gateway.PartnerID, limit int) (out []gateway.Quarantined, err error) {
	rows, err := s.read.QueryContext(ctx, `select id, message, partner, received_at, length(body) from quarantine
		where $1 = '' or partner = $1 order by received_at desc, id desc limit $2`, string(p), limit)
	if err != nil {
		return nil, s.worded(err)
	}
	return out, eachRow(rows, func() error {
		var q gateway.Quarantined
		var at int64
		err := rows.Scan(&q.ID, &q.First, &q.Partner, &at, &q.Bytes)
		q.Received = fromMicros(at)
		out = append(out, q)
		return err
	})
}

// LastSeen is the newest message of a partner; nil when it never sent one.
func (s *Store) LastSeen(ctx context.Context, p gateway.PartnerID) (*gateway.MessageStatus, error) {
	list, _, err := s.Messages(ctx, gateway.MessageFilter{Partner: p}, gateway.Paging{Limit: 1, Back: true})
	if err != nil || len(list) == 0 {
		return nil, s.worded(err)
	}
	return &list[0], nil
}
