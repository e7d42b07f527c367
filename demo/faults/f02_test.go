package faults

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// point is one row of "Crash at every point" (protocol.md): what must be durable
// after the crash, what the sender has seen, how often the partner is asked.
type point struct {
	name   string
	only   string // the store that has this point; empty = both
	out    bool   // on the way out
	stored bool   // the message is in the ledger
	acked  bool   // its sender has seen a success
	state  string // of its delivery; empty = none is queued
	tries  int    // how often the partner gets it in the end
}

var points = []point{
	{name: "before recall", tries: 1},
	{name: "before commit", tries: 1},
	{name: "in the transaction", tries: 1},
	{name: "at COMMIT", tries: 1},
	{name: "COMMIT without reply", only: "postgres", stored: true, tries: 1},
	{name: "after commit", stored: true, tries: 1},
	{name: "before remember", stored: true, tries: 1},
	{name: "before wake", stored: true, tries: 1},
	{name: "answered", stored: true, acked: true, tries: 1},
	{name: "before plan", out: true, stored: true, acked: true, tries: 1},
	{name: "after plan", out: true, stored: true, acked: true, state: "ready", tries: 1},
	{name: "leased", out: true, stored: true, acked: true, state: "ready", tries: 1},
	{name: "sent", out: true, stored: true, acked: true, state: "ready", tries: 2},
	{name: "before settle", out: true, stored: true, acked: true, state: "ready", tries: 2},
	{name: "after settle", out: true, stored: true, acked: true, state: "delivered", tries: 1},
}

// A crash at every named point: the table holds, and after the retry everything
// is there once, answered alike and delivered in order.
func TestF2CrashAtEveryPoint(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dsn string) {
		ctx, r := within(t, 4*time.Minute), newReceiver(t)
		p := spawn(t, setup{URL: dsn, Partner: r.url})
		l := newLoad(t, p.door)
		l.repeats = 1
		look := openStore(t, dsn)
		n := 0
		for range scaled(1, 20) {
			for _, at := range points {
				if at.only != "" && at.only != look.Kind() {
					continue
				}
				n++
				crashAt(ctx, t, p, l, r, look, at, step{N: n, Share: true})
			}
		}
		p.quit()
		l.count(ctx, look).clean(t)
		r.inOrder()
	})
}

// crashAt sends one message through a child that ends itself at a point, looks
// at what is left, and lets the next child finish.
func crashAt(ctx context.Context, t *testing.T, p *process, l *load, r *receiver, look *store.Store, at point, s step) {
	t.Helper()
	before := r.total()
	if at.out {
		l.post(ctx, s)
	}
	p.tell("/arm?point=" + url.QueryEscape(at.name))
	acked := at.out
	if at.out {
		p.tell("/start")
	} else if answer, err := p.door(ctx, s); err == nil {
		acked = true
		l.note(s, answer, 0)
	}
	p.exited()
	stored, state := durable(ctx, t, look, s)
	if stored != at.stored || acked != at.acked || state != at.state {
		t.Errorf("%s: stored %v, acknowledged %v, delivery %q; want %v, %v, %q", at.name, stored, acked, state, at.stored, at.acked, at.state)
	}
	p.again()
	l.post(ctx, s)
	p.tell("/start")
	r.await(ctx, s.Child, s.N)
	settled(ctx, t, look, s)
	if tries := r.total() - before; tries != at.tries {
		t.Errorf("%s: the partner got it %d times, want %d", at.name, tries, at.tries)
	}
	p.tell("/stop")
}

// durable says whether a message is in the ledger and what its delivery waits for.
func durable(ctx context.Context, t *testing.T, s *store.Store, st step) (stored bool, state string) {
	t.Helper()
	got, err := s.Recall(ctx, st.message())
	if err != nil {
		t.Fatal(err)
	}
	if got == nil {
		return false, ""
	}
	list, _, err := s.ListDeliveries(ctx, gateway.DeliveryFilter{Message: got.Message.ID}, gateway.Paging{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		state += d.State
	}
	return true, state
}

// settled waits until the delivery of a message is settled: the receiver knows
// of it before the sender has noted that it does.
func settled(ctx context.Context, t *testing.T, s *store.Store, st step) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		if _, state := durable(ctx, t, s, st); state == "delivered" {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("%s is not settled", st.key())
		}
	}
}

// A door that acknowledges first has acknowledged what a crash before the commit
// loses.
func TestF2ControlAckFirst(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dsn string) {
		ctx := within(t, time.Minute)
		p := spawn(t, setup{URL: dsn, Control: "ack first"})
		p.tell("/arm?point=" + url.QueryEscape("before commit"))
		_, err := p.door(ctx, step{N: 1})
		p.exited()
		if stored, _ := durable(ctx, t, openStore(t, dsn), step{N: 1}); err != nil || stored {
			t.Errorf("the control shows nothing: error %v, stored %v", err, stored)
		}
	})
}

// A way out that settles first never sends what it had leased when it crashed.
func TestF2ControlSettleFirst(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dsn string) {
		ctx, r := within(t, time.Minute), newReceiver(t)
		p := spawn(t, setup{URL: dsn, Partner: r.url, Control: "settle first"})
		l := newLoad(t, p.door)
		l.post(ctx, step{N: 1, Share: true})
		p.tell("/arm?point=leased")
		p.tell("/start")
		p.exited()
		p.again()
		l.post(ctx, step{N: 2, Share: true})
		p.tell("/start")
		r.await(ctx, 0, 2)
		if r.total() != 1 {
			t.Errorf("the control shows nothing: %d deliveries arrived", r.total())
		}
	})
}
