package jobs_test

import (
	"context"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// What a job tells stands in the row of its slot while it runs, with rate and
// time left; the next try begins anew.
func TestProgressOfARunningJob(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), context.Background()
		c := &clock{}
		var seen *store.SlotRun
		job := func(_ context.Context, slot jobs.Slot, tell jobs.Tell) (string, error) {
			tell(gateway.Progress{Step: "counting", Done: 10, Total: 50, Unit: "parts", Of: "lines"}) // ten were done by another
			c.set(c.Now().Add(10 * time.Second))
			tell(gateway.Progress{Step: "counting", Done: 20, Total: 50, Unit: "parts", Rows: 4000, Of: "lines"})
			tell(gateway.Progress{Step: "counting", Done: 15, Total: 50, Unit: "parts", Rows: 3000, Of: "lines"}) // overtaken
			for seen == nil || seen.Progress == nil || seen.Progress.Done < 20 {
				runs, err := s.SlotRuns(ctx, "night", 1)
				if err != nil {
					return "", err
				}
				seen = &runs[0]
			}
			return "counted", nil
		}
		sv := service(s, "a", c, jobs.Schedule{Name: "night", Times: calendar(t, "0 2 * * *"), Job: job})
		sv.Lease = 60 * time.Millisecond // beats every 20 ms
		two := time.Date(2026, 5, 2, 2, 0, 0, 0, newYork)
		turn(c, two.Add(-time.Hour), two, time.Hour, sv)
		if seen == nil {
			t.Fatal("it never ran")
		}
		p := seen.Progress
		if p.Done != 20 || p.From != 10 || p.Rows != 4000 || p.PerSecond() != 400 || p.Left() != 30*time.Second {
			t.Errorf("%+v: %f a second, %s left", p, p.PerSecond(), p.Left())
		}
		if runs, err := s.SlotRuns(ctx, "night", 1); err != nil || runs[0].State != "done" || runs[0].Busy(c.Now()) {
			t.Errorf("%+v %v", runs, err)
		}
	})
}

// A ring lets a service that runs look at once.
func TestRing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		c := &clock{now: time.Date(2026, 5, 2, 12, 0, 0, 0, newYork)}
		ran := make(chan string, 1)
		job := func(_ context.Context, slot jobs.Slot, _ jobs.Tell) (string, error) {
			ran <- slot.String()
			return "", nil
		}
		sv := service(s, "a", c, jobs.Schedule{Name: "night", Times: calendar(t, "0 2 * * *"), Job: job})
		sv.Sweep(ctx)
		sv.Wait()
		over := make(chan error)
		go func() { over <- sv.Run(ctx) }()
		if n, err := s.ClaimSlot(ctx, "night", "2026-05-02 12:00", "a person", 0); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		sv.Ring()
		if slot := <-ran; slot != "2026-05-02 12:00" {
			t.Error(slot)
		}
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
}
