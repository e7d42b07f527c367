package faults

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// clock is the time of the way out, moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// wayOut is a store with steps of one child that wait for the mco.
type wayOut struct {
	t     *testing.T
	ctx   context.Context
	s     *store.Store
	hints *store.Memory
	clock *clock
}

func newWayOut(t *testing.T, url string, steps int) *wayOut {
	t.Helper()
	w := &wayOut{t: t, ctx: within(t, time.Minute), s: openStore(t, url), hints: store.NewMemory(), clock: &clock{now: time.Now()}}
	w.s.Now = w.clock.Now
	g := newGateway(w.s, store.NewMemory())
	g.Now = w.clock.Now
	for n := range steps {
		if _, err := g.Receive(w.ctx, step{N: n + 1, Share: true}.message(), reply); err != nil {
			t.Fatal(err)
		}
	}
	route := &gateway.Route{Store: w.s, Leases: w.s, Hints: w.hints, Partners: destinations, Holder: "test", Log: quiet}
	if err := route.Once(w.ctx); err != nil {
		t.Fatal(err)
	}
	return w
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// drain runs a Drain until the test ends; its outcomes come on the channel.
func (w *wayOut) drain(holder string, o gateway.Outbox, wires map[string]gateway.Wire) <-chan string {
	outcomes := make(chan string, 64)
	d := &gateway.Drain{Outbox: o, Hints: w.hints, Partners: destinations, Wires: wires, Holder: holder, Sweep: 5 * time.Millisecond, Now: w.clock.Now, Log: quiet,
		Observe: func(_ gateway.PartnerID, outcome string, _ time.Duration) { outcomes <- outcome }}
	ctx, cancel := context.WithCancel(w.ctx)
	var wg sync.WaitGroup
	wg.Go(func() { _ = d.Run(ctx) })
	w.t.Cleanup(func() { cancel(); wg.Wait() })
	return outcomes
}

// take waits for what comes next.
func take[T any](w *wayOut, what string, c <-chan T) (v T) {
	w.t.Helper()
	select {
	case v = <-c:
	case <-w.ctx.Done():
		w.t.Fatalf("%s did not come", what)
	}
	return v
}

// until lets time pass at every failed try until n deliveries have arrived.
func (w *wayOut) until(outcomes <-chan string, n int) {
	w.t.Helper()
	for n > 0 {
		if take(w, "an outcome", outcomes) == "delivered" {
			n--
		} else {
			w.clock.pass(20 * time.Minute)
		}
	}
}

// A partner that applies and drops the reply gets the same key on every try, and
// so applies once.
func TestF16AppliedWithoutReply(t *testing.T) {
	const steps, drops = 4, 3
	storetest.EachURL(t, func(t *testing.T, url string) {
		w, r := newWayOut(t, url, steps), newReceiver(t)
		r.drop = func(_ string, try int) bool { return try <= drops }
		w.until(w.drain("a", w.s, wires(wire{r.url})), steps)
		r.inOrder()
		tries := r.keys()
		if len(tries) != steps {
			t.Errorf("%d keys for %d deliveries", len(tries), steps)
		}
		for key, n := range tries {
			if n != drops+1 {
				t.Errorf("key %s: %d tries, want %d", key, n, drops+1)
			}
		}
	})
}

// A way out that makes a key for every try lets the partner apply every try.
func TestF16ControlNewKeyForEveryTry(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		w, r := newWayOut(t, url, 1), newReceiver(t)
		seen := 0
		r.drop = func(string, int) bool { seen++; return seen == 1 }
		fresh := wires(wire{r.url})
		fresh["test"] = gateway.Wire{Dial: fresh["test"].Dial, Render: func(d *gateway.Delivery, p *gateway.Partner) (*gateway.Parcel, error) {
			parcel, err := render(d, p)
			if err == nil {
				parcel.Key += string(newGateway(nil, nil).NewID())
			}
			return parcel, err
		}}
		w.until(w.drain("a", w.s, fresh), 1)
		if tries := r.keys(); len(tries) < 2 {
			t.Errorf("the control shows nothing: applied under %v", tries)
		}
	})
}

// gated is a wire that can be frozen before it sends, and a partner without
// memory that applies when it is let.
type gated struct {
	ended   <-chan struct{} // the test is over
	began   chan string     // a send has begun
	thaw    chan struct{}   // closed: sends go on
	applied chan string     // what the partner has applied
}

func newGated(w *wayOut, applied chan string) *gated {
	return &gated{ended: w.ctx.Done(), began: make(chan string, 16), thaw: make(chan struct{}), applied: applied}
}

