package faults

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

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
