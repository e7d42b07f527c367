package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// many are more findings than one transaction takes over.
func many(from, to int) (out []string) {
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprintf("i%05d", i))
	}
	return out
}

var errStopped = errors.New("stopped")

// brokenOff is a run that ends in the middle, after some findings.
func brokenOff(t *testing.T, s *store.Store, run string, asOf ledger.Day, items ...string) {
	t.Helper()
	_, err := s.FollowFindings(context.Background(), gateway.FindingRun{Origin: gateway.FromRules, ID: run, AsOf: asOf}, func(see func(*gateway.Found) error) error {
		for _, item := range items {
			f := found(item)
			f.Origin = gateway.FromRules
			if err := see(&f); err != nil {
				return err
			}
		}
		return errStopped
	})
	if !errors.Is(err, errStopped) {
		t.Fatal(err)
	}
}

// counted are the numbers of findings in a state, of those among them whose last run is
// run, and of all events of one of each.
func counted(t *testing.T, s *store.Store, state, run string) (n, seen, events int) {
	t.Helper()
	page := gateway.Paging{Limit: 1000}
	for {
		list, next, err := s.Findings(context.Background(), nil, gateway.FindingFilter{State: state}, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			if n++; f.SeenRun == run {
				seen++
			}
		}
		if len(list) > 0 {
			events = max(events, len(eventsOf(t, s, list[0].ID)), len(eventsOf(t, s, list[len(list)-1].ID)))
		}
		if page.After = next; next == "" {
			return n, seen, events
		}
	}
}

// A run that is broken off in the middle and runs again leaves what it leaves when
// nothing happens: each finding once, each change told once, and nothing closed before
// everything was seen.
func TestFindingsOfARunBrokenOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		all := many(0, 1200)
		brokenOff(t, s, "r1", 100, all[:1100]...)
		if n, seen, events := counted(t, s, gateway.FindingOpen, "r1"); n != 1000 || seen != 1000 || events != 1 {
			t.Errorf("broken off: %d open, %d of them seen, %d events", n, seen, events)
		}
		if got := follow(t, s, "r1", 100, all...); *got != (gateway.FindingTally{Seen: 1200, Opened: 1200}) {
			t.Errorf("again: %+v", got)
		}
		if n, seen, events := counted(t, s, "", "r1"); n != 1200 || seen != 1200 || events != 1 {
			t.Errorf("again: %d in all, %d of them seen, %d events", n, seen, events)
		}
		brokenOff(t, s, "r2", 101, all[:600]...)
		if n, seen, _ := counted(t, s, gateway.FindingOpen, "r1"); n != 1200 || seen != 1200 {
			t.Errorf("broken off: %d open, %d of them seen by the run before", n, seen)
		}
		for _, closed := range []int64{600, 0} {
			if got := follow(t, s, "r2", 101, all[:600]...); *got != (gateway.FindingTally{Seen: 600, Closed: closed}) {
				t.Errorf("again: %+v", got)
			}
		}
		if n, seen, events := counted(t, s, gateway.FindingOpen, "r2"); n != 600 || seen != 600 || events != 1 {
			t.Errorf("%d open, %d of them seen, %d events", n, seen, events)
		}
		if n, seen, events := counted(t, s, gateway.FindingClosed, "r1"); n != 600 || seen != 600 || events != 2 {
			t.Errorf("%d closed, %d of them seen by the run before, %d events", n, seen, events)
		}
	})
}

// The same run by two instances at once: each finding is opened once.
func TestFindingsOfARunTwiceAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		stores := []*store.Store{open(), open()}
		follow(t, stores[0], "r0", 99, many(0, 700)...)
		var over sync.WaitGroup
		var closed [2]int64
		for i, s := range stores {
			over.Go(func() { closed[i] = follow(t, s, "r1", 100, many(500, 1700)...).Closed })
		}
		over.Wait()
		if n, seen, events := counted(t, stores[0], gateway.FindingOpen, "r1"); n != 1200 || seen != 1200 || events != 1 {
			t.Errorf("%d open, %d of them seen, %d events", n, seen, events)
		}
		if n, _, events := counted(t, stores[0], gateway.FindingClosed, ""); n != 500 || events != 2 || closed[0]+closed[1] != 500 {
			t.Errorf("%d closed, %v, %d events", n, closed, events)
		}
	})
}

// While a finding is true its words may change, and of two words in one run the last
// counts; only then is its row written again.
func TestFindingsChangeTheirWords(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), context.Background()
		for day, change := range []func(f *gateway.Found){
			func(*gateway.Found) {},
			func(f *gateway.Found) { f.Reason, f.Owner, f.Force, f.Violation = "less", "MCO", "recommended", false },
			func(f *gateway.Found) { f.DueDays, f.Cites = 3, "Source, 8" },
		} {
			run := gateway.FindingRun{Origin: gateway.FromRules, ID: fmt.Sprint("r", day), AsOf: ledger.Day(100 + day)}
			first, last := found("a"), found("a")
			first.Origin, last.Origin = gateway.FromRules, gateway.FromRules
			change(&last)
			if _, err := s.FollowFindings(ctx, run, func(see func(*gateway.Found) error) error { return errors.Join(see(&first), see(&last)) }); err != nil {
				t.Fatal(err)
			}
			list, _, err := s.Findings(ctx, nil, gateway.FindingFilter{True: true}, gateway.Paging{})
			if err != nil || len(list) != 1 {
				t.Fatal(len(list), err)
			}
			want := &gateway.Finding{ID: first.Key() + "-1", Opening: 1, Found: last, State: gateway.FindingOpen, Opened: 100, OpenedRun: "r0", Seen: run.AsOf, SeenRun: run.ID}
			if last.DueDays > 0 {
				want.Due = 103
			}
			want.DueDays = 0 // is not kept
			if diff := cmp.Diff(want, list[0]); diff != "" {
				t.Error(diff)
			}
		}
	})
}

// A run of one program looks at that only; one of all programs counts for each again.
func TestFindingsAreSeenByProgram(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		run := func(id string, asOf ledger.Day, only string) {
			_, err := s.FollowFindings(context.Background(), gateway.FindingRun{Origin: gateway.FromRules, ID: id, AsOf: asOf, Program: only}, func(see func(*gateway.Found) error) error {
				for _, p := range []string{"il-icg", "wraparound"} {
					f := found(p)
					if f.Origin, f.Program = gateway.FromRules, p; only == "" || only == p {
						if err := see(&f); err != nil {
							return err
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			id, only string
			asOf     ledger.Day
			want     []string
		}{
			{"r1", "", 100, []string{"100 r1", "100 r1"}},
			{"r2", "wraparound", 101, []string{"100 r1", "101 r2"}},
			{"r3", "il-icg", 101, []string{"101 r3", "101 r2"}},
			{"r4", "", 101, []string{"101 r4", "101 r4"}},
		} {
			run(c.id, c.asOf, c.only)
			got := map[string]string{}
			list, _, err := s.Findings(context.Background(), nil, gateway.FindingFilter{}, gateway.Paging{})
			for _, f := range list {
				got[f.Program] = fmt.Sprintf("%d %s", f.Seen, f.SeenRun)
			}
			if diff := cmp.Diff(map[string]string{"il-icg": c.want[0], "wraparound": c.want[1]}, got); diff != "" || err != nil {
				t.Errorf("%s: %s %v", c.id, diff, err)
			}
		}
	})
}
