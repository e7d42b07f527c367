package demo_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/pas"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store/storetest"
)

// follower is who learns what the payer has decided later; a new one is a
// restart.
func (h *paHouse) follower() *pas.Follower {
	mco, _ := h.partner("mco-a")
	return &pas.Follower{Payer: mco, Store: h.store, Leases: h.store, Base: h.url, Organizations: []string{"1999900016"}, Token: "token-of-mco-a", Holder: "a", Log: slog.New(slog.DiscardHandler),
		Receive: func(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
			return h.Receive(ctx, m, nil)
		}}
}

func (h *paHouse) once() {
	h.t.Helper()
	if err := h.follower().Once(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// events are the events that the clinic was told of.
func (h *paHouse) events() (n int) {
	for _, got := range h.hook.notices() {
		if got.kind == "event-notification" {
			n++
		}
	}
	return n
}

// A payer that offers no Subscription is asked what became of a pended request:
// not at once, not twice in the interval, not after a restart, and no more once it
// is decided. That nothing is new tells nobody.
func TestPayerIsAskedSparsely(t *testing.T) {
	for _, version := range []string{"2.0.1", "2.2.1"} {
		storetest.EachURL(t, func(t *testing.T, url string) {
			h := newPAHouse(t, url, version)
			mco, _ := h.partner("mco-a")
			mco.PAS.Subscribe = true // it offers none
			id := h.subscribe()
			h.until("active", func() bool { return h.state(id) == "active" })
			h.submit("WAIT-1", "T2038", 2)
			for _, step := range []struct {
				ahead     time.Duration
				decide    bool
				questions int
				events    int
			}{{0, false, 0, 0}, {7 * time.Hour, false, 1, 0}, {0, true, 1, 0}, {7 * time.Hour, false, 2, 1}, {7 * time.Hour, false, 2, 1}} {
				if h.clock.advance(step.ahead); step.decide {
					h.plan.Decide(h.plan.Asked()[0])
				}
				h.once()
				h.until("the events", func() bool { return h.events() >= step.events })
				if got := h.plan.Questions(); got != step.questions || h.events() != step.events {
					t.Fatalf("%+v: %d questions, %d events", step, got, h.events())
				}
			}
			if left := h.left("AUTH-WAIT-1-1"); !strings.HasPrefix(left, "2") {
				t.Errorf("check says %q are left", left)
			}
		})
	}
}

// A payer that offers Subscription is subscribed to once; what it decides comes by
// its notification. When it has lost the subscription it is asked for what was
// missed, and subscribed to anew.
func TestPayerTells(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		h := newPAHouse(t, url, "2.2.1")
		mco, _ := h.partner("mco-a")
		mco.PAS.Subscribe, h.plan.Offers = true, true
		id := h.subscribe()
		h.until("active", func() bool { return h.state(id) == "active" })
		h.once()
		h.once()
		if n := h.plan.Subscriptions(); n != 1 {
			t.Fatalf("subscribed %d times", n)
		}
		h.submit("WAIT-1", "T2038", 2)
		first := h.plan.Asked()[0]
		h.plan.Decide(first)
		if n := h.plan.Tell(first); n != 1 {
			t.Errorf("%d took the notification", n)
		}
		h.until("the first decision", func() bool { return h.events() == 1 })

		h.submit("WAIT-2", "T2038", 1)
		h.plan.Forget()
		h.plan.Decide(h.plan.Asked()[1])
		h.once()
		h.until("the missed decision", func() bool { return h.events() == 2 })
		h.clock.advance(7 * time.Hour)
		h.once()
		if n, q := h.plan.Subscriptions(), h.plan.Questions(); n != 2 || q != 1 {
			t.Errorf("subscribed %d times, asked %d times", n, q)
		}
	})
}
