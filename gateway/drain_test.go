package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

const members = "urn:test:member"

// out is the way out on a real store, inside a bubble of fake time: days of
// retries pass in milliseconds.
type out struct {
	t        *testing.T
	s        *store.Store
	hints    *store.Memory
	partners []*gateway.Partner
	wire     *wire
	n        int
}

// wire is a partner's receiver as the tests script it.
type wire struct {
	mu     sync.Mutex
	answer func(p *gateway.Parcel, try int) error // nil = 2xx
	sent   []sent
	tries  map[string]int
}

type sent struct {
	key string
	at  time.Time
	ok  bool
}

func (w *wire) Send(ctx context.Context, p *gateway.Parcel) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tries[p.Key]++
	var err error
	if w.answer != nil {
		err = w.answer(p, w.tries[p.Key])
	}
	w.sent = append(w.sent, sent{p.Key, time.Now(), err == nil})
	return "r", err
}

func (w *wire) log() []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

// bubble runs f in fake time with a store, clinic-a sending and mco-a receiving.
func bubble(t *testing.T, f func(o *out)) {
	path := filepath.Join(t.TempDir(), "throughline.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(context.Background(), path, store.Policy{MemberSystem: members,
			Caller: func(p gateway.PartnerID) gateway.Caller {
				return gateway.Caller{Partner: p, Scopes: []string{gateway.ScopePartner(p)}}
			},
			Authority: func(gateway.PartnerID, gateway.Relation) bool { return true }})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		hints := store.NewMemory()
		f(&out{t: t, s: s, hints: hints, wire: &wire{tries: map[string]int{}}, partners: []*gateway.Partner{destination("mco-a")}})
	})
}

func destination(id gateway.PartnerID) *gateway.Partner {
	return &gateway.Partner{ID: id, Payers: []string{"MCOA"}, Wants: []gateway.Want{{Types: []string{"Patient"}}}, Deliver: &gateway.Endpoint{Wire: "fhir"}}
}

// message commits a Patient with the member id; the same member is the same lane.
func (o *out) message(member string) gateway.MessageID {
	o.t.Helper()
	o.n++
	r, issues := fhir.Parse(fmt.Appendf(nil, `{"resourceType":"Patient","identifier":[{"system":%q,"value":%q}],"multipleBirthInteger":%d}`, members, member, o.n), fhir.Limits{})
	if r == nil {
		o.t.Fatal(issues)
	}
	id := gateway.Identifier{System: members, Value: member}
	in := &gateway.Receipt{State: gateway.Accepted,
		Message: &gateway.Message{ID: gateway.MessageID(fmt.Sprintf("m%04d", o.n)), Partner: "clinic-a", Channel: "fhir", Body: r.JSON, Received: time.Now()},
		Mapped: gateway.Mapped{Changes: []gateway.Change{{Op: gateway.Upsert, Type: "Patient", Key: id, Resource: r}},
			Relations: []gateway.Relation{{Member: id, Scope: gateway.ScopePayer("MCOA"), Why: "enrollment", Ref: "1", Lo: ledger.Day(0), Hi: ledger.Day(99999)}}}}
	got, err := o.s.Commit(context.Background(), in)
	if err != nil {
		o.t.Fatal(err)
	}
	return got.Message.ID
}

