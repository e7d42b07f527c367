package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/gateway"
)

// notify numbers an event for every subscription of the requester that asks for
// it, when the newest submission has been answered: until then the answer itself
// will say what stands.
func (a *applying) notify(ctx context.Context, au *authorizing) error {
	var answered bool
	err := a.t.row(ctx, "select exists (select 1 from prior_auth_answer where message = $1)", string(au.next.Latest().Message)).Scan(&answered)
	if err != nil || !answered {
		return err
	}
	rows, err := a.t.query(ctx, "select id, filters from subscription where partner = $1 and status in ('active', 'error') order by id", string(au.next.Requester))
	if err != nil {
		return err
	}
	var ids []string
	err = eachRow(rows, func() error {
		var id, filters string
		err := rows.Scan(&id, &filters)
		if wantsAuth(strings.Fields(filters), au.next) {
			ids = append(ids, id)
		}
		return err
	})
	for _, id := range ids {
		if err == nil {
			a.t.put("update subscription set events = events + 1, next_at = case when status = 'active' then $2 else next_at end where id = $1", id, a.now.UnixMicro())
			a.t.put("insert into subscription_event (subscription, number, at, auth, version) select id, events, $2, $3, $4 from subscription where id = $1",
				id, a.now.UnixMicro(), au.next.ID, au.next.Version)
		}
	}
	return err
}

// wantsAuth says whether a filter names the provider of the request.
func wantsAuth(filters []string, a *gateway.Authorization) bool {
	return len(filters) == 0 || slices.ContainsFunc(a.Provider, func(id gateway.Identifier) bool { return slices.Contains(filters, id.Value) })
}

const subscriptionColumns = `select id, partner, status, version, filters, endpoint, header, heartbeat, events, sent, attempts, failed_at, fault, created_at, ends_at, lease, doc from subscription `

// PutSubscription creates or replaces a subscription of a partner; its events
// stay numbered on. A handshake is due at once.
func (s *Store) PutSubscription(ctx context.Context, sub *gateway.Subscription) (*gateway.Subscription, error) {
	if sub.ID == "" {
		sub.ID = newID(randomBucket())
	}
	header, err := json.Marshal(subHeader{sub.Headers, sub.Media})
	if err != nil {
		return nil, err
	}
	err = s.inTx(ctx, func(t *tx) error {
		n, err := t.affect(ctx, `insert into subscription (id, partner, status, version, filters, endpoint, header, heartbeat, events, sent, attempts, next_at, lease, lease_until, failed_at, fault, created_at, ends_at, doc)
			values ($1, $2, $3, 1, $4, $5, $6, $7, 0, 0, 0, $8, '', 0, 0, '', $8, $9, $10)
			on conflict (id) do update set status = excluded.status, version = subscription.version + 1, filters = excluded.filters, endpoint = excluded.endpoint, header = excluded.header,
			heartbeat = excluded.heartbeat, attempts = 0, next_at = case when excluded.status = 'off' then 0 else excluded.next_at end, lease = '', lease_until = 0, failed_at = 0, fault = '', ends_at = excluded.ends_at, doc = excluded.doc
			where subscription.partner = excluded.partner`,
			sub.ID, string(sub.Partner), string(sub.Status), strings.Join(sub.Filters, " "), sub.Endpoint, string(header), sub.Heartbeat.Microseconds(), s.micros(), microsOrZero(sub.Ends), sub.Doc)
		if err == nil && n == 0 {
			return notFound("Subscription")
		}
		if err != nil {
			return err
		}
		return s.auditAct(ctx, t, act{who: string(sub.Partner), action: "subscribe", typ: "Subscription", id: sub.ID, outcome: "0", detail: string(sub.Status)})
	})
	if err != nil {
		return nil, s.worded(err)
	}
	return s.Subscription(ctx, gateway.Caller{Partner: sub.Partner}, sub.ID)
}

// subHeader is what is kept of a channel beside its endpoint.
type subHeader struct {
	Headers []string `json:"headers,omitempty"`
	Media   string   `json:"media,omitempty"`
}

// Subscription reads one of the caller's own.
func (s *Store) Subscription(ctx context.Context, c gateway.Caller, id string) (*gateway.Subscription, error) {
	sub, err := scanSubscription(s.reading().row(ctx, subscriptionColumns+"where id = $1 and partner = $2", id, string(c.Partner)))
	if noRows(err) {
		return nil, notFound("Subscription")
	}
	return sub, s.worded(err)
}

// Subscriptions lists the caller's own.
func (s *Store) Subscriptions(ctx context.Context, c gateway.Caller) (out []gateway.Subscription, err error) {
	rows, err := s.reading().query(ctx, subscriptionColumns+"where partner = $1 order by created_at, id", string(c.Partner))
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachRow(rows, func() error {
		sub, err := scanSubscription(rows)
		if err == nil {
			out = append(out, *sub)
		}
		return err
	})
	return out, s.worded(err)
}

