package store

import (
	"context"

	"github.com/throughline/throughline/gateway"
)

// Tracked are the caller's own requests to a payer that a tracking number leads
// to, the newest first: the number of what the payer wants to know, the trace
// number of the request, or its authorization number. Whose they are is part of
// the query.
func (s *Store) Tracked(ctx context.Context, c gateway.Caller, payer gateway.PartnerID, tracking gateway.Identifier) (out []gateway.Authorization, err error) {
	rows, err := s.reading().query(ctx, `select p.doc from prior_auth p where p.requester = $1 and p.payer = $2 and p.id in (select n.id from prior_auth_name n
		where (n.kind in ('tracking', 'number') and n.owner = $2 or n.kind = 'trace' and n.owner = $1) and n.value = $3 and ($4 = '' or n.system in ('', $4)))
		order by p.created_at desc, p.id limit 20`, string(c.Partner), string(payer), clip(tracking.Value), clip(tracking.System))
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachAuth(rows, func(a *gateway.Authorization) { out = append(out, *a) })
	return out, s.worded(err)
}

// Keyed is the message that a partner sent under a key on a channel; empty when
// there is none.
func (s *Store) Keyed(ctx context.Context, partner gateway.PartnerID, channel, key string) (id gateway.MessageID, err error) {
	err = s.reading().row(ctx, "select id from inbox where partner = $1 and channel = $2 and msg_key = $3", string(partner), channel, key).Scan(&id)
	if noRows(err) {
		return "", nil
	}
	return id, s.worded(err)
}
