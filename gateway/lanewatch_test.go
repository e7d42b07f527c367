package gateway_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
)

func (o *out) lanes(f gateway.LaneFilter) []gateway.LaneStatus {
	o.t.Helper()
	list, _, err := o.s.Lanes(context.Background(), f, gateway.Paging{})
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

// R12: within 60 s of a stop somebody is told; once, and no more when it is over.
func TestStoppedLaneIsToldWithinAMinute(t *testing.T) {
	bubble(t, func(o *out) {
		o.message("A")
		o.message("A")
		o.message("B")
		var log bytes.Buffer
		var mu sync.Mutex
		watch := &gateway.LaneWatch{Lanes: o.s, Log: slog.New(slog.NewTextHandler(writer(func(b []byte) { mu.Lock(); log.Write(b); mu.Unlock() }), nil))}
		refuse := true
		o.wire.answer = func(p *gateway.Parcel, _ int) error {
			if refuse && bytes.Contains(p.Body, []byte(`"A"`)) {
				return &gateway.Fault{Op: "send", Code: gateway.Invalid}
			}
			return nil
		}
		ctx, stop := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() { _ = watch.Run(ctx) })
		defer o.run()()
		defer func() { stop(); wg.Wait() }()
		o.until(time.Minute, "a note", func() bool { return watch.Note() != "" })
		list := o.lanes(gateway.LaneFilter{})
		if len(list) != 1 || list[0].State != gateway.LaneStopped || list[0].Waiting != 2 || list[0].Parked != 1 || list[0].Code != gateway.Invalid {
			t.Fatalf("lanes = %+v", list)
		}
		if cause, wrong := list[0].Cause(); !wrong || cause.Owner != gateway.OfCoordinator || cause.Next == "" {
			t.Errorf("cause = %+v", cause)
		}
		time.Sleep(10 * time.Minute)
		mu.Lock()
		if n := strings.Count(log.String(), "a lane has stopped"); n != 1 || !strings.Contains(log.String(), "owner=coordinator") {
			t.Errorf("told %d times: %s", n, log.String())
		}
		mu.Unlock()
		if watch.Counts()["mco-a"] != 1 {
			t.Errorf("counts = %v", watch.Counts())
		}
		refuse = false
		if err := o.s.Release(ctx, list[0].Head, "mended", "op"); err != nil {
			t.Fatal(err)
		}
		o.until(time.Minute, "no note", func() bool { return watch.Note() == "" })
	})
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }

func TestLaneInRetryShowsItsLadder(t *testing.T) {
	bubble(t, func(o *out) {
		o.message("A")
		o.wire.answer = func(*gateway.Parcel, int) error { return away() }
		defer o.run()()
		o.until(time.Minute, "a retry", func() bool { return len(o.lanes(gateway.LaneFilter{State: gateway.LaneRetry})) == 1 })
		l := o.lanes(gateway.LaneFilter{Partner: "mco-a"})[0]
		if l.NextAt.IsZero() || !l.GivesUp().Equal(l.FirstAt.Add(gateway.RetryFor)) || l.Attempts == 0 {
			t.Errorf("lane = %+v", l)
		}
		if cause, _ := l.Cause(); cause.Owner != gateway.OfPartner {
			t.Errorf("cause = %+v", cause)
		}
	})
}

func TestLadderEndsAtTheCap(t *testing.T) {
	ladder := gateway.Ladder()
	if ladder[0] != (gateway.Rung{Try: 1, Wait: time.Second}) || ladder[len(ladder)-1].Wait != 15*time.Minute || len(ladder) != 11 {
		t.Errorf("ladder = %v", ladder)
	}
}

func TestEveryFaultHasAnOwner(t *testing.T) {
	for _, code := range []gateway.Code{gateway.Malformed, gateway.Unmapped, gateway.Invalid, gateway.Conflict, gateway.Mismatch, gateway.Denied, gateway.NotFound,
		gateway.Gone, gateway.NotSupported, gateway.TooLarge, gateway.Busy, gateway.Internal, gateway.Stopped, "one of tomorrow"} {
		for _, c := range []gateway.Cause{gateway.DeliveryCause(code), gateway.MessageCause(code)} {
			if c.Words == "" || c.Owner == "" || c.Next == "" {
				t.Errorf("%s: %+v", code, c)
			}
		}
	}
}
