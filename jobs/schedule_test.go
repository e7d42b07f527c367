package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/robfig/cron/v3"

	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

var newYork = func() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return zone
}()

// clock is a clock that tests turn.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// diary remembers which slots ran.
type diary struct {
	mu   sync.Mutex
	runs []string
}

func (d *diary) job(_ context.Context, slot jobs.Slot, _ jobs.Tell) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.runs = append(d.runs, slot.String())
	return "ran", nil
}

func (d *diary) slots() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.runs)
}

func calendar(t testing.TB, spec string) *jobs.Calendar {
	t.Helper()
	c, err := jobs.ParseCalendar(spec, newYork)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func service(s *store.Store, holder string, c *clock, schedules ...jobs.Schedule) *jobs.Service {
	s.Now = c.Now
	return &jobs.Service{Slots: s, Schedules: schedules, Holder: holder, Now: c.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// turn moves the clock minute by minute and lets every instance look.
func turn(c *clock, from, to time.Time, step time.Duration, instances ...*jobs.Service) {
	for now := from; !now.After(to); now = now.Add(step) {
		c.set(now)
		for _, s := range instances {
			s.Sweep(context.Background())
		}
		for _, s := range instances {
			s.Wait()
		}
	}
}

// TestF22BothNightsOfTheClocks is F22: three instances, the nights of the spring
// and the autumn change, each slot once.
func TestF22BothNightsOfTheClocks(t *testing.T) {
	nights := map[string]struct {
		from, to time.Time
		want     []string
	}{
		"spring": {time.Date(2026, 3, 7, 12, 0, 0, 0, newYork), time.Date(2026, 3, 9, 12, 0, 0, 0, newYork),
			[]string{"2026-03-08 01:30", "2026-03-08 02:30", "2026-03-09 01:30", "2026-03-09 02:30"}},
		"autumn": {time.Date(2026, 10, 31, 12, 0, 0, 0, newYork), time.Date(2026, 11, 2, 12, 0, 0, 0, newYork),
			[]string{"2026-11-01 01:30", "2026-11-01 02:30", "2026-11-02 01:30", "2026-11-02 02:30"}},
	}
	for name, night := range nights {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, open func() *store.Store) {
				s := open()
				c, d := &clock{}, &diary{}
				sch := jobs.Schedule{Name: "night", Times: calendar(t, "30 1,2 * * *"), Job: d.job}
				turn(c, night.from, night.to, 10*time.Minute, service(s, "a", c, sch), service(s, "b", c, sch), service(s, "c", c, sch))
				if diff := cmp.Diff(night.want, d.slots()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// TestRobfigAloneIsWrong is the control of the test above: without the slots the
// ringer skips 02:30 in spring and rings 01:30 twice in autumn.
func TestRobfigAloneIsWrong(t *testing.T) {
	sch, err := cron.ParseStandard("CRON_TZ=America/New_York 30 1,2 * * *")
	if err != nil {
		t.Fatal(err)
	}
	rings := func(from time.Time) (out []string) {
		for at := sch.Next(from); at.Before(from.Add(26 * time.Hour)); at = sch.Next(at) {
			out = append(out, at.In(newYork).Format("15:04"))
		}
		return out
	}
	if got := rings(time.Date(2026, 3, 8, 0, 0, 0, 0, newYork)); len(got) < 2 || got[1] != "01:30" {
		t.Errorf("spring: %v: robfig is right by now, the slots may be simplified", got)
	}
	if got := rings(time.Date(2026, 11, 1, 0, 0, 0, 0, newYork)); len(got) < 3 || got[0] != "01:30" || got[1] != "01:30" {
		t.Errorf("autumn: %v: robfig is right by now, the slots may be simplified", got)
	}
}

func TestSlotInstants(t *testing.T) {
	c := calendar(t, "30 1,2 * * *")
	var got []string
	for _, from := range []time.Time{time.Date(2026, 3, 8, 0, 0, 0, 0, newYork), time.Date(2026, 11, 1, 0, 0, 0, 0, newYork)} {
		for _, slot := range c.Next(from, 2) {
			got = append(got, slot.String()+" at "+slot.At().UTC().Format(time.RFC3339))
		}
	}
	want := []string{"2026-03-08 01:30 at 2026-03-08T06:30:00Z", "2026-03-08 02:30 at 2026-03-08T07:00:00Z",
		"2026-11-01 01:30 at 2026-11-01T05:30:00Z", "2026-11-01 02:30 at 2026-11-01T07:30:00Z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if d := c.Next(time.Date(2026, 3, 8, 0, 0, 0, 0, newYork), 1)[0].Date().String(); d != "2026-03-08" {
		t.Errorf("date %s", d)
	}
	own := calendar(t, "CRON_TZ=Asia/Kolkata 0 9 * * *").Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 1)[0]
	if own.At().UTC().Format("15:04") != "03:30" {
		t.Errorf("own zone: %s", own.At())
	}
	for _, bad := range []string{"", "61 * * * *", "@every 1h", "CRON_TZ=Nowhere/At 0 0 * * *", "0 0 * *"} {
		if _, err := jobs.ParseCalendar(bad, newYork); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestMissedSlots(t *testing.T) {
	from, to := time.Date(2026, 5, 1, 12, 0, 0, 0, newYork), time.Date(2026, 5, 5, 12, 0, 0, 0, newYork)
	for policy, want := range map[jobs.Missed][]string{jobs.Latest: {"2026-05-05 02:00"},
		jobs.All:  {"2026-05-02 02:00", "2026-05-03 02:00", "2026-05-04 02:00", "2026-05-05 02:00"},
		jobs.Skip: nil} {
		t.Run(string(policy), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, open func() *store.Store) {
				s := open()
				c, d := &clock{}, &diary{}
				sv := service(s, "a", c, jobs.Schedule{Name: "night", Times: calendar(t, "0 2 * * *"), Missed: policy, Job: d.job})
				turn(c, from, from, time.Minute, sv)
				turn(c, to, to, time.Minute, sv)
				if diff := cmp.Diff(want, d.slots()); diff != "" {
					t.Error(diff)
				}
				runs, err := s.SlotRuns(context.Background(), "night", 10)
				if err != nil || len(runs) != len(want)+1 || len(want) > 0 && (runs[0].State != "done" || runs[0].Result != "ran") || runs[len(want)].State != "installed" {
					t.Errorf("runs %+v, error %v", runs, err)
				}
				turn(c, to, to.Add(24*time.Hour), time.Hour, sv)
				if diff := cmp.Diff(append(want, "2026-05-06 02:00"), d.slots()); diff != "" {
					t.Errorf("the next slot: %s", diff)
				}
			})
		})
	}
}

// TestF22ClockJumps turns the clock a year ahead, back to before the beginning, and
// on: every slot that the wall shows is run, none twice, and the wrong year uses
// up no slot of the right one.
func TestF22ClockJumps(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		c, d := &clock{}, &diary{}
		sv := service(s, "a", c, jobs.Schedule{Name: "night", Times: calendar(t, "0 2 * * *"), Missed: jobs.Latest, Job: d.job})
		noon := time.Date(2026, 5, 1, 12, 0, 0, 0, newYork)
		turn(c, noon, noon.Add(24*time.Hour), time.Hour, sv)
		turn(c, noon.AddDate(1, 0, 0), noon.AddDate(1, 0, 0), time.Hour, sv) // wrong by a year
		turn(c, noon.Add(-48*time.Hour), noon.Add(48*time.Hour), time.Hour, sv)
		if diff := cmp.Diff([]string{"2026-05-02 02:00", "2027-05-01 02:00", "2026-04-30 02:00", "2026-05-01 02:00", "2026-05-03 02:00"}, d.slots()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestF23LeaderDies lets the leader of a slot vanish in the middle: another
// instance takes over when the lease has ended, and the late leader changes
// nothing.
func TestF23LeaderDies(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), context.Background()
		c, d := &clock{}, &diary{}
		sch := jobs.Schedule{Name: "night", Times: calendar(t, "0 2 * * *"), Job: d.job}
		sv := service(s, "b", c, sch)
		two := time.Date(2026, 5, 2, 2, 0, 0, 0, newYork)
		turn(c, two.Add(-time.Hour), two.Add(-time.Hour), time.Minute, sv)
		c.set(two)
		if n, err := s.ClaimSlot(ctx, "night", "2026-05-02 02:00", "a", 30*time.Second); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		turn(c, two, two.Add(20*time.Second), 10*time.Second, sv)
		if len(d.slots()) != 0 {
			t.Error("ran while the leader held the slot")
		}
		turn(c, two.Add(31*time.Second), two.Add(40*time.Second), 10*time.Second, sv)
		if diff := cmp.Diff([]string{"2026-05-02 02:00"}, d.slots()); diff != "" {
			t.Error(diff)
		}
		held, err := s.FinishSlot(ctx, "night", "2026-05-02 02:00", "a", "failed", "late", c.Now())
		if held || err != nil {
			t.Errorf("the late leader: %v %v", held, err)
		}
	})
}

func TestFailedSlotIsTriedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		c, n := &clock{}, 0
		job := func(context.Context, jobs.Slot, jobs.Tell) (string, error) {
			if n++; n == 2 {
				panic("oh")
			}
			if n < 4 {
				return "", errors.New("no database")
			}
			return fmt.Sprint("try ", n), nil
		}
		sv := service(s, "a", c, jobs.Schedule{Name: "night", Times: calendar(t, "0 2 * * *"), Job: job})
		two := time.Date(2026, 5, 2, 2, 0, 0, 0, newYork)
		turn(c, two.Add(-time.Hour), two.Add(time.Hour), time.Minute, sv)
		runs, err := s.SlotRuns(context.Background(), "night", 1)
		if err != nil || n != 4 || runs[0].State != "done" || runs[0].Attempts != 4 || runs[0].Result != "try 4" {
			t.Errorf("%d tries, %+v, error %v", n, runs, err)
		}
	})
}

