package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// CountMessages counts what the filter selects and gives the last commit number of it.
func (s *Store) CountMessages(ctx context.Context, f gateway.MessageFilter) (n int, last int64, err error) {
	var args []any
	where := messageTerms(f, &args)
	err = s.read.QueryRowContext(ctx, "select count(*), coalesce(max(seq), 0) from inbox where "+where, args...).Scan(&n, &last)
	return n, last, err
}

// Messages lists stored messages in commit order, or newest first, without bodies; next
// continues the list and is empty at its end.
func (s *Store) Messages(ctx context.Context, f gateway.MessageFilter, p gateway.Paging) (out []gateway.MessageStatus, next string, err error) {
	var args []any
	where := messageTerms(f, &args)
	if p.After != "" {
		after, err := strconv.ParseInt(p.After, 10, 64)
		if err != nil {
			return nil, "", gateway.Faultf("list", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Found: "a cursor that is not ours", Fix: "use the one the last page gave"})
		}
		where += " and seq " + map[bool]string{false: ">", true: "<"}[p.Back] + " " + bind(&args, after)
	}
	order := map[bool]string{false: "seq", true: "seq desc"}[p.Back]
	rows, err := s.read.QueryContext(ctx, `select id, partner, channel, kind, origin, state, generation, mapping, fault, received_at, seq
		from inbox where `+where+" order by "+order+" limit "+bind(&args, p.Size()+1), args...)
	if err != nil {
		return nil, "", err
	}
	err = eachRow(rows, func() error {
		m, err := scanStatus(rows)
		out = append(out, m)
		return err
	})
	if err != nil || len(out) <= p.Size() {
		return out, "", err
	}
	out = out[:p.Size()]
	return out, out[len(out)-1].Cursor(), nil
}

func messageTerms(f gateway.MessageFilter, args *[]any) string {
	where := []string{"1 = 1"}
	if len(f.IDs) > 0 {
		ids := make([]string, len(f.IDs))
		for i, id := range f.IDs {
			ids[i] = string(id)
		}
		where = append(where, "id in ("+bindAll(args, ids)+")")
	}
	for _, term := range [][2]string{{"partner", string(f.Partner)}, {"channel", f.Channel}, {"kind", string(f.Kind)}, {"state", string(f.State)}} {
		if term[1] != "" {
			where = append(where, term[0]+" = "+bind(args, term[1]))
		}
	}
	if f.State != "" && f.State != gateway.Accepted {
		where = append(where, "state <> 'accepted'") // lets the partial index serve it
	}
	if !f.From.IsZero() {
		where = append(where, fmt.Sprintf("received_at >= %d", f.From.UnixMicro()))
	}
	if !f.To.IsZero() {
		where = append(where, fmt.Sprintf("received_at < %d", f.To.UnixMicro()))
	}
	if f.UpTo > 0 {
		where = append(where, fmt.Sprintf("seq <= %d", f.UpTo))
	}
	return strings.Join(where, " and ")
}

func scanStatus(row scanner) (gateway.MessageStatus, error) {
	var m gateway.MessageStatus
	var fault string
	var received int64
	err := row.Scan(&m.ID, &m.Partner, &m.Channel, &m.Kind, &m.Origin, &m.State, &m.Generation, &m.Mapping, &fault, &received, &m.Seq)
	if err != nil {
		return m, err
	}
	m.Received = fromMicros(received)
	var f *storedFault
	if err := json.Unmarshal([]byte(fault), &f); err == nil && f != nil {
		m.Fault = string(f.Code)
	}
	return m, nil
}

// NoteReplay writes to the audit trail who replays a message and why.
func (s *Store) NoteReplay(ctx context.Context, id gateway.MessageID, reason, who string) error {
	return s.inTx(ctx, func(t *tx) error {
		return s.auditAct(ctx, t, act{who: who, action: "replay", typ: "message", message: id, outcome: "0", detail: reason})
	})
}

// Discard gives up a held message for good.
func (s *Store) Discard(ctx context.Context, id gateway.MessageID, reason, who string) error {
	if err := needReason("discard", reason); err != nil {
		return err
	}
	return s.inTx(ctx, func(t *tx) error {
		n, err := t.affect(ctx, "update inbox set state = 'discarded', routed = 1 where id = $1 and state = 'held'", string(id))
		if err != nil {
			return err
		}
		if n == 0 {
			return gateway.Faultf("discard", gateway.Conflict, fhir.Issue{Code: "conflict", Found: "no held message with this id",
				Allowed: "a message that is held", Fix: "skip its deliveries one by one when it was applied"})
		}
		return s.auditAct(ctx, t, act{who: who, action: "discard", typ: "message", message: id, outcome: "0", detail: reason})
	})
}

// Hold stops the deliveries of a message that are still to be sent, and with
// them what follows in their lanes. It returns how many.
func (s *Store) Hold(ctx context.Context, id gateway.MessageID, reason, who string) (int, error) {
	list, _, err := s.ListDeliveries(ctx, gateway.DeliveryFilter{Message: id, State: "ready"}, gateway.Paging{Limit: 1000})
	for n, d := range list {
		if err := s.Park(ctx, d.ID, reason, who); err != nil {
			return n, err
		}
	}
	return len(list), err
}
