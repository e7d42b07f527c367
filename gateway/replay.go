package gateway

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
)

// MessageFilter selects stored messages; empty fields select all.
type MessageFilter struct {
	IDs      []MessageID
	Partner  PartnerID
	Channel  string
	Kind     Kind
	State    State
	From, To time.Time // received in [From, To)
	UpTo     int64     // commit order; 0 = no bound
}

// MessageStatus is a stored message as its operator sees it: no body.
type MessageStatus struct {
	ID         MessageID
	Partner    PartnerID
	Channel    string
	Kind       Kind
	Origin     string
	State      State
	Generation int
	Mapping    string
	Fault      string // code of why it is held
	Received   time.Time
	Seq        int64 // commit order
}

// Cursor is the place of the message in a list: Paging.After behind it.
func (m *MessageStatus) Cursor() string { return strconv.FormatInt(m.Seq, 10) }

// Replays is the store as Replay needs it.
type Replays interface {
	// CountMessages counts what the filter selects and gives the last commit number of it.
	CountMessages(ctx context.Context, f MessageFilter) (n int, last int64, err error)
	// Messages lists them in commit order, which is the order of every child.
	Messages(ctx context.Context, f MessageFilter, p Paging) (page []MessageStatus, next string, err error)
	// Message reads one with its body.
	Message(ctx context.Context, id MessageID) (*Receipt, error)
	// NoteReplay writes to the audit trail who replays a message and why.
	NoteReplay(ctx context.Context, id MessageID, reason, who string) error
	// Recommit applies it again, compare-and-set on its generation.
	Recommit(ctx context.Context, r *Receipt) (*Receipt, error)
}

// Redeliveries is the store as re-delivery needs it.
type Redeliveries interface {
	ListDeliveries(ctx context.Context, f DeliveryFilter, p Paging) (page []DeliveryStatus, next string, err error)
	Release(ctx context.Context, id DeliveryID, reason, who string) error
}

// Replay sends stored messages through the mapping of today, and parked
// deliveries on their way again. It works one at a time in commit order, so the
// order of every child is kept.
type Replay struct {
	Store    Replays
	Parked   Redeliveries
	Hints    Hints
	Prepare  func(*Message, *Partner) (*Receipt, error) // Gateway.Prepare
	Partners func(PartnerID) (*Partner, bool)
}

// Order is what a person asked for.
type Order struct {
	Reason string        // required; kept in the audit trail
	Who    string        // required
	DryRun bool          // count and try the mapping, change nothing
	Pin    string        // mapping version to use; empty = the newest
	PerSec int           // at most so many a second; 0 = no limit
	Report func(Outcome) // called after each one; may be nil
}

// Outcome is what became of one message or delivery.
type Outcome struct {
	Message  MessageID
	Delivery DeliveryID
	State    State  // accepted or held; empty for a delivery
	Fault    *Fault // why it is not applied
	Done     int    // so far
	Total    int
}

// Summary counts the outcomes of one order.
type Summary struct {
	Matched, Applied, Held, Failed int
}

// Messages replays what the filter selects; without State and IDs in it, held
// messages. With DryRun it says what would happen. A replayed message moves to
// the end of the commit order, so the run is bounded by where that was at first.
func (r *Replay) Messages(ctx context.Context, f MessageFilter, o Order) (sum Summary, err error) {
	if err := o.check(); err != nil {
		return sum, err
	}
	if f.State == "" && len(f.IDs) == 0 {
		f.State = Held
	}
	if sum.Matched, f.UpTo, err = r.Store.CountMessages(ctx, f); err != nil || sum.Matched == 0 {
		return sum, err
	}
	wait, stop := o.pace()
	defer stop()
	for after, more := "", true; more; more = after != "" {
		var page []MessageStatus
		if page, after, err = r.Store.Messages(ctx, f, Paging{After: after, Limit: 200}); err != nil {
			return sum, err
		}
		for _, m := range page {
			if err := wait(ctx); err != nil {
				return sum, err
			}
			sum.add(r.message(ctx, m.ID, o), o)
		}
	}
	if sum.Applied > 0 && !o.DryRun {
		r.Hints.Wake(ctx, TopicRoute)
	}
	return sum, nil
}

