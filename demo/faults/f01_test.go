package faults

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// shared is how many of the children the mco is related to.
const shared = 3

// moment is a random time between two kills.
func moment() time.Duration { return 200*time.Millisecond + rand.N(800*time.Millisecond) }

// killed runs the load while the child is killed again and again.
func killed(ctx context.Context, p *process, l *load, kills int) {
	stop := l.start(ctx)
	for range kills {
		l.await(ctx, clients)
		time.Sleep(moment()) // chance decides where in its work the child is
		p.again()
	}
	stop()
}

// kill -9 at random points, in the way in and in the way out.
func TestF1KillUnderLoad(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		ctx, r := within(t, 3*time.Minute), newReceiver(t)
		p := spawn(t, setup{URL: url, Partner: r.url, Flow: true})
		l := newLoad(t, p.door)
		l.shared = shared
		killed(ctx, p, l, scaled(4, 100))
		for child, n := range l.last() {
			if child < shared {
				r.await(ctx, child, n)
			}
		}
		p.quit()
		t.Logf("errors the clients saw: %v", l.faults)
		s := openStore(t, url)
		l.count(ctx, s).clean(t)
		r.inOrder()
	})
}

// Clients that hang up while they wait, at any moment: what they are not told of
// may be there or not, the retry finds out, and nobody's place is lost.
func TestF1ImpatientClients(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		ctx, s := within(t, 2*time.Minute), openStore(t, url)
		patient := receive(newGateway(s, store.NewMemory()))
		l := newLoad(t, func(ctx context.Context, st step) (string, error) {
			if rand.N(4) == 0 { // one in four waits: somebody has to come through on a slow machine too
				return patient(ctx, st)
			}
			ctx, cancel := context.WithTimeout(ctx, rand.N(20*time.Millisecond))
			defer cancel()
			return patient(ctx, st)
		})
		stop := l.start(ctx)
		l.await(ctx, scaled(300, 20000))
		stop()
		t.Logf("errors the clients saw: %v", l.faults)
		for code, n := range l.faults {
			if code != gateway.Busy {
				t.Errorf("%d clients that hung up were told %q", n, code)
			}
		}
		l.count(ctx, s).clean(t)
	})
}

// A gateway that acknowledges before it commits loses messages.
func TestF1ControlAckBeforeCommit(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		ctx := within(t, 3*time.Minute)
		p := spawn(t, setup{URL: url, Control: "ack first"})
		l := newLoad(t, p.door)
		l.blind, l.repeats = true, 0
		stop := l.start(ctx)
		l.await(ctx, 200)
		p.again()
		stop()
		p.quit()
		c := l.count(ctx, openStore(t, url))
		if t.Logf("%+v", c); c.lost == 0 {
			t.Error("the control shows nothing: no acknowledged message was lost")
		}
	})
}
