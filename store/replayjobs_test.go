package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// Rows of the version before keep their meaning: the class of a fault is read
// out of its words once.
func TestMigrationReadsTheCodeOfOldFaults(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := context.Background()
		s, err := store.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.MigrateTo(ctx, 6); err != nil {
			t.Fatal(err)
		}
		old := map[string]string{"d1": "send: invalid: cause", "d2": "held by an operator", "d3": "send: busy: 503", "d4": "", "d5": "strange"}
		for id, fault := range old {
			err := errors.Join(
				s.Exec(ctx, "insert into lane (partner, subject, next_seq) values ('p', $1, 2)", id),
				s.Exec(ctx, `insert into outbox (id, message, partner, subject, lane_seq, idem_key, items, state, first_at, next_at, fault, queued_at)
					values ($1, 'm', 'p', $1, 1, $1, '', 'parked', 1, 1, $2, 1)`, id, fault))
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		list, _, err := s.Lanes(ctx, gateway.LaneFilter{Partner: "p"}, gateway.Paging{})
		if err != nil || len(list) != len(old) {
			t.Fatalf("%d lanes, %v", len(list), err)
		}
		want := map[gateway.DeliveryID]gateway.Code{"d1": gateway.Invalid, "d2": gateway.Stopped, "d3": gateway.Busy, "d4": "", "d5": gateway.Internal}
		for _, l := range list {
			if l.Code != want[l.Head] {
				t.Errorf("%s: %q", l.Head, l.Code)
			}
		}
	})
}

// Two instances, two databases: progress is compare-and-set, a pause fences.
func TestReplayJobs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx := context.Background()
		one, two := open(), open()
		j := &gateway.Job{ID: "j1", Kind: gateway.JobMessages, Reason: "why", Who: "op", PerSec: 3, Total: 2,
			Messages: gateway.MessageFilter{Partner: "clinic", UpTo: 7}}
		if err := one.AddJob(ctx, &gateway.Job{ID: "j0", Who: "op"}); gateway.FaultOf(err).Code != gateway.Invalid {
			t.Errorf("without a reason: %v", err)
		}
		if err := one.AddJob(ctx, j); err != nil {
			t.Fatal(err)
		}
		other, err := two.NextJob(ctx)
		if err != nil || other == nil || other.Messages.Partner != "clinic" || other.Messages.UpTo != 7 || other.PerSec != 3 {
			t.Fatalf("the other instance sees %+v, %v", other, err)
		}
		out := gateway.Outcome{Message: "m1", State: gateway.Held, Fault: &gateway.Fault{Code: gateway.Invalid}}
		j.Done, j.Held, j.Place = 1, 1, "5"
		if err := one.Progress(ctx, j, out); err != nil {
			t.Fatal(err)
		}
		other.Done = 1
		if err := two.Progress(ctx, other, out); !errors.Is(err, gateway.ErrFenced) {
			t.Errorf("the second recorded the same place: %v", err)
		}
		if err := two.MoveJob(ctx, "j1", gateway.JobPaused, "lunch", "op"); err != nil {
			t.Fatal(err)
		}
		j.Done = 2
		if err := one.Progress(ctx, j, out); !errors.Is(err, gateway.ErrFenced) {
			t.Errorf("recorded while paused: %v", err)
		}
		if next, err := one.NextJob(ctx); next != nil || err != nil {
			t.Errorf("a paused replay is next: %+v %v", next, err)
		}
		if err := one.MoveJob(ctx, "j1", gateway.JobRunning, "back", "op"); err != nil {
			t.Fatal(err)
		}
		j.Done, j.State = 1, gateway.JobDone
		if err := one.FinishJob(ctx, j); err != nil {
			t.Fatal(err)
		}
		list, err := two.Replays(ctx, 10)
		if err != nil || len(list) != 1 || list[0].State != gateway.JobDone || list[0].Held != 1 || list[0].Place != "5" {
			t.Errorf("%+v, %v", list, err)
		}
		if err := one.MoveJob(ctx, "j1", gateway.JobAborted, "no", "op"); gateway.FaultOf(err).Code != gateway.Conflict {
			t.Errorf("a finished replay was aborted: %v", err)
		}
		if err := one.MoveJob(ctx, "nobody", gateway.JobAborted, "no", "op"); gateway.FaultOf(err).Code != gateway.NotFound {
			t.Errorf("%v", err)
		}
		rows, _, err := one.AuditTrail(ctx, store.AuditFilter{Type: "job", ID: "j1"}, gateway.Paging{})
		if err != nil || len(rows) != 4 {
			t.Errorf("%d rows in the audit trail, want 4: %v", len(rows), err)
		}
	})
}