// message replays one message. A fault of one does not stop the others: what is
// still not right stays held, with today's cause.
func (r *Replay) message(ctx context.Context, id MessageID, o Order) Outcome {
	out := Outcome{Message: id, State: Held}
	old, again, err := r.prepare(ctx, id, o)
	if err != nil {
		out.Fault = FaultOf(err)
		return out
	}
	out.State, out.Fault = again.State, again.Fault
	if o.DryRun || again.State == Held && old.State != Held {
		return out // what was applied stays applied
	}
	if err = r.Store.NoteReplay(ctx, id, o.Reason, o.Who); err == nil {
		again, err = r.Store.Recommit(ctx, again)
	}
	if err != nil {
		out.State, out.Fault = old.State, FaultOf(err)
		return out
	}
	out.State, out.Fault = again.State, again.Fault // the store may hold it as well
	return out
}

// prepare maps a stored message as its partner is configured today.
func (r *Replay) prepare(ctx context.Context, id MessageID, o Order) (old, again *Receipt, err error) {
	if old, err = r.Store.Message(ctx, id); err != nil {
		return nil, nil, err
	}
	p, ok := r.Partners(old.Message.Partner)
	if !ok {
		return nil, nil, Faultf("replay", Denied, fhir.Issue{Code: "forbidden", Found: "a partner that is not configured any more", Fix: "configure it again, or discard the message"})
	}
	m := *old.Message
	m.Pin = o.Pin
	if again, err = r.Prepare(&m, p); err != nil {
		again = held(&m, old.Mapped.Name, FaultOf(err))
	}
	again.Generation = old.Generation
	return old, again, nil
}

// Deliveries puts parked deliveries on their way again, oldest first.
func (r *Replay) Deliveries(ctx context.Context, f DeliveryFilter, o Order) (sum Summary, err error) {
	if err := o.check(); err != nil {
		return sum, err
	}
	f.State = "parked"
	var found []DeliveryStatus
	for after, more := "", true; more; more = after != "" {
		var page []DeliveryStatus
		if page, after, err = r.Parked.ListDeliveries(ctx, f, Paging{After: after, Limit: 1000}); err != nil {
			return sum, err
		}
		found = append(found, page...)
	}
	sum.Matched = len(found)
	wait, stop := o.pace()
	defer stop()
	woken := map[PartnerID]bool{}
	for _, d := range found {
		if err := wait(ctx); err != nil {
			return sum, err
		}
		sum.add(r.release(ctx, d.Message, d.ID, o), o)
		if !o.DryRun {
			woken[d.Lane.Partner] = true
		}
	}
	for p := range woken {
		r.Hints.Wake(ctx, TopicDrain(p))
	}
	return sum, nil
}

// release puts one parked delivery on its way again.
func (r *Replay) release(ctx context.Context, m MessageID, id DeliveryID, o Order) Outcome {
	out := Outcome{Message: m, Delivery: id, State: Accepted}
	if o.DryRun {
		return out
	}
	if err := r.Parked.Release(ctx, id, o.Reason, o.Who); err != nil {
		out.State, out.Fault = Held, FaultOf(err)
	}
	return out
}

func (s *Summary) add(out Outcome, o Order) {
	switch {
	case out.State == Accepted && out.Fault == nil:
		s.Applied++
	case out.State == Held && out.Fault != nil && out.Fault.Code != Busy && out.Fault.Code != Internal:
		s.Held++
	default:
		s.Failed++
	}
	out.Done, out.Total = s.Applied+s.Held+s.Failed, s.Matched
	if o.Report != nil {
		o.Report(out)
	}
}

func (o Order) check() error {
	if strings.TrimSpace(o.Reason) == "" || strings.TrimSpace(o.Who) == "" {
		return Faultf("replay", Invalid, fhir.Issue{Code: fhir.CodeRequired, Found: "no reason or no name", Fix: "say why and who; both are kept in the audit trail"})
	}
	return nil
}

// pace gives a function that waits for its turn.
func (o Order) pace() (wait func(context.Context) error, stop func()) {
	if o.PerSec <= 0 || o.DryRun {
		return func(ctx context.Context) error { return ctx.Err() }, func() {}
	}
	tick := time.NewTicker(time.Second / time.Duration(o.PerSec))
	return func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			return nil
		}
	}, tick.Stop
}
