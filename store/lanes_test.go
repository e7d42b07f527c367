package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// world is a store with a clock of its own, clinic-a as the sender and mco-a as
// the destination.
type world struct {
	t   *testing.T
	s   *store.Store
	mu  sync.Mutex
	now time.Time
}

func eachWorld(t *testing.T, f func(w *world)) {
	each(t, func(t *testing.T, s *store.Store) {
		w := &world{t: t, s: s, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		s.Now = w.clock
		f(w)
	})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// child commits a Patient that mco-a may see and returns its reference.
func (w *world) child(member string) string {
	w.t.Helper()
	r := message("clinic-a", "", create(w.t, patient(member)))
	r.Mapped.Relations = []gateway.Relation{{Member: gateway.Identifier{System: memberSystem, Value: member},
		Scope: gateway.ScopePayer("MCOA"), Why: "enrollment", Ref: "1", Lo: ledger.Day(0), Hi: ledger.Day(99999)}}
	return "Patient/" + commit(w.t, w.s, r).Effects[0].ID
}

// route plans everything for mco-a, as gateway.Route does.
func (w *world) route() {
	w.t.Helper()
	mco := &gateway.Partner{ID: "mco-a", Payers: []string{"MCOA"}, Wants: []gateway.Want{{Types: []string{"CarePlan", "Goal"}}}, Deliver: &gateway.Endpoint{Wire: "fhir"}}
	r := &gateway.Route{Store: w.s, Leases: w.s, Hints: store.NewMemory(), Holder: "test", Partners: func() []*gateway.Partner { return []*gateway.Partner{mco} },
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if err := r.Once(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) ready() []gateway.Lane {
	w.t.Helper()
	lanes, err := w.s.Ready(context.Background(), "mco-a", w.clock(), 100)
	if err != nil {
		w.t.Fatal(err)
	}
	return lanes
}

func (w *world) head(l gateway.Lane, holder string) *gateway.Delivery {
	w.t.Helper()
	d, err := w.s.Head(context.Background(), l, caller("mco-a"), holder)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) settle(d *gateway.Delivery, a gateway.Attempt) {
	w.t.Helper()
	a.At = w.clock()
	if err := w.s.Settle(context.Background(), d, a); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) only(lanes []gateway.Lane) gateway.Lane {
	w.t.Helper()
	if len(lanes) != 1 {
		w.t.Fatalf("%d lanes are ready, want 1", len(lanes))
	}
	return lanes[0]
}

func busyFault() *gateway.Fault { return &gateway.Fault{Op: "send", Code: gateway.Busy} }

func TestLaneKeepsTheOrderOfCommits(t *testing.T) {
	eachWorld(t, func(w *world) {
		child := w.child("L1")
		var sent []gateway.MessageID
		for range 3 {
			sent = append(sent, commit(t, w.s, message("clinic-a", "", create(t, plan(child)))).Message.ID)
		}
		w.route()
		lane := w.only(w.ready())
		for _, id := range sent {
			d := w.head(lane, "a")
			if d == nil || d.Message != id || len(d.Resources) != 1 {
				t.Fatalf("head = %+v, want message %s with its resource", d, id)
			}
			if w.head(lane, "b") != nil || len(w.ready()) != 0 {
				t.Fatal("a leased lane was given to a second worker")
			}
			w.settle(d, gateway.Attempt{Remote: "CarePlan/1"})
		}
		if w.head(lane, "a") != nil || len(w.ready()) != 0 {
			t.Fatal("an empty lane still has something to do")
		}
	})
}

func TestLaneWaitsForItsRetryAndOthersGoOn(t *testing.T) {
	eachWorld(t, func(w *world) {
		first, second := w.child("W1"), w.child("W2")
		commit(t, w.s, message("clinic-a", "", create(t, plan(first))))
		commit(t, w.s, message("clinic-a", "", create(t, plan(first))))
		w.route()
		lane := w.only(w.ready())
		d := w.head(lane, "a")
		w.settle(d, gateway.Attempt{Fault: busyFault(), Next: w.clock().Add(time.Minute)})
		commit(t, w.s, message("clinic-a", "", create(t, plan(second))))
		w.route()
		if other := w.only(w.ready()); other == lane {
			t.Fatal("a waiting lane is ready before its time")
		}
		w.pass(61 * time.Second)
		again := w.head(lane, "a")
		if again == nil || again.Key != d.Key || again.Attempts != 1 || !again.FirstAt.Equal(d.FirstAt) {
			t.Fatalf("retry = %+v, want the same delivery %+v with one attempt", again, d)
		}
	})
}

func TestParkedDeliveryBlocksItsLaneUntilAPersonDecides(t *testing.T) {
	ctx := context.Background()
	eachWorld(t, func(w *world) {
		child := w.child("P1")
		for range 3 {
			commit(t, w.s, message("clinic-a", "", create(t, plan(child))))
		}
		w.route()
		lane := w.only(w.ready())
		d := w.head(lane, "a")
		w.settle(d, gateway.Attempt{Fault: &gateway.Fault{Op: "send", Code: gateway.Invalid}})
		w.pass(time.Hour)
		if len(w.ready()) != 0 || w.head(lane, "a") != nil {
			t.Fatal("a blocked lane went on")
		}
		parked, _, err := w.s.ListDeliveries(ctx, gateway.DeliveryFilter{State: "parked"}, gateway.Paging{})
		if err != nil || len(parked) != 1 || parked[0].BlockedBy != d.ID || !strings.Contains(parked[0].Fault, "invalid") {
			t.Fatalf("parked = %+v, %v", parked, err)
		}
		if got := code(w.s.Release(ctx, d.ID, " ", "op")); got != gateway.Invalid {
			t.Errorf("release without a reason: %q", got)
		}
		if err := w.s.Release(ctx, d.ID, "mended", "op"); err != nil {
			t.Fatal(err)
		}
		again := w.head(w.only(w.ready()), "a")
		if again.ID != d.ID || again.Key != d.Key || !again.FirstAt.Equal(w.clock()) {
			t.Fatalf("released = %+v", again)
		}
		if got := code(w.s.Skip(ctx, d.ID, "no", "op")); got != gateway.Busy {
			t.Errorf("skip while it is being sent: %q", got)
		}
		w.settle(again, gateway.Attempt{Fault: &gateway.Fault{Op: "send", Code: gateway.Invalid}})
		if err := w.s.Skip(ctx, d.ID, "not needed", "op"); err != nil {
			t.Fatal(err)
		}
		next := w.head(w.only(w.ready()), "a")
		if next.ID == d.ID {
			t.Fatal("a skipped delivery came again")
		}
		w.settle(next, gateway.Attempt{})
		if got := code(w.s.Release(ctx, d.ID, "again", "op")); got != gateway.Conflict {
			t.Errorf("release of a skipped delivery: %q", got)
		}
	})
}

// F17: a worker frozen past its lease changes nothing.
func TestFrozenWorkerIsFenced(t *testing.T) {
	ctx := context.Background()
	eachWorld(t, func(w *world) {
		commit(t, w.s, message("clinic-a", "", create(t, plan(w.child("F1")))))
		w.route()
		lane := w.only(w.ready())
		frozen := w.head(lane, "a")
		w.pass(10 * time.Second)
		if err := w.s.Heartbeat(ctx, frozen); err != nil {
			t.Fatal(err)
		}
		w.pass(29 * time.Second)
		if w.head(lane, "b") != nil {
			t.Fatal("a lease kept alive was taken over")
		}
		w.pass(2 * time.Second)
		taken := w.head(lane, "b")
		if taken == nil || taken.Key != frozen.Key || taken.Lease == frozen.Lease {
			t.Fatalf("taken over = %+v, want the same key under a new token", taken)
		}
		late := []error{w.s.Heartbeat(ctx, frozen), w.s.Yield(ctx, frozen),
			w.s.Settle(ctx, frozen, gateway.Attempt{At: w.clock()}),
			w.s.Settle(ctx, frozen, gateway.Attempt{At: w.clock(), Fault: busyFault()})}
		for i, err := range late {
			if !errors.Is(err, gateway.ErrFenced) {
				t.Errorf("late act %d: %v, want ErrFenced", i, err)
			}
		}
		w.settle(taken, gateway.Attempt{Remote: "r"})
		list, _, err := w.s.ListDeliveries(ctx, gateway.DeliveryFilter{ID: taken.ID}, gateway.Paging{})
		if err != nil || list[0].State != "delivered" || list[0].Attempts != 1 {
			t.Fatalf("after all: %+v, %v", list, err)
		}
	})
}

// F38: what was withdrawn or labelled while it was queued does not leave.
func TestHeadAsksThePredicateAgain(t *testing.T) {
	eachWorld(t, func(w *world) {
		child := w.child("C1")
		out := commit(t, w.s, message("clinic-a", "", create(t, plan(child))))
		commit(t, w.s, message("clinic-a", "", create(t, plan(w.child("C2")))))
		w.route()
		if n := len(w.ready()); n != 2 {
			t.Fatalf("%d lanes, want 2", n)
		}
		labelled := create(t, strings.Replace(plan(child), `"status"`, `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"SUD"}]},"status"`, 1))
		labelled.Op, labelled.ID = gateway.Update, out.Effects[0].ID
		withdraw := message("clinic-a", "", labelled)
		withdraw.Mapped.Relations = []gateway.Relation{{Member: gateway.Identifier{System: memberSystem, Value: "C2"},
			Scope: gateway.ScopePayer("MCOA"), Why: "enrollment", Ref: "1", Lo: 2, Hi: 1}}
		commit(t, w.s, withdraw)
		w.route()
		for _, lane := range w.ready() {
			d := w.head(lane, "a")
			if len(d.Items) != 0 || len(d.Resources) != 0 {
				t.Errorf("lane %s: %d items would leave", lane.Subject, len(d.Items))
			}
			w.settle(d, gateway.Attempt{Skipped: true})
		}
		if n := len(w.ready()); n != 0 {
			t.Errorf("%d lanes still ready: the labelled version was queued", n)
		}
	})
}

func TestOnlyRelatedDestinationsGetDeliveries(t *testing.T) {
	eachWorld(t, func(w *world) {
		out := commit(t, w.s, message("clinic-a", "", create(t, patient("N1"))))
		commit(t, w.s, message("clinic-a", "", create(t, plan("Patient/"+out.Effects[0].ID))))
		w.route()
		if n := len(w.ready()); n != 0 {
			t.Fatalf("%d lanes for a destination without a relation", n)
		}
		left, err := w.s.Unrouted(context.Background(), 10)
		if err != nil || len(left) != 0 {
			t.Fatalf("unrouted = %d, %v", len(left), err)
		}
	})
}

func TestDeliveryCarriesTheVersionItNames(t *testing.T) {
	eachWorld(t, func(w *world) {
		child := w.child("V1")
		out := commit(t, w.s, message("clinic-a", "", create(t, plan(child))))
		id := out.Effects[0].ID
		second := create(t, strings.Replace(plan(child), "active", "completed", 1))
		second.Op, second.ID = gateway.Update, id
		commit(t, w.s, message("clinic-a", "", second))
		commit(t, w.s, message("clinic-a", "", gateway.Change{Op: gateway.Delete, Type: "CarePlan", ID: id}))
		w.route()
		lane := w.only(w.ready())
		for i, want := range []string{"active", "completed", ""} {
			d := w.head(lane, "a")
			if d == nil || len(d.Items) != 1 || d.Items[0].Version != int64(i+1) {
				t.Fatalf("delivery %d = %+v", i, d)
			}
			if got := statusOf(d.Resources[0]); got != want {
				t.Errorf("delivery %d: status %q, want %q", i, got, want)
			}
			w.settle(d, gateway.Attempt{})
		}
	})
}

func statusOf(r *fhir.Resource) string {
	if r == nil {
		return ""
	}
	return r.Get("status").Text()
}

func TestPlansAreAddedOnce(t *testing.T) {
	ctx := context.Background()
	eachWorld(t, func(w *world) {
		commit(t, w.s, message("clinic-a", "", create(t, plan(w.child("O1")))))
		page, err := w.s.Unrouted(ctx, 10)
		if err != nil || len(page) != 2 || len(page[1].Effects) != 1 {
			t.Fatalf("unrouted = %+v, %v", page, err)
		}
		w.route()
		e := page[1].Effects[0]
		late := []gateway.Plan{{Message: page[1].Message.ID, Deliveries: []gateway.Delivery{{ID: "late", Key: "late", Message: page[1].Message.ID,
			Lane: gateway.Lane{Partner: "mco-a", Subject: e.Person}, Items: []gateway.Item{{Type: e.Type, ID: e.ID, Version: 1, Verb: e.Verb}}}}}}
		n, err := w.s.AddDeliveries(ctx, late, map[gateway.PartnerID]gateway.Caller{"mco-a": caller("mco-a")})
		if err != nil || n != 0 {
			t.Fatalf("a late router queued %d, %v", n, err)
		}
	})
}

func TestLeaseHasOneHolder(t *testing.T) {
	ctx := context.Background()
	eachWorld(t, func(w *world) {
		take := func(holder string) bool {
			ok, err := w.s.Lease(ctx, "route", holder, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if !take("a") || take("b") || !take("a") {
			t.Fatal("want a to take and extend it, and b to be refused")
		}
		w.pass(61 * time.Second)
		if !take("b") || take("a") {
			t.Fatal("want b to take an ended lease")
		}
		if err := w.s.Unlease(ctx, "route", "a"); err != nil || take("a") {
			t.Fatal("a gave back what it no longer held")
		}
		if err := w.s.Unlease(ctx, "route", "b"); err != nil || !take("a") {
			t.Fatal("b gave it back, a could not take it")
		}
	})
}

func TestHeldMessagesAreListedAndDiscarded(t *testing.T) {
	ctx := context.Background()
	eachWorld(t, func(w *world) {
		for i := range 3 {
			r := message("clinic-a", fmt.Sprint("held", i))
			r.State, r.Fault = gateway.Held, &gateway.Fault{Op: "map", Code: gateway.Unmapped}
			commit(t, w.s, r)
		}
		n, last, err := w.s.CountMessages(ctx, gateway.MessageFilter{State: gateway.Held})
		if err != nil || n != 3 || last == 0 {
			t.Fatalf("count = %d, %d, %v", n, last, err)
		}
		page, next, err := w.s.Messages(ctx, gateway.MessageFilter{State: gateway.Held, UpTo: last}, gateway.Paging{Limit: 2})
		if err != nil || len(page) != 2 || next == "" || page[0].Fault != "unmapped" {
			t.Fatalf("page = %+v, %q, %v", page, next, err)
		}
		rest, next, err := w.s.Messages(ctx, gateway.MessageFilter{State: gateway.Held}, gateway.Paging{Limit: 2, After: next})
		if err != nil || len(rest) != 1 || next != "" {
			t.Fatalf("rest = %+v, %q, %v", rest, next, err)
		}
		if err := w.s.Discard(ctx, page[0].ID, "a test of the sender", "op"); err != nil {
			t.Fatal(err)
		}
		if got := code(w.s.Discard(ctx, page[0].ID, "twice", "op")); got != gateway.Conflict {
			t.Errorf("second discard: %q", got)
		}
	})
}

func TestMessageOnHoldStopsItsLane(t *testing.T) {
	ctx := context.Background()
	eachWorld(t, func(w *world) {
		child := w.child("H1")
		commit(t, w.s, message("clinic-a", "", create(t, plan(child))))
		held := commit(t, w.s, message("clinic-a", "", create(t, plan(child))))
		w.route()
		if n, err := w.s.Hold(ctx, held.Message.ID, "wrong child", "op"); n != 1 || err != nil {
			t.Fatalf("hold = %d, %v", n, err)
		}
		lane := w.only(w.ready())
		w.settle(w.head(lane, "a"), gateway.Attempt{})
		if len(w.ready()) != 0 {
			t.Fatal("the held message would leave")
		}
		counts, err := w.s.OpenDeliveries(ctx)
		if err != nil || len(counts) != 1 || counts[0].N != 1 || counts[0].State != "parked" {
			t.Fatalf("open = %+v, %v", counts, err)
		}
	})
}

// Workers that race for the same lanes deliver everything once and in order.
func TestWorkersShareLanes(t *testing.T) {
	eachWorld(t, func(w *world) {
		const lanes, each = 5, 6
		want := map[gateway.Lane][]gateway.MessageID{}
		for i := range lanes {
			child := w.child(fmt.Sprint("S", i))
			for range each {
				out := commit(t, w.s, message("clinic-a", "", create(t, plan(child))))
				lane := gateway.Lane{Partner: "mco-a", Subject: out.Effects[0].Person}
				want[lane] = append(want[lane], out.Message.ID)
			}
		}
		w.route()
		var mu sync.Mutex
		got := map[gateway.Lane][]gateway.MessageID{}
		var wg sync.WaitGroup
		for n := range 6 {
			wg.Go(func() {
				for lane := range want {
					for d := w.head(lane, fmt.Sprint(n)); d != nil; d = w.head(lane, fmt.Sprint(n)) {
						mu.Lock()
						got[lane] = append(got[lane], d.Message)
						mu.Unlock()
						w.settle(d, gateway.Attempt{})
					}
				}
			})
		}
		wg.Wait()
		for lane := range want {
			if !slices.Equal(got[lane], want[lane]) {
				t.Errorf("lane %s: %v, want %v", lane.Subject, got[lane], want[lane])
			}
		}
	})
}