// run starts Route and Drain; stop ends them and waits.
func (o *out) run(change ...func(*gateway.Drain)) (stop func()) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	partners := func() []*gateway.Partner { return o.partners }
	route := &gateway.Route{Store: o.s, Leases: o.s, Hints: o.hints, Partners: partners, Holder: "i1", Sweep: 10 * time.Minute, Log: log}
	drain := &gateway.Drain{Outbox: o.s, Hints: o.hints, Partners: partners, Holder: "i1", Now: time.Now, Log: log, Rand: func() float64 { return 0.5 },
		Wires: map[string]gateway.Wire{"fhir": {Render: render, Dial: func(*gateway.Partner) (gateway.Sender, error) { return o.wire, nil }}}}
	for _, f := range change {
		f(drain)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, s := range []gateway.Service{route, drain} {
		wg.Go(func() {
			if err := s.Run(ctx); err != nil {
				o.t.Error(err)
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

func render(d *gateway.Delivery, p *gateway.Partner) (*gateway.Parcel, error) {
	return &gateway.Parcel{Delivery: d.ID, Key: d.Key, Body: d.Resources[0].JSON}, nil
}

func (o *out) list(f gateway.DeliveryFilter) []gateway.DeliveryStatus {
	o.t.Helper()
	list, _, err := o.s.ListDeliveries(context.Background(), f, gateway.Paging{})
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

// until lets time pass until the condition holds.
func (o *out) until(limit time.Duration, what string, met func() bool) {
	o.t.Helper()
	step := max(limit/200, 500*time.Millisecond)
	for end := time.Now().Add(limit); !met(); time.Sleep(step) { // fake time: the bubble moves on when all wait
		if time.Now().After(end) {
			o.t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

func away() error { return &gateway.Fault{Op: "send", Code: gateway.Busy} }

func TestDrainDeliversInOrder(t *testing.T) {
	bubble(t, func(o *out) {
		for range 3 {
			for _, m := range []string{"A", "B"} {
				o.message(m)
			}
		}
		defer o.run()()
		o.until(10*time.Second, "6 delivered", func() bool { return len(o.list(gateway.DeliveryFilter{State: "delivered"})) == 6 })
		at := map[gateway.Lane][]gateway.MessageID{}
		for _, s := range o.wire.log() {
			for _, d := range o.list(gateway.DeliveryFilter{}) {
				if d.Key == s.key {
					at[d.Lane] = append(at[d.Lane], d.Message)
				}
			}
		}
		if len(at) != 2 {
			t.Fatalf("%d lanes", len(at))
		}
		for lane, ids := range at {
			if len(ids) != 3 || !slices.IsSorted(ids) {
				t.Errorf("lane %s: %v", lane.Subject, ids)
			}
		}
	})
}

// R10: retries end by time, back off to 15 minutes, and the key never changes.
func TestDrainRetriesForSevenDays(t *testing.T) {
	bubble(t, func(o *out) {
		o.message("A")
		o.wire.answer = func(*gateway.Parcel, int) error { return away() }
		start := time.Now()
		defer o.run(func(d *gateway.Drain) { d.Sweep = 5 * time.Minute })()
		o.until(8*24*time.Hour, "parked", func() bool { return len(o.list(gateway.DeliveryFilter{State: "parked"})) == 1 })
		if took := time.Since(start); took < gateway.RetryFor {
			t.Errorf("given up after %v", took)
		}
		log := o.wire.log()
		for i, s := range log {
			if s.key != log[0].key {
				t.Fatal("the key changed between tries")
			}
			if i > 20 && s.at.Sub(log[i-1].at) > 21*time.Minute {
				t.Fatalf("try %d came %v after the one before", i, s.at.Sub(log[i-1].at))
			}
		}
		if len(log) < 500 || len(log) > 1500 {
			t.Errorf("%d tries in 7 days", len(log))
		}
	})
}

func TestDrainHonoursRetryAfter(t *testing.T) {
	bubble(t, func(o *out) {
		o.message("A")
		o.wire.answer = func(_ *gateway.Parcel, try int) error {
			if try == 1 {
				return &gateway.Fault{Op: "send", Code: gateway.Busy, Err: &gateway.Wait{For: 40 * time.Minute}}
			}
			return nil
		}
		defer o.run()()
		o.until(time.Hour, "delivered", func() bool { return len(o.list(gateway.DeliveryFilter{State: "delivered"})) == 1 })
		log := o.wire.log()
		if gap := log[1].at.Sub(log[0].at); gap < 40*time.Minute || gap > 41*time.Minute {
			t.Errorf("second try after %v", gap)
		}
	})
}

func TestDrainParksWhatIsRefused(t *testing.T) {
	bubble(t, func(o *out) {
		o.message("A")
		o.message("A")
		o.message("B")
		var refused string
		o.wire.answer = func(p *gateway.Parcel, _ int) error {
			if refused == "" {
				refused = p.Key
			}
			if p.Key == refused {
				return &gateway.Fault{Op: "send", Code: gateway.Invalid}
			}
			return nil
		}
		defer o.run(func(d *gateway.Drain) { d.Workers = 1 })()
		o.until(time.Minute, "one parked", func() bool { return len(o.list(gateway.DeliveryFilter{State: "parked"})) == 1 })
		parked := o.list(gateway.DeliveryFilter{State: "parked"})[0]
		rest := len(o.list(gateway.DeliveryFilter{Subject: parked.Lane.Subject})) - 1
		o.until(time.Minute, "the other lane delivered", func() bool { return len(o.list(gateway.DeliveryFilter{State: "delivered"})) == 3-1-rest })
		if got := len(o.list(gateway.DeliveryFilter{State: "ready"})); got != rest {
			t.Errorf("%d wait behind the parked one, want %d", got, rest)
		}
	})
}

// F14, small: one partner away does not touch the other, and an open breaker
// burns no attempts.
func TestBreakerKeepsPartnersApart(t *testing.T) {
	bubble(t, func(o *out) {
		o.partners = append(o.partners, destination("mco-b"))
		gone := &wire{tries: map[string]int{}, answer: func(*gateway.Parcel, int) error { return away() }}
		wires := map[string]gateway.Wire{"fhir": {Render: render, Dial: func(p *gateway.Partner) (gateway.Sender, error) {
			if p.ID == "mco-b" {
				return gone, nil
			}
			return o.wire, nil
		}}}
		for i := range 20 {
			o.message(fmt.Sprint("K", i))
		}
		var d *gateway.Drain
		defer o.run(func(x *gateway.Drain) { x.Wires = wires; d = x })()
		o.until(10*time.Second, "all of mco-a delivered", func() bool {
			return len(o.list(gateway.DeliveryFilter{Partner: "mco-a", State: "delivered"})) == 20
		})
		time.Sleep(time.Hour)
		if tries := len(gone.log()); tries > 5+4+2*60+4 {
			t.Errorf("%d tries in an hour at a partner that is away: the breaker never opened", tries)
		}
		if s := d.Breakers()["mco-b"]; s == "closed" {
			t.Errorf("breaker of mco-b is %s", s)
		}
		gone.mu.Lock()
		gone.answer = nil
		gone.mu.Unlock()
		o.until(time.Hour, "all of mco-b delivered", func() bool {
			return len(o.list(gateway.DeliveryFilter{Partner: "mco-b", State: "delivered"})) == 20
		})
	})
}

// A wire that hangs is cut off when we stop; that is no attempt, and the next
// instance sends the same key.
func TestDrainStopsCleanly(t *testing.T) {
	bubble(t, func(o *out) {
		o.message("A")
		entered := make(chan struct{})
		hang := sender(func(ctx context.Context, p *gateway.Parcel) (string, error) {
			close(entered)
			<-ctx.Done()
			return "", &gateway.Fault{Op: "send", Code: gateway.Busy, Err: ctx.Err()}
		})
		stop := o.run(func(d *gateway.Drain) {
			d.Wires = map[string]gateway.Wire{"fhir": {Render: render, Dial: func(*gateway.Partner) (gateway.Sender, error) { return hang, nil }}}
		})
		<-entered
		stop()
		left := o.list(gateway.DeliveryFilter{State: "ready"})
		if len(left) != 1 || left[0].Attempts != 0 {
			t.Fatalf("left = %+v", left)
		}
		defer o.run()()
		o.until(5*time.Second, "delivered by the next", func() bool { return len(o.list(gateway.DeliveryFilter{State: "delivered"})) == 1 })
	})
}

// A long send keeps its lease: nobody else sends it meanwhile.
func TestLongSendKeepsItsLease(t *testing.T) {
	bubble(t, func(o *out) {
		o.partners[0].Deliver.Timeout = 5 * time.Minute
		o.message("A")
		n := 0
		slow := sender(func(ctx context.Context, p *gateway.Parcel) (string, error) {
			n++
			select {
			case <-ctx.Done():
				return "", errors.Join(away(), ctx.Err())
			case <-time.After(2 * time.Minute):
				return "late", nil
			}
		})
		set := func(d *gateway.Drain) {
			d.Wires = map[string]gateway.Wire{"fhir": {Render: render, Dial: func(*gateway.Partner) (gateway.Sender, error) { return slow, nil }}}
		}
		defer o.run(set)()
		defer o.run(set, func(d *gateway.Drain) { d.Holder = "i2" })()
		o.until(3*time.Minute, "delivered", func() bool { return len(o.list(gateway.DeliveryFilter{State: "delivered"})) == 1 })
		if n != 1 {
			t.Errorf("sent %d times", n)
		}
	})
}

type sender func(ctx context.Context, p *gateway.Parcel) (string, error)

func (f sender) Send(ctx context.Context, p *gateway.Parcel) (string, error) { return f(ctx, p) }
