package gateway_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
)

// runner is one instance's worker.
func (o *out) runner(holder string, order *[]gateway.MessageID) *gateway.ReplayRun {
	return &gateway.ReplayRun{Jobs: o.s, Replay: o.replay(order), Leases: o.s, Holder: holder, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// ask adds a replay of all held messages.
func (o *out) ask(id gateway.JobID, change ...func(*gateway.Job)) *gateway.Job {
	o.t.Helper()
	j := &gateway.Job{ID: id, Kind: gateway.JobMessages, Messages: gateway.MessageFilter{State: gateway.Held}, Reason: "mapping added", Who: "op"}
	var err error
	if j.Total, j.Messages.UpTo, err = o.s.CountMessages(context.Background(), j.Messages); err != nil {
		o.t.Fatal(err)
	}
	for _, f := range change {
		f(j)
	}
	if err := o.s.AddJob(context.Background(), j); err != nil {
		o.t.Fatal(err)
	}
	return j
}

func (o *out) job(id gateway.JobID) *gateway.Job {
	o.t.Helper()
	j, err := o.s.Job(context.Background(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return j
}

func (o *out) held(n int) (ids []gateway.MessageID) {
	for range n {
		ids = append(ids, o.keep("ok"))
	}
	return ids
}

// An instance dies in the middle; the next one goes on behind it, in order, and
// repeats nothing that was recorded.
func TestReplayGoesOnAfterARestart(t *testing.T) {
	bubble(t, func(o *out) {
		ids := o.held(120)
		o.ask("j1")
		var order []gateway.MessageID
		ctx, die := context.WithCancel(context.Background())
		first := o.runner("i1", &order)
		first.Report = func(j *gateway.Job) {
			if j.Done == 70 {
				die()
			}
		}
		if err := first.Once(ctx); err == nil {
			t.Fatal("the first instance came to its end")
		}
		if j := o.job("j1"); j.State != gateway.JobRunning || j.Done != 70 {
			t.Fatalf("after the restart: %+v", j)
		}
		if err := o.runner("i2", &order).Once(context.Background()); err != nil {
			t.Fatal(err)
		}
		if j := o.job("j1"); j.State != gateway.JobDone || j.Done != 120 || j.Applied != 120 || j.Total != 120 {
			t.Errorf("at the end: %+v", j)
		}
		if !slices.Equal(order, ids) {
			t.Errorf("%d prepared, or out of order", len(order))
		}
	})
}

func TestReplayCanBePausedAndAborted(t *testing.T) {
	ctx := context.Background()
	bubble(t, func(o *out) {
		o.held(10)
		o.ask("j1", func(j *gateway.Job) { j.PerSec = 2 })
		var order []gateway.MessageID
		r := o.runner("i1", &order)
		move := func(to gateway.JobState) {
			if err := o.s.MoveJob(ctx, "j1", to, "I said so", "op"); err != nil {
				t.Fatal(err)
			}
		}
		r.Report = func(j *gateway.Job) {
			if j.Done == 3 {
				move(gateway.JobPaused)
			}
		}
		start := time.Now()
		if err := r.Once(ctx); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 1500*time.Millisecond {
			t.Errorf("3 at 2 a second took %v", took)
		}
		if j := o.job("j1"); j.State != gateway.JobPaused || j.Done != 3 {
			t.Fatalf("paused: %+v", j)
		}
		move(gateway.JobRunning)
		r.Report = func(j *gateway.Job) {
			if j.Done == 6 {
				move(gateway.JobAborted)
			}
		}
		if err := r.Once(ctx); err != nil {
			t.Fatal(err)
		}
		if j := o.job("j1"); j.State != gateway.JobAborted || j.Done != 6 || j.Finished.IsZero() {
			t.Errorf("aborted: %+v", j)
		}
		if err := o.s.MoveJob(ctx, "j1", gateway.JobRunning, "again", "op"); gateway.FaultOf(err).Code != gateway.Conflict {
			t.Errorf("an aborted replay was resumed: %v", err)
		}
	})
}

// Several instances, one replay: each message once, in order.
func TestReplayRunsInOneInstance(t *testing.T) {
	bubble(t, func(o *out) {
		ids := o.held(60)
		o.ask("j1")
		var mu sync.Mutex
		var all []gateway.MessageID
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() {
				var order []gateway.MessageID
				if err := o.runner(fmt.Sprint("i", i), &order).Once(context.Background()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				all = append(all, order...)
				mu.Unlock()
			})
		}
		wg.Wait()
		if !slices.Equal(all, ids) {
			t.Errorf("%d prepared", len(all))
		}
		if j := o.job("j1"); j.State != gateway.JobDone || j.Applied != 60 {
			t.Errorf("%+v", j)
		}
	})
}

func TestReplayKeepsWhatWentWrong(t *testing.T) {
	bubble(t, func(o *out) {
		o.keep("ok")
		bad := o.keep("bad")
		o.ask("j1")
		var order []gateway.MessageID
		if err := o.runner("i1", &order).Once(context.Background()); err != nil {
			t.Fatal(err)
		}
		notes, err := o.s.JobNotes(context.Background(), "j1")
		if err != nil || len(notes) != 1 || notes[0].Message != bad || notes[0].Fault.Code != gateway.Invalid {
			t.Errorf("notes = %+v, %v", notes, err)
		}
		if j := o.job("j1"); j.Applied != 1 || j.Held != 1 {
			t.Errorf("%+v", j)
		}
	})
}

func TestReplayOfDeliveries(t *testing.T) {
	bubble(t, func(o *out) {
		for i := range 3 {
			o.message(fmt.Sprint("D", i))
		}
		o.wire.answer = func(_ *gateway.Parcel, try int) error {
			if try == 1 {
				return &gateway.Fault{Op: "send", Code: gateway.Invalid}
			}
			return nil
		}
		defer o.run()()
		o.until(time.Minute, "3 parked", func() bool { return len(o.list(gateway.DeliveryFilter{State: "parked"})) == 3 })
		o.ask("j1", func(j *gateway.Job) {
			j.Kind, j.Deliveries, j.Total = gateway.JobDeliveries, gateway.DeliveryFilter{Partner: "mco-a", State: "parked"}, 3
		})
		var order []gateway.MessageID
		if err := o.runner("i1", &order).Once(context.Background()); err != nil {
			t.Fatal(err)
		}
		if j := o.job("j1"); j.Applied != 3 || j.State != gateway.JobDone {
			t.Errorf("%+v", j)
		}
		o.until(time.Minute, "3 delivered", func() bool { return len(o.list(gateway.DeliveryFilter{State: "delivered"})) == 3 })
	})
}
