package demo_test

import (
	"testing"
	"time"

	"github.com/throughline/throughline/ledger"
)

func TestSeedHasEveryVerdict(t *testing.T) {
	w := newWorld(t, sqlite(t))
	began := time.Now()
	s := seed(t, door{w}, 0)
	t.Logf("seeded in %v: %+v", time.Since(began), s.Counts)
	got := map[ledger.Verdict]int{}
	w.settle(t, func(r *ledger.Result) {
		for _, l := range r.Lines {
			got[l.Verdict]++
		}
	})
	t.Log(got)
}
