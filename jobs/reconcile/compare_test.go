package reconcile_test

import (
	"context"
	"strings"
	"testing"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// TestCompare: what two runs say differently is the difference of their totals,
// and a run differs in nothing from itself.
func TestCompare(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := context.Background(), open()
		src := populate(t, "p", population.Default(40))
		head, rows, _ := strings.Cut(src.tables["service"], "\n")
		cut := strings.Index(rows[len(rows)/2:], "\n") + len(rows)/2 + 1
		importTable(t, s, "p", "enrollment", src.tables["enrollment"])
		importTable(t, s, "p", "authorization", src.tables["authorization"])
		importTable(t, s, "p", "service", head+"\n"+rows[:cut])
		first := run(t, s, reconcile.Options{})
		importTable(t, s, "p", "service", head+"\n"+rows[cut:])
		second := run(t, s, reconcile.Options{})
		find := func(id string) *ledger.Run {
			r, err := s.RunByID(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		seen := int64(0)
		c, err := reconcile.Compare(ctx, deps(s), find(first.Run), find(second.Run), func(*reconcile.LineChange) error { seen++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		lines, by := int64(0), map[ledger.Verdict]int64{}
		for _, n := range c.Changes {
			lines += n.Lines
			by[n.From] -= n.Lines
			by[n.To] += n.Lines
		}
		if lines != seen || seen == 0 || c.Same+lines < second.RowsOut {
			t.Errorf("%d lines changed, %d told, %d the same, %d in all", lines, seen, c.Same, second.RowsOut)
		}
		for v, n := range by {
			if was, is := count(first, v), count(second, v); v != "" && is-was != n {
				t.Errorf("%s: %d before, %d after, the comparison says %+d", v, was, is, n)
			}
		}
		if c, err = reconcile.Compare(ctx, deps(s), find(second.Run), find(second.Run), nil); err != nil || len(c.Changes) > 0 || c.Same != second.RowsOut {
			t.Errorf("a run differs from itself: %+v %v", c, err)
		}
	})
}

func count(s *ledger.Summary, v ledger.Verdict) int64 {
	if n := s.Verdicts[v]; n != nil {
		return n.Lines
	}
	return 0
}
