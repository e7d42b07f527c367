package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Unrouted returns accepted messages that still have to be planned, in commit
// order, with their effects. Within a person numbers become visible in order
// (dialect.order), so no lane can be planned out of order.
func (s *Store) Unrouted(ctx context.Context, limit int) ([]gateway.Receipt, error) {
	rows, err := s.read.QueryContext(ctx, `select id, partner, channel, kind, generation, case when kind = 'fhir/pas-submit' then
		coalesce((select p.payer from prior_auth_version v join prior_auth p on p.id = v.id where v.message = inbox.id limit 1), '') else '' end from inbox
		where routed = 0 and state = 'accepted' order by seq limit $1`, limit)
	if err != nil {
		return nil, err
	}
	var out []gateway.Receipt
	r := gateway.Receipt{State: gateway.Accepted}
	var m gateway.Message
	err = eachRow(rows, func() error {
		if err := rows.Scan(&m.ID, &m.Partner, &m.Channel, &m.Kind, &r.Generation, &r.Payer); err != nil {
			return err
		}
		message := m
		r.Message = &message
		out = append(out, r)
		return nil
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return out, s.addEffects(ctx, out)
}

// addEffects reads the effects of the receipts' own generations.
func (s *Store) addEffects(ctx context.Context, receipts []gateway.Receipt) error {
	var args []any
	index := make(map[gateway.MessageID]*gateway.Receipt, len(receipts))
	ids := make([]string, len(receipts))
	for i := range receipts {
		ids[i] = string(receipts[i].Message.ID)
		index[receipts[i].Message.ID] = &receipts[i]
	}
	rows, err := s.read.QueryContext(ctx, `select message, generation, type, id, version, verb, person from effect
		where message in (`+bindAll(&args, ids)+`) order by message, generation, no`, args...)
	if err != nil {
		return err
	}
	var message gateway.MessageID
	var generation int
	var e gateway.Effect
	return eachRow(rows, func() error {
		if err := rows.Scan(&message, &generation, &e.Type, &e.ID, &e.Version, &e.Verb, &e.Person); err != nil {
			return err
		}
		if r := index[message]; r.Generation == generation {
			r.Effects = append(r.Effects, e)
		}
		return nil
	})
}

// AddDeliveries queues the deliveries of plans and marks the messages routed,
// one transaction. The mark is compare-and-set, so a router that lost its lease
// adds nothing twice. A destination gets a delivery only when the predicate of
// every read lets it see at least one of the items.
func (s *Store) AddDeliveries(ctx context.Context, plans []gateway.Plan, callers map[gateway.PartnerID]gateway.Caller) (queued int, err error) {
	err = s.inTx(ctx, func(t *tx) error {
		queued = 0
		fresh, err := markRouted(ctx, t, plans)
		if err != nil {
			return err
		}
		var ds []gateway.Delivery
		for _, p := range plans {
			if generation, ok := fresh[p.Message]; ok && generation == p.Generation {
				ds = append(ds, p.Deliveries...)
			}
		}
		if ds, err = allowed(ctx, t, ds, callers); err != nil {
			return err
		}
		slices.SortStableFunc(ds, func(a, b gateway.Delivery) int { // one order of locks for everyone
			return strings.Compare(string(a.Lane.Partner)+"\x00"+a.Lane.Subject, string(b.Lane.Partner)+"\x00"+b.Lane.Subject)
		})
		for i := range ds {
			s.enqueue(t, &ds[i])
		}
		queued = len(ds)
		return t.flush(ctx)
	})
	return queued, err
}

// markRouted marks the messages of the plans and returns those that were not
// routed yet, with the generation they have now.
func markRouted(ctx context.Context, t *tx, plans []gateway.Plan) (map[gateway.MessageID]int, error) {
	of := map[int][]string{} // a generation above 0 is a replay: few
	for _, p := range plans {
		of[p.Generation] = append(of[p.Generation], string(p.Message))
	}
	fresh := make(map[gateway.MessageID]int, len(plans))
	for generation, ids := range of {
		args := []any{generation}
		rows, err := t.query(ctx, "update inbox set routed = 1 where routed = 0 and generation = $1 and "+among(t, "id", ids, &args)+" returning id", args...)
		if err != nil {
			return nil, err
		}
		var id gateway.MessageID
		err = eachRow(rows, func() error {
			err := rows.Scan(&id)
			fresh[id] = generation
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

// allowed keeps the deliveries of which the destination may see something.
func allowed(ctx context.Context, t *tx, ds []gateway.Delivery, callers map[gateway.PartnerID]gateway.Caller) ([]gateway.Delivery, error) {
	items := map[gateway.PartnerID][]gateway.Item{}
	for _, d := range ds {
		items[d.Lane.Partner] = append(items[d.Lane.Partner], d.Items...)
	}
	seen := map[gateway.PartnerID]map[string]bool{}
	for p, list := range items {
		caller, ok := callers[p]
		if !ok {
			continue
		}
		set := map[string]bool{}
		seen[p] = set
		for chunk := range slices.Chunk(list, 200) {
			if err := visibleItems(ctx, t, caller, chunk, set); err != nil {
				return nil, err
			}
		}
	}
	return slices.DeleteFunc(ds, func(d gateway.Delivery) bool {
		return !slices.ContainsFunc(d.Items, func(i gateway.Item) bool { return seen[d.Lane.Partner][i.Type+"/"+i.ID] })
	}), nil
}

// enqueue writes a delivery at the end of its lane. A key that is there already
// (a replay with the same result) is left alone.
func (s *Store) enqueue(t *tx, d *gateway.Delivery) {
	now := s.micros()
	t.put(`insert into lane (partner, subject, next_seq, ready_at) values ($1, $2, 2, $3)
		on conflict (partner, subject) do update set next_seq = lane.next_seq + 1,
		ready_at = case when lane.ready_at = 0 and lane.blocked_by = '' then excluded.ready_at else lane.ready_at end`,
		string(d.Lane.Partner), d.Lane.Subject, now)
	t.put(`insert into outbox (id, message, partner, subject, lane_seq, idem_key, items, state, first_at, next_at, queued_at)
		select $1, $2, partner, subject, next_seq - 1, $3, $4, 'ready', 0, $5, $5 from lane where partner = $6 and subject = $7
		on conflict do nothing`,
		string(d.ID), string(d.Message), d.Key, writeItems(d.Items), now, string(d.Lane.Partner), d.Lane.Subject)
}

// writeItems keeps items as lines "Type/id/version/verb".
func writeItems(items []gateway.Item) string {
	lines := make([]string, len(items))
	for i, it := range items {
		lines[i] = fmt.Sprintf("%s/%s/%d/%s", it.Type, it.ID, it.Version, it.Verb)
	}
	return strings.Join(lines, "\n")
}

func readItems(text string) ([]gateway.Item, error) {
	var items []gateway.Item
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "/")
		if len(f) != 4 {
			return nil, fmt.Errorf("outbox: %d fields in an item, want 4", len(f))
		}
		version, err := strconv.ParseInt(f[2], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("outbox: version of an item: %w", err)
		}
		items = append(items, gateway.Item{Type: f[0], ID: f[1], Version: version, Verb: gateway.Verb(f[3])})
	}
	return items, nil
}

// resourceRow is one version of a resource as a delivery needs it.
type resourceRow struct {
	typ, id string
	version int64
	json    []byte
}

// currentRows reads the current versions of the items the caller may see.
func currentRows(ctx context.Context, t *tx, c gateway.Caller, items []gateway.Item, f func(resourceRow)) error {
	return resourceRows(ctx, t, "resource", c, items, func(i gateway.Item, args *[]any) string {
		return fmt.Sprintf("(r.type = %s and r.id = %s)", bind(args, i.Type), bind(args, i.ID))
	}, f)
}

// supersededRows reads exactly the versions of the items.
func supersededRows(ctx context.Context, t *tx, c gateway.Caller, items []gateway.Item, f func(resourceRow)) error {
	return resourceRows(ctx, t, "resource_history", c, items, func(i gateway.Item, args *[]any) string {
		return fmt.Sprintf("(r.type = %s and r.id = %s and r.version = %d)", bind(args, i.Type), bind(args, i.ID), i.Version)
	}, f)
}

func resourceRows(ctx context.Context, t *tx, table string, c gateway.Caller, items []gateway.Item,
	match func(gateway.Item, *[]any) string, f func(resourceRow)) error {
	if len(items) == 0 {
		return nil
	}
	var args []any
	terms := make([]string, len(items))
	for i, it := range items {
		terms[i] = match(it, &args)
	}
	rows, err := t.query(ctx, "select r.type, r.id, r.version, r.json from "+table+" r where ("+strings.Join(terms, " or ")+") and "+visible(c, "r", &args), args...)
	if err != nil {
		return err
	}
	return eachRow(rows, func() error {
		var r resourceRow
		err := rows.Scan(&r.typ, &r.id, &r.version, &r.json)
		f(r)
		return err
	})
}

// visibleItems adds the items to seen whose current version the caller may see.
func visibleItems(ctx context.Context, t *tx, c gateway.Caller, items []gateway.Item, seen map[string]bool) error {
	of := map[string][]string{}
	for _, i := range items {
		of[i.Type] = append(of[i.Type], i.ID)
	}
	for typ, ids := range of {
		args := []any{typ}
		rows, err := t.query(ctx, "select r.id from resource r where r.type = $1 and "+among(t, "r.id", ids, &args)+" and "+visible(c, "r", &args), args...)
		if err != nil {
			return err
		}
		var id string
		err = eachRow(rows, func() error {
			err := rows.Scan(&id)
			seen[typ+"/"+id] = true
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// load fills in the resources of a delivery under the destination's predicate,
// asked of the version itself and of the current one: what was labelled or
// withdrawn since it was queued does not leave (protocol.md F38). Items that
// may not be sent are dropped.
func load(ctx context.Context, t *tx, c gateway.Caller, d *gateway.Delivery) error {
	current := map[string]resourceRow{}
	for chunk := range slices.Chunk(d.Items, 200) {
		if err := currentRows(ctx, t, c, chunk, func(r resourceRow) { current[r.typ+"/"+r.id] = r }); err != nil {
			return err
		}
	}
	var older []gateway.Item
	for _, i := range d.Items {
		if r, ok := current[i.Type+"/"+i.ID]; ok && r.version != i.Version {
			older = append(older, i)
		}
	}
	past := map[gateway.Item][]byte{}
	for chunk := range slices.Chunk(older, 200) {
		err := supersededRows(ctx, t, c, chunk, func(r resourceRow) {
			past[gateway.Item{Type: r.typ, ID: r.id, Version: r.version}] = r.json
		})
		if err != nil {
			return err
		}
	}
	items := d.Items
	d.Items, d.Resources = nil, nil
	for _, i := range items {
		r, ok := current[i.Type+"/"+i.ID]
		if ok && r.version != i.Version {
			r.json, ok = past[gateway.Item{Type: i.Type, ID: i.ID, Version: i.Version}]
		}
		if !ok {
			continue
		}
		var res *fhir.Resource
		if r.json != nil {
			res = &fhir.Resource{Type: i.Type, ID: i.ID, JSON: r.json}
		}
		d.Items, d.Resources = append(d.Items, i), append(d.Resources, res)
	}
	return nil
}
