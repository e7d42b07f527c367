package reconcile_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// slotEnv makes the instance ring a schedule, which starts the night.
const slotEnv = "THROUGHLINE_TEST_SLOT"

// atTwo is the service of one instance at a time of the first of July.
func atTwo(s *store.Store, now func() time.Time, o reconcile.Options) (*jobs.Service, error) {
	times, err := jobs.ParseCalendar("0 2 * * *", time.UTC)
	sch := jobs.Schedule{Name: "nightly", Times: times, Missed: jobs.Latest, Job: reconcile.Nightly(deps(s), o, nil)}
	return &jobs.Service{Slots: s, Schedules: []jobs.Schedule{sch}, Holder: fmt.Sprint("process ", os.Getpid()), Now: now,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Lease: leaseOfChild()}, err
}

// ring looks for the slot of two o'clock until somebody has done it.
func ring(url string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, url, storetest.Policy())
	if err != nil {
		return err
	}
	defer s.Close()
	began := time.Now()
	sv, err := atTwo(s, func() time.Time { return time.Date(2026, 7, 1, 2, 0, 0, 0, time.UTC).Add(time.Since(began)) },
		reconcile.Options{Workers: 1, Lease: leaseOfChild(), Progress: func(done, parts int, _ int64) { fmt.Println("part", done, "of", parts) }})
	if err != nil {
		return err
	}
	look := time.NewTicker(20 * time.Millisecond) // for the minutes of a clock
	defer look.Stop()
	for range look.C {
		sv.Sweep(ctx)
		sv.Wait()
		runs, err := s.SlotRuns(ctx, "nightly", 1)
		if err != nil || len(runs) > 0 && runs[0].State == "done" {
			return err
		}
	}
	return nil
}

// TestF23LeaderKilledMidRun lets three instances ring at one slot and kills the
// leader when a part of its run is done: another takes over, the slot is run
// once, and the run is one, with the bytes of a quiet one.
func TestF23LeaderKilledMidRun(t *testing.T) {
	url := storetest.Postgres(t)
	src := populate(t, "p", population.Default(250))
	fill(t, url, src)
	s, ctx := openAt(t, url), context.Background()
	defer s.Close()
	early, err := atTwo(s, func() time.Time { return time.Date(2026, 7, 1, 1, 59, 0, 0, time.UTC) }, reconcile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	early.Sweep(ctx) // from here on slots count
	early.Wait()
	f := newFleet(t, url)
	for range 3 {
		f.start(slotEnv + "=1")
	}
	leader := <-f.words
	if !f.end(leader) {
		t.Fatal("the leader was done before it could be killed")
	}
	f.wait()
	runs, err := s.SlotRuns(ctx, "nightly", 5)
	if err != nil || len(runs) != 2 || runs[0].Slot != "2026-07-01 02:00" || runs[0].State != "done" || runs[0].Attempts != 2 ||
		runs[0].Holder == fmt.Sprint("process ", leader.Process.Pid) {
		t.Errorf("slots %+v, error %v", runs, err)
	}
	killed := export(t, s)
	judge(t, killed, src)
	oneQuietRun(t, s, url, killed)
}
