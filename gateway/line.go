package gateway

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/throughline/throughline/fhir"
)

// line is one partner's share of Drain: its workers, its breaker, its wire.
type line struct {
	drain   *Drain
	partner *Partner
	caller  Caller
	wire    Wire
	sender  Sender
	breaker *gobreaker.TwoStepCircuitBreaker[any]
	wake    chan struct{}

	mu   sync.Mutex
	busy map[Lane]bool // lanes a worker of this instance is in
	wg   sync.WaitGroup
}

// burst bounds how long one lane keeps a worker while others wait.
const burst = 64

// What the breaker learns nothing from: there was nothing to send, or the send
// was cut off because we stop.
var (
	errNotTried = errors.New("not tried")
	errStopping = errors.New("stopping")
)

func newLine(d *Drain, p *Partner, wire Wire, sender Sender) *line {
	l := &line{drain: d, partner: p, caller: p.Caller(), wire: wire, sender: sender,
		wake: make(chan struct{}, 1), busy: map[Lane]bool{}}
	l.breaker = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		Name:        string(p.ID),
		MaxRequests: 1,
		Timeout:     d.openFor(),
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= 5 },
		IsExcluded: func(err error) bool {
			return errors.Is(err, errNotTried) || errors.Is(err, errStopping) || errors.Is(err, ErrFenced)
		},
		IsSuccessful: func(err error) bool { // an answer that refuses one delivery says that the partner is there
			return err == nil || !transient(FaultOf(err).Code) && FaultOf(err).Code != Denied
		},
		OnStateChange: func(name string, from, to gobreaker.State) {
			d.Log.Warn("breaker", "op", "drain", "partner", name, "from", from.String(), "to", to.String())
		},
	})
	return l
}

// poke makes run look for work; it never waits.
func (l *line) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *line) run(ctx context.Context) {
	defer l.wg.Wait()
	tick := time.NewTicker(l.drain.sweep())
	defer tick.Stop()
	for ctx.Err() == nil {
		l.pass(ctx)
		select {
		case <-ctx.Done():
		case <-l.wake:
		case <-tick.C:
		}
	}
}

// pass gives ready lanes to free workers. While the breaker is open nothing is
// leased, so waiting burns no attempts.
func (l *line) pass(ctx context.Context) {
	l.mu.Lock()
	running := len(l.busy)
	l.mu.Unlock()
	state, limit := l.breaker.State(), 2*l.drain.workers()
	if state == gobreaker.StateHalfOpen {
		limit = 1 // one delivery finds out whether the partner is back
	}
	if state == gobreaker.StateOpen || running >= min(limit, l.drain.workers()) {
		return
	}
	lanes, err := l.drain.Outbox.Ready(ctx, l.partner.ID, l.drain.Now(), limit)
	if err != nil {
		l.fail(ctx, "ready", Lane{}, err)
		return
	}
	for _, lane := range lanes {
		if l.take(lane) {
			l.wg.Go(func() { l.release(lane, l.drainLane(ctx, lane)) })
		}
	}
}

// take reserves a worker for the lane.
func (l *line) take(lane Lane) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy[lane] || len(l.busy) >= l.drain.workers() {
		return false
	}
	l.busy[lane] = true
	return true
}

// release frees the worker. Only after progress is there reason to look again
// before the next sweep: without, a store that refuses writes would be asked in
// a circle.
func (l *line) release(lane Lane, progress bool) {
	l.mu.Lock()
	delete(l.busy, lane)
	l.mu.Unlock()
	if progress {
		l.poke()
	}
}

// drainLane sends one delivery after the other until the lane is empty, has to
// wait, or has had its share. It says whether it settled anything.
func (l *line) drainLane(ctx context.Context, lane Lane) (progress bool) {
	for n := 0; n < burst && ctx.Err() == nil; n++ {
		done, err := l.breaker.Allow()
		if err != nil {
			return progress
		}
		d, err := l.drain.Outbox.Head(ctx, lane, l.caller, l.drain.Holder)
		if err != nil || d == nil {
			done(errNotTried)
			l.fail(ctx, "head", lane, err)
			return progress
		}
		settled, more := l.deliver(ctx, d, done)
		progress = progress || settled
		if !more {
			return progress
		}
	}
	return progress
}

// deliver tries one delivery and settles it; more says that the lane goes on.
func (l *line) deliver(ctx context.Context, d *Delivery, done func(error)) (settled, more bool) {
	start := l.drain.Now()
	a, err := l.try(ctx, d)
	done(err)
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), HeartbeatEvery)
	defer cancel()
	switch {
	case errors.Is(err, ErrFenced):
		l.fail(late, "send", d.Lane, err)
		return false, false
	case errors.Is(err, errStopping):
		l.fail(late, "yield", d.Lane, l.drain.Outbox.Yield(late, d))
		return false, false
	}
	if err := l.drain.Outbox.Settle(late, d, a); err != nil {
		l.fail(late, "settle", d.Lane, err)
		return false, false
	}
	l.drain.observe(l.partner.ID, a, l.drain.Now().Sub(start))
	l.note(d, a)
	return true, (a.Fault == nil || a.Resend) && a.Awaits.IsZero()
}