func (g *gated) Send(_ context.Context, p *gateway.Parcel) (string, error) { // who is frozen does not hear that ctx ended
	g.began <- p.Key
	select {
	case <-g.thaw:
		g.applied <- p.Key
	case <-g.ended:
	}
	return "", nil
}

// watched tells of leases and of what became of settling.
type watched struct {
	gateway.Outbox
	steal   func() string // the lease to settle with instead of one's own: the control
	leases  chan string
	settled chan error
}

func watch(o gateway.Outbox) *watched {
	return &watched{Outbox: o, leases: make(chan string, 16), settled: make(chan error, 16)}
}

func (o *watched) Head(ctx context.Context, l gateway.Lane, c gateway.Caller, holder string) (*gateway.Delivery, error) {
	d, err := o.Outbox.Head(ctx, l, c, holder)
	if d != nil {
		o.leases <- d.Lease
	}
	return d, err
}

func (o *watched) Settle(ctx context.Context, d *gateway.Delivery, a gateway.Attempt) error {
	if o.steal != nil {
		late := *d
		late.Lease = o.steal()
		d = &late
	}
	err := o.Outbox.Settle(ctx, d, a)
	o.settled <- err
	return err
}

// frozen lets worker a freeze with the head of a lane past its lease; b has
// leased it again and is sending when a wakes.
func frozen(t *testing.T, url string, steal bool) (w *wayOut, a, b *watched, wireB *gated, applied chan string) {
	t.Helper()
	w = newWayOut(t, url, 2)
	applied = make(chan string, 16)
	a, b = watch(w.s), watch(w.s)
	wireA, wireB := newGated(w, applied), newGated(w, applied)
	w.drain("a", a, wires(wireA))
	first := take(w, "a's send", wireA.began)
	w.clock.pass(gateway.LeaseFor + time.Second)
	w.drain("b", b, wires(wireB))
	if again := take(w, "b's send", wireB.began); again != first {
		t.Errorf("the same delivery has the keys %s and %s", first, again)
	}
	if lease := take(w, "b's lease", b.leases); steal {
		a.steal = func() string { return lease }
	}
	close(wireA.thaw)
	return w, a, b, wireB, applied
}

// A worker that wakes after its lease changes nothing: the delivery is the other
// worker's until that one settles it, and the next waits.
func TestF17FrozenWorkerIsFenced(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		w, a, b, wireB, applied := frozen(t, url, false)
		if err := take(w, "a's settling", a.settled); !errors.Is(err, gateway.ErrFenced) {
			t.Errorf("a worker past its lease has settled: %v", err)
		}
		if lanes, err := w.s.Ready(w.ctx, mco, w.clock.Now(), 10); err != nil || len(lanes) != 0 {
			t.Errorf("the lane was taken from its holder: %v, %v", lanes, err)
		}
		close(wireB.thaw)
		if err := take(w, "b's settling", b.settled); err != nil {
			t.Errorf("the holder could not settle: %v", err)
		}
		if order := keys(w, applied, 3); order[0] != order[1] || order[2] == order[0] {
			t.Errorf("applied in the order %v", order)
		}
		await(w, "delivered", 2)
	})
}

// Without the fence the late worker frees the lane under its holder, and the
// partner applies the first after the second.
func TestF17ControlWithoutFence(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		w, a, _, wireB, applied := frozen(t, url, true)
		if err := take(w, "a's settling", a.settled); err != nil {
			t.Fatal(err)
		}
		order := keys(w, applied, 2) // a's first, and the second although b still sends the first
		close(wireB.thaw)
		order = append(order, keys(w, applied, 1)...)
		if order[0] == order[1] || order[2] != order[0] {
			t.Errorf("the control shows nothing: applied in the order %v", order)
		}
	})
}

func keys(w *wayOut, applied <-chan string, n int) (order []string) {
	w.t.Helper()
	for range n {
		order = append(order, take(w, "a delivery", applied))
	}
	return order
}

// await waits until n deliveries have the state, each tried once.
func await(w *wayOut, state string, n int) {
	w.t.Helper()
	look := time.NewTicker(poll)
	defer look.Stop()
	for {
		list, _, err := w.s.ListDeliveries(w.ctx, gateway.DeliveryFilter{Partner: mco}, gateway.Paging{})
		if err != nil {
			w.t.Fatal(err)
		}
		if !slices.ContainsFunc(list, func(d gateway.DeliveryStatus) bool { return d.State != state || d.Attempts != 1 }) && len(list) == n {
			return
		}
		select {
		case <-look.C:
		case <-w.ctx.Done():
			w.t.Fatalf("deliveries are %+v", list)
		}
	}
}
