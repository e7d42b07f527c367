package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// openLanes is one row for each lane that is not empty: what waits in it, and
// its head.
const openLanes = `select l.partner, l.subject, l.holder, l.lease_until, c.n, c.parked, c.oldest,
	h.id, h.message, h.state, h.attempts, h.code, h.fault, h.first_at, h.next_at
	from (select partner, subject, count(*) as n, sum(case when state = 'parked' then 1 else 0 end) as parked, min(queued_at) as oldest, min(lane_seq) as head
		from outbox where state in ('ready', 'parked', 'awaiting')%s group by partner, subject) c
	join lane l on l.partner = c.partner and l.subject = c.subject
	join outbox h on h.partner = c.partner and h.subject = c.subject and h.lane_seq = c.head and h.state in ('ready', 'parked', 'awaiting')
	where %s order by c.oldest, l.partner, l.subject limit %s`

// Lanes lists the lanes that are not empty, longest waiting first; next
// continues the list and is empty at its end.
func (s *Store) Lanes(ctx context.Context, f gateway.LaneFilter, p gateway.Paging) (out []gateway.LaneStatus, next string, err error) {
	var args []any
	inner := ""
	for _, term := range [][2]string{{"partner", string(f.Partner)}, {"subject", f.Subject}} {
		if term[1] != "" {
			inner += " and " + term[0] + " = " + bind(&args, term[1])
		}
	}
	where, err := s.laneTerms(f.State, p.After, &args)
	if err != nil {
		return nil, "", err
	}
	rows, err := s.read.QueryContext(ctx, fmt.Sprintf(openLanes, inner, where, bind(&args, p.Size()+1)), args...)
	if err != nil {
		return nil, "", err
	}
	err = eachRow(rows, func() error {
		l, err := s.scanLane(rows)
		out = append(out, l)
		return err
	})
	if err != nil || len(out) <= p.Size() {
		return out, "", err
	}
	out = out[:p.Size()]
	last := out[len(out)-1]
	return out, fmt.Sprintf("%d %s %s", last.Oldest.UnixMicro(), last.Partner, last.Subject), nil
}

// laneTerms are the conditions of a state and of a place in the list.
func (s *Store) laneTerms(state gateway.LaneState, after string, args *[]any) (string, error) {
	now := s.micros()
	terms := map[gateway.LaneState]string{
		"":                   "1 = 1",
		gateway.LaneStopped:  "h.state = 'parked'",
		gateway.LaneAwaiting: "h.state = 'awaiting'",
		gateway.LaneSending:  fmt.Sprintf("h.state = 'ready' and l.holder <> '' and l.lease_until > %d", now),
		gateway.LaneRetry:    fmt.Sprintf("h.state = 'ready' and (l.holder = '' or l.lease_until <= %[1]d) and h.attempts > 0 and h.next_at > %[1]d", now),
		gateway.LaneReady:    fmt.Sprintf("h.state = 'ready' and (l.holder = '' or l.lease_until <= %[1]d) and (h.attempts = 0 or h.next_at <= %[1]d)", now),
	}
	where, ok := terms[state]
	if !ok {
		return "", gateway.Faultf("list", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Found: "no state " + string(state), Allowed: "sending, ready, retry, awaiting, stopped"})
	}
	if after == "" {
		return where, nil
	}
	var at int64
	var partner, subject string
	if _, err := fmt.Sscanf(after, "%d %s %s", &at, &partner, &subject); err != nil {
		return "", gateway.Faultf("list", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Found: "a cursor that is not ours", Fix: "use the one the last page gave"})
	}
	place := strings.Join([]string{bind(args, at), bind(args, partner), bind(args, subject)}, ", ")
	return where + " and (c.oldest, l.partner, l.subject) > (" + place + ")", nil
}

func (s *Store) scanLane(row scanner) (gateway.LaneStatus, error) {
	var l gateway.LaneStatus
	var holder, head string
	var lease, oldest, first, next int64
	err := row.Scan(&l.Partner, &l.Subject, &holder, &lease, &l.Waiting, &l.Parked, &oldest,
		&l.Head, &l.Message, &head, &l.Attempts, &l.Code, &l.Fault, &first, &next)
	l.Oldest, l.FirstAt = fromMicros(oldest), fromMicros(first)
	now := s.micros()
	switch {
	case head == "parked":
		l.State = gateway.LaneStopped
	case head == "awaiting":
		l.State, l.NextAt = gateway.LaneAwaiting, fromMicros(next)
	case holder != "" && lease > now:
		l.State = gateway.LaneSending
	case l.Attempts > 0 && next > now:
		l.State, l.NextAt = gateway.LaneRetry, fromMicros(next)
	default:
		l.State = gateway.LaneReady
	}
	return l, err
}
