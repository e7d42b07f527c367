package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Outbox is the store as Drain needs it.
type Outbox interface {
	// Ready lists lanes of a partner whose head may be tried now, longest waiting first.
	Ready(ctx context.Context, p PartnerID, now time.Time, limit int) ([]Lane, error)
	// Head leases a lane for LeaseFor and returns its first delivery, nil when
	// there is nothing to do. What the caller may not have is left out of Items
	// and Resources; both may be empty.
	Head(ctx context.Context, l Lane, c Caller, holder string) (*Delivery, error)
	// Heartbeat extends the lease; ErrFenced when it is no longer ours.
	Heartbeat(ctx context.Context, d *Delivery) error
	// Settle records an attempt and ends the lease; ErrFenced when it is no longer ours.
	Settle(ctx context.Context, d *Delivery, a Attempt) error
	// Yield ends the lease of a delivery that was not tried.
	Yield(ctx context.Context, d *Delivery) error
}

// ErrFenced says that a lease ended while its holder slept: another worker has
// the delivery, and nothing may be changed (protocol.md R6).
var ErrFenced = errors.New("lease lost")

// Lease times of protocol.md R7, and the end of retries of R10.
const (
	LeaseFor       = 30 * time.Second
	HeartbeatEvery = 10 * time.Second
	RetryFor       = 7 * 24 * time.Hour
)

// Wire is one way out: how a delivery is rendered and who puts it there.
type Wire struct {
	Render Rendering
	Dial   func(p *Partner) (Sender, error) // called once for each partner
	// Context: rendering needs what the resources refer to. The outbox is asked
	// for it when it can tell (Referrer).
	Context bool
}

// Referrer fills in Delivery.Context: what its resources refer to, and what
// those refer to, as far as the caller may have it.
type Referrer interface {
	Refer(ctx context.Context, d *Delivery, c Caller) error
}

// Drain empties the lanes: lanes run in parallel, inside a lane one delivery
// follows the other. Every partner has its own workers and breaker, so that one
// that is away does not slow the others.
type Drain struct {
	Outbox   Outbox
	Hints    Hints
	Partners func() []*Partner
	Wires    map[string]Wire // by Endpoint.Wire
	Holder   string          // name of this instance
	Workers  int             // for each partner; 0 = 4
	Sweep    time.Duration   // how often to look without a hint; 0 = 2 s
	Grace    time.Duration   // how long a send may go on after ctx ended; 0 = 5 s
	OpenFor  time.Duration   // how long a breaker stays open; 0 = 30 s
	Now      func() time.Time
	Rand     func() float64 // jitter in [0, 1); nil = math/rand
	Observe  func(p PartnerID, outcome string, took time.Duration)
	Log      *slog.Logger

	mu    sync.Mutex
	lines map[PartnerID]*line
}

// Run drains until ctx ends and every send has ended.
func (d *Drain) Run(ctx context.Context) error {
	lines, err := d.open()
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for _, l := range lines {
		wg.Go(func() { l.run(ctx) })
	}
	for topic := range d.Hints.Listen(ctx) {
		if l, ok := lines[partnerOf(topic)]; ok {
			l.poke()
		}
	}
	<-ctx.Done()
	wg.Wait()
	return nil
}

// open makes a line for every partner that has an endpoint.
func (d *Drain) open() (map[PartnerID]*line, error) {
	lines := map[PartnerID]*line{}
	for _, p := range d.Partners() {
		if p.Deliver == nil || p.Deliver.Wire == KeepWire {
			continue
		}
		wire, ok := d.Wires[p.Deliver.Wire]
		if !ok {
			return nil, fmt.Errorf("partner %s: no wire %q", p.ID, p.Deliver.Wire)
		}
		sender, err := wire.Dial(p)
		if err != nil {
			return nil, fmt.Errorf("partner %s: %w", p.ID, err)
		}
		lines[p.ID] = newLine(d, p, wire, sender)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = lines
	return lines, nil
}

// Breakers gives the state of every partner's breaker: closed, half-open or open.
func (d *Drain) Breakers() map[PartnerID]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make(map[PartnerID]string, len(d.lines))
	for id, l := range d.lines {
		out[id] = l.breaker.State().String()
	}
	return out
}

func partnerOf(topic string) PartnerID {
	if n := len(TopicDrain("")); len(topic) > n && topic[:n] == TopicDrain("") {
		return PartnerID(topic[n:])
	}
	return ""
}

// Wait is the cause of a Busy fault that says when to come back (Retry-After).
type Wait struct{ For time.Duration }

// Error names the time.
func (w *Wait) Error() string { return "retry after " + w.For.String() }

const (
	firstRetry = time.Second
	lastRetry  = 15 * time.Minute
	longestAsk = 24 * time.Hour // the most a Retry-After is believed
)

// verdict decides what follows a failed try: Busy and Internal are tried again
// until RetryFor after the first try, everything else waits for a person.
func (d *Drain) verdict(dl *Delivery, err error) Attempt {
	now := d.Now()
	a := Attempt{At: now, Fault: FaultOf(err)}
	end := dl.FirstAt.Add(RetryFor)
	if !transient(a.Fault.Code) || !now.Before(end) {
		return a
	}
	wait := d.backoff(dl.Attempts)
	var ask *Wait
	if errors.As(err, &ask) {
		wait = max(wait, min(ask.For, longestAsk))
	}
	a.Next = now.Add(wait)
	if a.Next.After(end) {
		a.Next = end
	}
	return a
}

func transient(c Code) bool { return c == Busy || c == Internal }

// backoff doubles from a second to 15 minutes; the upper half of it is jitter.
func (d *Drain) backoff(attempts int) time.Duration {
	random := d.Rand
	if random == nil {
		random = rand.Float64
	}
	wait := lastRetry
	if attempts < 10 {
		wait = min(firstRetry<<attempts, lastRetry)
	}
	return wait/2 + time.Duration(random()*float64(wait/2))
}

func (d *Drain) observe(p PartnerID, a Attempt, took time.Duration) {
	if d.Observe != nil {
		d.Observe(p, a.outcome(), took)
	}
}

// outcome is the attempt in one word.
func (a Attempt) outcome() string {
	switch {
	case a.Skipped:
		return "skipped"
	case a.Resend:
		return "retry"
	case !a.Awaits.IsZero():
		return "sent"
	case a.Fault == nil:
		return "delivered"
	case a.Next.IsZero():
		return "parked"
	}
	return "retry"
}

func (d *Drain) workers() int           { return cmp.Or(d.Workers, 4) }
func (d *Drain) sweep() time.Duration   { return cmp.Or(d.Sweep, 2*time.Second) }
func (d *Drain) grace() time.Duration   { return cmp.Or(d.Grace, 5*time.Second) }
func (d *Drain) openFor() time.Duration { return cmp.Or(d.OpenFor, 30*time.Second) }
