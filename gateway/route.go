package gateway

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// RenderingVersion is part of every delivery key: raise it when a rendering
// changes what it sends, so that a replay is not taken for a repeat.
const RenderingVersion = 1

// TopicRoute is the hint that messages wait for their plan; TopicDrain says
// that a partner's lanes have something to send.
const TopicRoute = "route"

// TopicDrain is the hint for one partner.
func TopicDrain(p PartnerID) string { return "drain:" + string(p) }

// TopicAuthorization is the hint that a prior authorization has changed.
func TopicAuthorization(id string) string { return "authorization:" + id }

// Plan is what one generation of one message sends to whom.
type Plan struct {
	Message    MessageID
	Generation int
	Deliveries []Delivery
}

// Routing is the store as Route needs it.
type Routing interface {
	// Unrouted returns accepted messages that still have to be planned, in the
	// order of their commit, with their effects but without bodies.
	Unrouted(ctx context.Context, limit int) ([]Receipt, error)
	// AddDeliveries queues what the plans say and marks their messages routed, in
	// one transaction. A delivery whose destination (by its caller) may see none
	// of the items is left out. Plans of messages that are routed already, or have
	// another generation by now, do nothing. It returns how many were queued.
	AddDeliveries(ctx context.Context, plans []Plan, callers map[PartnerID]Caller) (int, error)
}

// Leases are named locks that end by themselves: one instance at a time holds
// one. They save work; correctness never rests on them.
type Leases interface {
	// Lease takes or extends a lease; false when another holder has it.
	Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
	// Unlease gives it back, if it is still held.
	Unlease(ctx context.Context, name, holder string) error
}

// Hints wake others sooner. They may be lost: a sweeper finds whatever is ready.
type Hints interface {
	Wake(ctx context.Context, topic string)
	// Listen gives the topics woken from now on until ctx ends; then it is closed.
	Listen(ctx context.Context) <-chan string
}

// Route plans every accepted message: who wants it. Who may have it, the store's
// predicate decides. One instance routes at a time, in commit order, which is
// the order of every lane.
type Route struct {
	Store    Routing
	Leases   Leases
	Hints    Hints
	Partners func() []*Partner
	Holder   string        // name of this instance
	Sweep    time.Duration // how often to look without a hint; 0 = 2 s
	Log      *slog.Logger

	asked time.Time // when the lease was last asked for
	held  bool      // what the answer was
}

// A lease is extended when a third of it has passed, so a stream of hints does
// not become a stream of writes; one that was refused is asked for again at the
// next sweep.
const (
	routeLease = 30 * time.Second
	routePage  = 256
)

// Run routes until ctx ends.
func (r *Route) Run(ctx context.Context) error {
	hints := r.Hints.Listen(ctx)
	tick := time.NewTicker(r.sweep())
	defer tick.Stop()
	defer func() {
		if r.held {
			_ = r.Leases.Unlease(context.WithoutCancel(ctx), "route", r.Holder) // it ends by itself if this fails
		}
	}()
	for {
		began := time.Now()
		if err := r.Once(ctx); err != nil && ctx.Err() == nil {
			r.Log.Error("route", "op", "route", "code", FaultOf(err).Code, "error", err)
		}
		if !AwaitTopic(ctx, hints, tick.C, TopicRoute) || !gather(ctx, began) {
			return nil
		}
	}
}

// gatherFor is the time between two looks at what waits: a stream of messages is
// planned by the dozen, and one that comes alone at once.
const gatherFor = 20 * time.Millisecond

// gather waits until gatherFor has passed since the last look; false when ctx ended.
func gather(ctx context.Context, last time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(gatherFor - time.Since(last)):
		return true
	}
}

// Once routes all that waits, unless another instance does.
func (r *Route) Once(ctx context.Context) error {
	for {
		receipts, err := r.Store.Unrouted(ctx, routePage)
		if err != nil || len(receipts) == 0 {
			return err
		}
		if ok, err := r.lease(ctx); err != nil || !ok {
			return err
		}
		if err := r.page(ctx, receipts); err != nil || len(receipts) < routePage {
			return err
		}
	}
}

// lease says whether this instance routes now. The mark of AddDeliveries keeps
// things right if two ever do.
func (r *Route) lease(ctx context.Context) (bool, error) {
	since := time.Since(r.asked)
	if r.held && since < routeLease/3 || !r.held && since < r.sweep()/2 {
		return r.held, nil
	}
	held, err := r.Leases.Lease(ctx, "route", r.Holder, routeLease)
	r.asked, r.held = time.Now(), held && err == nil
	return r.held, err
}

