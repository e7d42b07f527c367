package gateway_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// keep commits a message that is held.
func (o *out) keep(body string) gateway.MessageID {
	o.t.Helper()
	o.n++
	r, err := o.s.Commit(context.Background(), &gateway.Receipt{State: gateway.Held, Fault: &gateway.Fault{Op: "map", Code: gateway.Unmapped},
		Message: &gateway.Message{ID: gateway.MessageID(fmt.Sprintf("m%04d", o.n)), Partner: "clinic-a", Channel: "messages", Kind: "json/new", Body: []byte(body), Received: time.Now()}})
	if err != nil {
		o.t.Fatal(err)
	}
	return r.Message.ID
}

// replay maps a body "ok" to a Patient; any other is still unmapped, "bad" is invalid.
func (o *out) replay(order *[]gateway.MessageID) *gateway.Replay {
	return &gateway.Replay{Store: o.s, Parked: o.s, Hints: o.hints,
		Partners: func(id gateway.PartnerID) (*gateway.Partner, bool) { return &gateway.Partner{ID: id}, true },
		Prepare: func(m *gateway.Message, p *gateway.Partner) (*gateway.Receipt, error) {
			*order = append(*order, m.ID)
			switch string(m.Body) {
			case "ok":
				r, _ := fhir.Parse([]byte(`{"resourceType":"Patient"}`), fhir.Limits{})
				return &gateway.Receipt{Message: m, State: gateway.Accepted, Mapped: gateway.Mapped{Name: "new@2", Changes: []gateway.Change{{Op: gateway.Create, Type: "Patient", Resource: r}}}}, nil
			case "bad":
				return nil, &gateway.Fault{Op: "validate", Code: gateway.Invalid}
			}
			return &gateway.Receipt{Message: m, State: gateway.Held, Fault: &gateway.Fault{Op: "map", Code: gateway.Unmapped}}, nil
		}}
}

func TestReplayCountsFirstAndKeepsOrder(t *testing.T) {
	ctx := context.Background()
	bubble(t, func(o *out) {
		var ids, order []gateway.MessageID
		for _, body := range []string{"ok", "later", "bad", "ok"} {
			ids = append(ids, o.keep(body))
		}
		r := o.replay(&order)
		if _, err := r.Messages(ctx, gateway.MessageFilter{}, gateway.Order{Who: "op"}); gateway.FaultOf(err).Code != gateway.Invalid {
			t.Errorf("without a reason: %v", err)
		}
		dry, err := r.Messages(ctx, gateway.MessageFilter{}, gateway.Order{Who: "op", Reason: "mapping added", DryRun: true})
		want := gateway.Summary{Matched: 4, Applied: 2, Held: 2}
		if err != nil || dry != want {
			t.Fatalf("dry run = %+v, %v", dry, err)
		}
		if n, _, _ := o.s.CountMessages(ctx, gateway.MessageFilter{State: gateway.Held}); n != 4 {
			t.Fatalf("%d held after a dry run", n)
		}
		order = nil
		start, seen := time.Now(), 0
		sum, err := r.Messages(ctx, gateway.MessageFilter{Partner: "clinic-a"}, gateway.Order{Who: "op", Reason: "mapping added", PerSec: 2,
			Report: func(out gateway.Outcome) { seen = out.Done }})
		if err != nil || sum != want || seen != 4 {
			t.Fatalf("replay = %+v, %d reported, %v", sum, seen, err)
		}
		if diff := cmp.Diff(ids, order); diff != "" {
			t.Error("order of commits was not kept", diff)
		}
		if took := time.Since(start); took < 2*time.Second {
			t.Errorf("4 messages at 2 a second took %v", took)
		}
		page, _, err := o.s.Messages(ctx, gateway.MessageFilter{State: gateway.Held}, gateway.Paging{})
		if err != nil || len(page) != 2 || page[1].Fault != "invalid" {
			t.Errorf("still held: %+v, %v", page, err)
		}
		if left, err := o.s.Unrouted(ctx, 10); err != nil || len(left) != 2 {
			t.Errorf("%d replayed messages wait for their plan, %v", len(left), err)
		}
	})
}