// DropSubscription ends a subscription of the caller's and forgets its events.
func (s *Store) DropSubscription(ctx context.Context, c gateway.Caller, id string) error {
	return s.worded(s.inTx(ctx, func(t *tx) error {
		n, err := t.affect(ctx, "delete from subscription where id = $1 and partner = $2", id, string(c.Partner))
		if err == nil && n == 0 {
			return notFound("Subscription")
		}
		if err != nil {
			return err
		}
		t.put("delete from subscription_event where subscription = $1", id)
		return s.auditAct(ctx, t, act{who: string(c.Partner), action: "unsubscribe", typ: "Subscription", id: id, outcome: "0"})
	}))
}

func scanSubscription(row scanner) (*gateway.Subscription, error) {
	var sub gateway.Subscription
	var filters, header string
	var heartbeat, failed, created, ends int64
	err := row.Scan(&sub.ID, &sub.Partner, &sub.Status, &sub.Version, &filters, &sub.Endpoint, &header, &heartbeat, &sub.Events, &sub.Sent, &sub.Attempts, &failed, &sub.Fault, &created, &ends, &sub.Lease, &sub.Doc)
	if err != nil {
		return nil, err
	}
	var h subHeader
	if err := json.Unmarshal([]byte(header), &h); err != nil {
		return nil, err
	}
	sub.Filters, sub.Headers, sub.Media = strings.Fields(filters), h.Headers, h.Media
	sub.Heartbeat = time.Duration(heartbeat) * time.Microsecond
	sub.FailedAt, sub.Created, sub.Ends = fromMicros(failed), fromMicros(created), fromMicros(ends)
	return &sub, nil
}

// Events are the events of a subscription from one number to another, both
// inclusive, each with the authorization as it stood.
func (s *Store) Events(ctx context.Context, sub *gateway.Subscription, from, to int64) (out []gateway.Notification, err error) {
	rows, err := s.reading().query(ctx, `select e.number, e.at, v.doc from subscription_event e join prior_auth_version v on v.id = e.auth and v.version = e.version
		where e.subscription = $1 and e.number between $2 and $3 order by e.number`, sub.ID, from, to)
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachRow(rows, func() error {
		n := gateway.Notification{Kind: gateway.EventKind}
		var at int64
		var doc string
		if err := rows.Scan(&n.Number, &at, &doc); err != nil {
			return err
		}
		auth, err := readAuth(doc)
		n.At, n.Auth = fromMicros(at), auth
		out = append(out, n)
		return err
	})
	for i := range out {
		if err == nil {
			out[i].Sent, err = s.Submitted(ctx, out[i].Auth.Latest().Message)
		}
	}
	return out, s.worded(err)
}

// DueSubscription leases a subscription that has something to send, nil when
// none has.
func (s *Store) DueSubscription(ctx context.Context, holder string, now time.Time) (sub *gateway.Subscription, err error) {
	err = s.inTx(ctx, func(t *tx) error {
		var id string
		err := t.row(ctx, `select id from subscription where next_at > 0 and next_at <= $1 and lease_until <= $1 order by next_at, id limit 1`+s.dialect.forUpdate(), now.UnixMicro()).Scan(&id)
		if noRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := t.affect(ctx, "update subscription set lease = $2, lease_until = $3 where id = $1", id, holder, now.Add(gateway.LeaseFor).UnixMicro()); err != nil {
			return err
		}
		sub, err = scanSubscription(t.row(ctx, subscriptionColumns+"where id = $1", id))
		return err
	})
	return sub, s.worded(err)
}

// SettleSubscription records what became of a try and ends the lease; next is
// when there is something to do again, zero = not by itself. ErrFenced when the
// lease was lost.
func (s *Store) SettleSubscription(ctx context.Context, sub *gateway.Subscription, next time.Time) error {
	return s.inTx(ctx, func(t *tx) error {
		n, err := t.affect(ctx, `update subscription set status = $3, sent = $4, attempts = $5, failed_at = $6, fault = $7, lease = '', lease_until = 0,
			next_at = case when $3 = 'active' and $5 = 0 and events > $4 then cast($9 as bigint) else cast($8 as bigint) end where id = $1 and lease = $2 and status <> 'off'`,
			sub.ID, sub.Lease, string(sub.Status), sub.Sent, sub.Attempts, microsOrZero(sub.FailedAt), sub.Fault, microsOrZero(next), s.micros())
		if err == nil && n == 0 {
			return gateway.ErrFenced
		}
		return err
	})
}

func microsOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