func (r *Route) sweep() time.Duration { return cmp.Or(r.Sweep, 2*time.Second) }

// page plans some messages and wakes the lines they go to.
func (r *Route) page(ctx context.Context, receipts []Receipt) error {
	partners := r.Partners()
	plans := make([]Plan, len(receipts))
	woken := map[PartnerID]bool{}
	for i := range receipts {
		plans[i] = plan(&receipts[i], partners)
		for _, d := range plans[i].Deliveries {
			woken[d.Lane.Partner] = true
		}
	}
	queued, err := r.Store.AddDeliveries(ctx, plans, callersOf(partners, woken))
	if err != nil || queued == 0 {
		return err
	}
	for p := range woken {
		r.Hints.Wake(ctx, TopicDrain(p))
	}
	return nil
}

func callersOf(partners []*Partner, woken map[PartnerID]bool) map[PartnerID]Caller {
	callers := make(map[PartnerID]Caller, len(woken))
	for _, p := range partners {
		if woken[p.ID] {
			callers[p.ID] = p.Caller()
		}
	}
	return callers
}

// plan is pure: one delivery for each receipt x child x destination that wants
// something of it. Items keep the order of the effects.
func plan(r *Receipt, partners []*Partner) Plan {
	out := Plan{Message: r.Message.ID, Generation: r.Generation}
	for _, p := range partners {
		if p.Deliver == nil {
			continue
		}
		if r.Payer == p.ID {
			out.Deliveries = append(out.Deliveries, requestTo(p, r))
			continue
		}
		at := map[string]int{} // subject -> index in out.Deliveries
		for _, e := range r.Effects {
			if !p.wants(e, r.Message) {
				continue
			}
			lane := Lane{Partner: p.ID, Subject: cmp.Or(e.Person, "-")}
			i, ok := at[lane.Subject]
			if !ok {
				i = len(out.Deliveries)
				at[lane.Subject] = i
				out.Deliveries = append(out.Deliveries, Delivery{Message: r.Message.ID, Lane: lane})
			}
			out.Deliveries[i].Items = append(out.Deliveries[i].Items, Item{Type: e.Type, ID: e.ID, Version: e.Version, Verb: e.Verb})
		}
	}
	for i := range out.Deliveries {
		seal(&out.Deliveries[i])
	}
	return out
}

// requestTo is a request for prior authorization on its way to its payer: one
// delivery of all that the message holds, in the lane of the child.
func requestTo(p *Partner, r *Receipt) Delivery {
	d := Delivery{Message: r.Message.ID, Lane: Lane{Partner: p.ID, Subject: "-"}}
	for _, e := range r.Effects {
		if e.Type == "ClaimResponse" {
			continue
		}
		if e.Person != "" {
			d.Lane.Subject = e.Person
		}
		d.Items = append(d.Items, Item{Type: e.Type, ID: e.ID, Version: e.Version, Verb: e.Verb})
	}
	return d
}

// wants says whether the partner asked for this effect of the message. Of
// findings it gets those whose next step is its own, unless it asked for all.
func (p *Partner) wants(e Effect, m *Message) bool {
	if e.Verb == Unchanged {
		return false
	}
	owners, finding := findingRoles[m.Kind]
	return slices.ContainsFunc(p.Wants, func(w Want) bool {
		return (w.Own || m.Partner != p.ID) && (slices.Contains(w.Types, e.Type) || slices.Contains(w.Types, "*")) &&
			(!finding || w.EveryOwner || slices.Contains(owners, p.Kind))
	})
}

// seal gives a delivery its key and id: the same content has the same key, on
// every try, after a crash and after a replay (protocol.md R8).
func seal(d *Delivery) {
	h := sha256.New()
	fmt.Fprintf(h, "%d\x00%s\x00%s", RenderingVersion, d.Message, d.Lane.Partner)
	for _, i := range d.Items {
		fmt.Fprintf(h, "\x00%s/%s/%d/%s", i.Type, i.ID, i.Version, i.Verb)
	}
	d.Key = hex.EncodeToString(h.Sum(nil)[:20])
	d.ID = DeliveryID("d" + d.Key[:24])
}

// AwaitTopic waits for a hint of the topic or the next sweep, and takes all hints
// that wait already; false when ctx ended.
func AwaitTopic(ctx context.Context, hints <-chan string, tick <-chan time.Time, topic string) bool {
	for found := false; ; {
		select {
		case <-ctx.Done():
			return false
		case <-tick:
			return true
		case t, ok := <-hints:
			if !ok { // ctx ended
				return false
			}
			found = found || t == topic
		}
		if found && len(hints) == 0 {
			return true
		}
	}
}