// TestF23TenInstancesOneRun lets ten instances ring at the same instant.
func TestF23TenInstancesOneRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		c, d := &clock{}, &diary{}
		sch := jobs.Schedule{Name: "night", Times: calendar(t, "0 2 * * *"), Job: d.job}
		var all []*jobs.Service
		first := open()
		for i := range 10 {
			s := first
			if first.Kind() == "postgres" && i > 0 {
				s = open()
			}
			all = append(all, service(s, fmt.Sprint("instance ", i), c, sch))
		}
		one := time.Date(2026, 5, 2, 1, 0, 0, 0, newYork)
		turn(c, one, one.Add(2*time.Hour), 30*time.Minute, all...)
		if diff := cmp.Diff([]string{"2026-05-02 02:00"}, d.slots()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestServiceStops(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		ctx, cancel := context.WithCancel(context.Background())
		begun := make(chan struct{})
		job := func(ctx context.Context, _ jobs.Slot, _ jobs.Tell) (string, error) {
			close(begun)
			<-ctx.Done()
			return "", ctx.Err()
		}
		now := time.Date(2026, 5, 2, 2, 0, 0, 0, newYork)
		c := &clock{now: now.Add(-time.Hour)}
		sv := service(s, "a", c, jobs.Schedule{Name: "night", Times: calendar(t, "0 2 * * *"), Job: job})
		sv.Sweep(ctx)
		sv.Wait()
		c.set(now)
		over := make(chan error)
		go func() { over <- sv.Run(ctx) }()
		<-begun
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
		open1, err := s.OpenSlots(context.Background(), "night")
		if err != nil || len(open1) != 1 {
			t.Errorf("a job that was broken off is open again: %v %v", open1, err)
		}
	})
}