// The version that the order names reaches every message, and none without it.
func TestReplayPinsTheMapping(t *testing.T) {
	bubble(t, func(o *out) {
		o.keep("later")
		o.keep("later")
		var order []gateway.MessageID
		r := o.replay(&order)
		for _, pin := range []string{"new@1", ""} {
			seen, prepare := 0, r.Prepare
			r.Prepare = func(m *gateway.Message, p *gateway.Partner) (*gateway.Receipt, error) {
				if seen++; m.Pin != pin {
					t.Errorf("pinned to %q, want %q", m.Pin, pin)
				}
				return prepare(m, p)
			}
			if _, err := r.Messages(context.Background(), gateway.MessageFilter{}, gateway.Order{Who: "op", Reason: "as it was", Pin: pin}); err != nil || seen != 2 {
				t.Errorf("%d prepared, %v", seen, err)
			}
			r.Prepare = prepare
		}
	})
}

// A replay with the same result queues nothing new downstream.
func TestReplayOfAppliedMessageSendsNothingTwice(t *testing.T) {
	bubble(t, func(o *out) {
		o.message("A")
		defer o.run()()
		o.until(10*time.Second, "delivered", func() bool { return len(o.list(gateway.DeliveryFilter{State: "delivered"})) == 1 })
		var order []gateway.MessageID
		r := o.replay(&order)
		r.Prepare = func(m *gateway.Message, p *gateway.Partner) (*gateway.Receipt, error) {
			res, _ := fhir.Parse(m.Body, fhir.Limits{})
			return &gateway.Receipt{Message: m, State: gateway.Accepted, Mapped: gateway.Mapped{Changes: []gateway.Change{
				{Op: gateway.Upsert, Type: "Patient", Key: gateway.Identifier{System: members, Value: "A"}, Resource: res}}}}, nil
		}
		sum, err := r.Messages(context.Background(), gateway.MessageFilter{IDs: []gateway.MessageID{"m0001"}}, gateway.Order{Who: "op", Reason: "to be sure"})
		if err != nil || sum.Applied != 1 {
			t.Fatalf("replay = %+v, %v", sum, err)
		}
		time.Sleep(5 * time.Minute)
		if n := len(o.wire.log()); n != 1 {
			t.Errorf("sent %d times", n)
		}
	})
}

func TestParkedDeliveriesAreSentAgain(t *testing.T) {
	ctx := context.Background()
	bubble(t, func(o *out) {
		for i := range 3 {
			o.message(fmt.Sprint("D", i))
		}
		o.wire.answer = func(_ *gateway.Parcel, try int) error {
			if try == 1 {
				return &gateway.Fault{Op: "send", Code: gateway.Invalid}
			}
			return nil
		}
		defer o.run()()
		o.until(time.Minute, "3 parked", func() bool { return len(o.list(gateway.DeliveryFilter{State: "parked"})) == 3 })
		var order []gateway.MessageID
		r := o.replay(&order)
		ask := gateway.Order{Who: "op", Reason: "partner mended", DryRun: true}
		if sum, err := r.Deliveries(ctx, gateway.DeliveryFilter{Partner: "mco-a"}, ask); err != nil || sum.Matched != 3 || len(o.list(gateway.DeliveryFilter{State: "parked"})) != 3 {
			t.Fatalf("dry run = %+v, %v", sum, err)
		}
		ask.DryRun = false
		if sum, err := r.Deliveries(ctx, gateway.DeliveryFilter{Partner: "mco-a"}, ask); err != nil || sum.Applied != 3 {
			t.Fatalf("release = %+v, %v", sum, err)
		}
		o.until(time.Minute, "3 delivered", func() bool { return len(o.list(gateway.DeliveryFilter{State: "delivered"})) == 3 })
	})
}
