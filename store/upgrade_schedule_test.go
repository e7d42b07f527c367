package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// A slot that was running before runs said how far they are goes on, and can say
// so.
func TestUpgradeRunningSlot(t *testing.T) {
	rows := []string{`insert into schedule_run (schedule, slot, state, holder, lease_until, started_at, attempts) values ('night', '2026-05-02 02:00', 'running', 'a', 1, 1, 1)`}
	upgraded(t, 20, rows, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		runs, err := s.SlotRuns(ctx, "night", 1)
		if err != nil || len(runs) != 1 || runs[0].Progress != nil || runs[0].State != "running" {
			t.Fatalf("%+v %v", runs, err)
		}
		held, err := s.RenewSlot(ctx, "night", "2026-05-02 02:00", "a", time.Minute, &gateway.Progress{Done: 1, Total: 4})
		if !held || err != nil {
			t.Fatal(held, err)
		}
		if held, err = s.RenewSlot(ctx, "night", "2026-05-02 02:00", "a", time.Minute, nil); !held || err != nil {
			t.Fatal(held, err)
		}
		if runs, err = s.SlotRuns(ctx, "night", 1); err != nil || runs[0].Progress == nil || runs[0].Progress.Total != 4 || !runs[0].Busy(time.Now()) {
			t.Errorf("%+v %v", runs, err)
		}
	})
}
