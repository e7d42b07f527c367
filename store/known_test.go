package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// TestWatermarkIsStable reads watermarks while four partners import: whatever is
// known up to one of them must be the same ever after.
func TestWatermarkIsStable(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		var wg sync.WaitGroup
		for p := range 4 {
			wg.Go(func() {
				for n := range 6 {
					var text strings.Builder
					text.WriteString(serviceHead)
					for i := range 40 {
						fmt.Fprintf(&text, "L%d-%d,,M%d,1,H2021,2026-01-05,4,,,\n", n, i, i%7)
					}
					importText(t, s, fmt.Sprint("p", p), "service", text.String())
				}
			})
		}
		seen := map[int64]int{}
		for range 30 {
			k := known(t, s)
			seen[k] = count(t, s, k)
		}
		wg.Wait()
		for k, n := range seen {
			if now := count(t, s, k); now != n {
				t.Errorf("at watermark %d there were %d lines, now there are %d", k, n, now)
			}
		}
		if n := count(t, s, known(t, s)); n != 4*6*40 {
			t.Errorf("%d lines in the end", n)
		}
	})
}

func count(t testing.TB, s *store.Store, known int64) (n int) {
	t.Helper()
	err := s.StreamCases(context.Background(), 0, store.Buckets-1, known, func(c *ledger.Case) error { n += len(c.Lines); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestUnsyncedIsOver: whatever becomes of a transaction that does not wait for
// the disk, the next one does.
func TestUnsyncedIsOver(t *testing.T) {
	s, err := store.Open(context.Background(), t.TempDir()+"/sync.db", policy())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, fail := range map[string]error{"committed": nil, "rolled back": errors.New("no")} {
		inside, after, err := s.Synchronous(context.Background(), fail)
		if !errors.Is(err, fail) || inside != 1 || after != 2 {
			t.Errorf("%s: synchronous %d inside, %d after, error %v", name, inside, after, err)
		}
	}
}