// try renders and sends. Its error is what the breaker learns of it.
func (l *line) try(ctx context.Context, d *Delivery) (Attempt, error) {
	if d.Overdue {
		return l.overdue(d), errNotTried
	}
	if len(d.Items) == 0 {
		return Attempt{At: l.drain.Now(), Skipped: true}, errNotTried
	}
	if refer, ok := l.drain.Outbox.(Referrer); ok && l.wire.Context {
		if err := refer.Refer(ctx, d, l.caller); err != nil {
			return l.drain.verdict(d, err), errNotTried
		}
	}
	parcel, err := l.wire.Render(d, l.partner)
	if err != nil {
		return Attempt{At: l.drain.Now(), Fault: FaultOf(err)}, errNotTried
	}
	remote, err := l.send(ctx, d, parcel)
	if err == nil {
		return l.sent(parcel, remote), nil
	}
	a := l.drain.verdict(d, err)
	a.Learned = parcel.Learned
	return a, err
}

// sent is the attempt of a parcel that is out: delivered, or sent and waiting
// for the partner's acknowledgement.
func (l *line) sent(parcel *Parcel, remote string) Attempt {
	a := Attempt{At: l.drain.Now(), Remote: remote, Learned: parcel.Learned}
	if w, ok := l.sender.(Awaiter); ok {
		if wait := w.Awaits(parcel); wait > 0 {
			a.Awaits = a.At.Add(wait)
		}
	}
	return a
}

// overdue decides about a delivery whose acknowledgement did not come: it was
// not delivered (standards.md 6.1). It is sent anew as often as was agreed,
// then waits for a person.
func (l *line) overdue(d *Delivery) Attempt {
	a := Attempt{At: l.drain.Now(), Fault: Faultf("acknowledge", Unacknowledged, fhir.Issue{Code: "timeout", Found: "no acknowledgement by the deadline",
		Allowed: "a TA1 or 999 for each interchange", Fix: "ask the partner whether it came; release the delivery to send it with new control numbers"})}
	x := l.partner.X12
	a.Resend = x != nil && x.NoAck == "resend" && d.Resends < x.Resends
	return a
}

// send puts a parcel on the wire while the lease is kept alive. When ctx ends
// it has the grace to finish; a send cut off then is no attempt.
func (l *line) send(ctx context.Context, d *Delivery, parcel *Parcel) (string, error) {
	wire, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() {
		time.AfterFunc(l.drain.grace(), func() { cancel(errStopping) })
	})()
	limit, end := context.WithTimeout(wire, cmp.Or(l.partner.Deliver.Timeout, 30*time.Second))
	defer end()
	var beat sync.WaitGroup
	beat.Go(func() { l.beat(limit, d, cancel) })
	remote, err := l.sender.Send(limit, parcel)
	end()
	beat.Wait()
	if cause := context.Cause(wire); err != nil && cause != nil {
		return "", cause
	}
	return remote, err
}

// beat extends the lease until ctx ends, and stops the send when it was lost.
func (l *line) beat(ctx context.Context, d *Delivery, stop context.CancelCauseFunc) {
	tick := time.NewTicker(HeartbeatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := l.drain.Outbox.Heartbeat(ctx, d); errors.Is(err, ErrFenced) {
				stop(ErrFenced)
				return
			}
		}
	}
}

func (l *line) note(d *Delivery, a Attempt) {
	log := l.drain.Log.With("op", "deliver", "partner", l.partner.ID, "lane", d.Lane.Subject, "message", d.Message, "delivery", d.ID)
	switch {
	case a.Skipped:
		log.Info("skipped: the destination may have none of it")
	case a.Resend:
		log.Warn("no acknowledgement: sent anew", "resends", d.Resends+1)
	case !a.Awaits.IsZero():
		log.Debug("sent, waits for its acknowledgement", "due", a.Awaits)
	case a.Fault == nil:
		log.Debug("delivered", "attempt", d.Attempts+1)
	case a.Next.IsZero():
		log.Error("parked: a person has to decide", "code", a.Fault.Code, "attempt", d.Attempts+1)
	default:
		log.Warn("will try again", "code", a.Fault.Code, "attempt", d.Attempts+1, "next", a.Next)
	}
}

// fail logs what kept a lane from going on; the lane is found again by the sweeper.
func (l *line) fail(ctx context.Context, op string, lane Lane, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	l.drain.Log.Error("lane not drained", "op", op, "partner", l.partner.ID, "lane", lane.Subject, "code", FaultOf(err).Code, "error", err)
}
