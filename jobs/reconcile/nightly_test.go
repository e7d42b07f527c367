package reconcile_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/jobs"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// lossy is a store that has lost a verdict by the end of a run.
type lossy struct{ *store.Store }

func (l lossy) FinishRun(ctx context.Context, id string) (*ledger.Run, error) {
	run, err := l.Store.FinishRun(ctx, id)
	if err == nil && run.Published {
		run.Summary.VerdictRows--
	}
	return run, err
}

// A night or an hour whose rows do not balance fails, so that the schedule says so;
// its files are written all the same, and say it too.
func TestUnbalancedFailsTheSchedule(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), context.Background()
		for kind, text := range populate(t, "p", population.Default(5)).tables {
			importTable(t, s, "p", kind, text)
		}
		cal, err := jobs.ParseCalendar("0 2 * * *", time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		slot, written := cal.Next(asOf.Time(), 1)[0], 0
		files := func(_ context.Context, run *ledger.Run) error { written += run.Parts; return nil }
		hush := func(gateway.Progress) {}
		d := deps(s)
		d.Runs = lossy{s}
		if _, err := reconcile.Nightly(d, reconcile.Options{}, files)(ctx, slot, hush); !errors.Is(err, reconcile.ErrUnbalanced) || written == 0 {
			t.Fatalf("a lost verdict: %v, files %d", err, written)
		}
		if _, err := reconcile.Nightly(deps(s), reconcile.Options{}, files)(ctx, slot, hush); err != nil {
			t.Fatalf("nothing is lost: %v", err)
		}
		importTable(t, s, "p", "service", populate(t, "q", population.Default(5)).tables["service"])
		if _, err := reconcile.Increment(d, reconcile.Options{}, s.LastRun)(ctx, slot, hush); !errors.Is(err, reconcile.ErrUnbalanced) {
			t.Fatalf("a lost verdict of an increment: %v", err)
		}
	})
}
