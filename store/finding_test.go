package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

func found(item string) gateway.Found {
	return gateway.Found{Rule: "minutes", Kind: "minutes", Program: "wraparound", Person: "0b02", Partner: "clinic-a", Record: "m1", Item: item,
		Force: "required", Violation: true, Owner: "coordinator", Reason: "why " + item, Cites: "Source, 7"}
}

// follow is a run of the rules that sees these items.
func follow(t testing.TB, s *store.Store, run string, asOf ledger.Day, items ...string) *gateway.FindingTally {
	t.Helper()
	tally, err := s.FollowFindings(context.Background(), gateway.FindingRun{Origin: gateway.FromRules, ID: run, AsOf: asOf}, func(see func(*gateway.Found) error) error {
		for _, item := range items {
			f := found(item)
			f.Origin = gateway.FromRules
			if err := see(&f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

func lives(t testing.TB, s *store.Store) (out []string) {
	t.Helper()
	list, _, err := s.Findings(context.Background(), nil, gateway.FindingFilter{}, gateway.Paging{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		out = append(out, fmt.Sprintf("%s#%d %s %d-%d-%d %s", f.Item, f.Opening, f.State, f.Opened, f.Seen, f.Closed, f.SeenRun))
	}
	return out
}

// Opened once, kept while true, closed by the data, opened anew; a waiver rests
// and runs out.
func TestFindingLife(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := context.Background(), open()
		if got := follow(t, s, "r1", 100, "a", "b"); *got != (gateway.FindingTally{Seen: 2, Opened: 2}) {
			t.Errorf("first: %+v", got)
		}
		if got := follow(t, s, "r1", 100, "a", "b"); got.Closed != 0 || len(lives(t, s)) != 2 {
			t.Errorf("the same run twice: %+v %v", got, lives(t, s))
		}
		if got := follow(t, s, "r2", 101, "a", "c"); *got != (gateway.FindingTally{Seen: 2, Opened: 1, Closed: 1}) {
			t.Errorf("second: %+v", got)
		}
		if got := follow(t, s, "r3", 102, "a", "b"); *got != (gateway.FindingTally{Seen: 2, Opened: 1, Closed: 1}) {
			t.Errorf("third: %+v", got)
		}
		list, _, err := s.Findings(ctx, nil, gateway.FindingFilter{State: "open", Rule: "minutes", Owner: "coordinator", Violations: true}, gateway.Paging{})
		if err != nil || len(list) != 2 {
			t.Fatalf("%v %v", list, err)
		}
		for _, f := range list {
			one, others, err := s.Finding(ctx, nil, f.ID)
			if err != nil || (one.Opening == 2) != (one.Item == "b") || len(others) != one.Opening-1 {
				t.Errorf("%+v %v %v", one, others, err)
			}
			w := gateway.Waiver{ID: f.ID, To: 103, Today: 102, Who: "op"}
			if err := s.WaiveFinding(ctx, w); gateway.FaultOf(err).Code != gateway.Invalid {
				t.Errorf("without a reason: %v", err)
			}
			w.Reason = "a court decides"
			if err := s.WaiveFinding(ctx, w); err != nil {
				t.Error(err)
			}
		}
		if got := follow(t, s, "r4", 103, "a", "b"); got.Reopened != 0 || got.Opened != 0 {
			t.Errorf("while waived: %+v", got)
		}
		if got := follow(t, s, "r5", 104, "b"); *got != (gateway.FindingTally{Seen: 1, Closed: 1, Reopened: 1}) {
			t.Errorf("run out: %+v", got)
		}
		totals, err := s.FindingTotals(ctx, nil)
		want := []gateway.FindingTotal{{Origin: "rules", Program: "wraparound", Rule: "minutes", Kind: "minutes", Force: "required", Open: 1, Violations: 1, Closed: 3}}
		if diff := cmp.Diff(want, totals); diff != "" || err != nil {
			t.Error(diff, err)
		}
		rows, _, err := s.AuditTrail(ctx, store.AuditFilter{Type: "Finding"}, gateway.Paging{})
		if err != nil || len(rows) != 2 {
			t.Errorf("%d rows in the audit trail: %v", len(rows), err)
		}
		_, err = s.FollowFindings(ctx, gateway.FindingRun{Origin: gateway.FromRules, ID: "r0", AsOf: 99}, func(func(*gateway.Found) error) error { return nil })
		if gateway.FaultOf(err).Code != gateway.Conflict {
			t.Errorf("back in time: %v", err)
		}
		if err := s.WaiveFinding(ctx, gateway.Waiver{ID: "none", To: 200, Today: 104, Reason: "x", Who: "op"}); gateway.FaultOf(err).Code != gateway.NotFound {
			t.Errorf("%v", err)
		}
	})
}

// A run of one program closes no other's; another origin is another world.
func TestFindingsOfOneProgram(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := context.Background(), open()
		follow(t, s, "r1", 100, "a")
		none := func(func(*gateway.Found) error) error { return nil }
		for _, run := range []gateway.FindingRun{{Origin: gateway.FromRules, ID: "r2", AsOf: 100, Program: "il-icg"}, {Origin: gateway.FromNight, ID: "r3", AsOf: 100}} {
			if tally, err := s.FollowFindings(ctx, run, none); err != nil || tally.Closed != 0 {
				t.Errorf("%+v %v", tally, err)
			}
		}
		if tally, err := s.FollowFindings(ctx, gateway.FindingRun{Origin: gateway.FromRules, ID: "r4", AsOf: 100, Program: "wraparound"}, none); err != nil || tally.Closed != 1 {
			t.Errorf("%+v %v", tally, err)
		}
	})
}

// Of two runs at once the later one counts; the other closes nothing.
func TestFindingsFollowOneRunAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, one, two := context.Background(), open(), open()
		_, err := one.FollowFindings(ctx, gateway.FindingRun{Origin: gateway.FromRules, ID: "r1", AsOf: 100}, func(see func(*gateway.Found) error) error {
			follow(t, two, "r2", 100, "a", "b")
			f := found("a")
			return see(&f)
		})
		if !errors.Is(err, gateway.ErrFenced) {
			t.Errorf("the first run: %v", err)
		}
		if got := lives(t, one); len(got) != 2 || !strings.HasSuffix(got[0], "r2") || !strings.HasSuffix(got[1], "r2") || strings.Contains(strings.Join(got, ""), "closed") {
			t.Errorf("%v", got)
		}
	})
}

// 18: rows of the version before stay, and findings about their children are
// seen by those who are related to them, and by nobody else.
func TestUpgradeToFindings(t *testing.T) {
	upgraded(t, 17, twoPersons(), func(t *testing.T, s *store.Store) {
		follow(t, s, "r1", 100, "a")
		for partner, want := range map[string]int{"clinic-a": 1, "mco-a": 0} {
			c := caller(partner)
			list, _, err := s.Findings(context.Background(), &c, gateway.FindingFilter{}, gateway.Paging{})
			if err != nil || len(list) != want {
				t.Errorf("%s sees %d findings, want %d: %v", partner, len(list), want, err)
			}
			totals, err := s.FindingTotals(context.Background(), &c)
			if err != nil || len(totals) != want {
				t.Errorf("%s sees %d totals: %v", partner, len(totals), err)
			}
		}
	})
}

// Whatever comes and goes: open are exactly those that the last run saw, each
// once, and opened = open + closed.
func TestFindingsFollowTheLastRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, day := open(), ledger.Day(100)
		rapid.Check(t, func(r *rapid.T) {
			var opened, closed int64
			before := lives(t, s)
			items := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.ID).Draw(r, "items")
			day++
			tally := follow(t, s, fmt.Sprintf("run-%d", day), day, items...)
			opened, closed = tally.Opened, tally.Closed
			list, _, err := s.Findings(context.Background(), nil, gateway.FindingFilter{State: gateway.FindingOpen}, gateway.Paging{Limit: 100})
			if err != nil || len(list) != len(items) {
				r.Fatalf("%d open, %d seen, %v", len(list), len(items), err)
			}
			totals, err := s.FindingTotals(context.Background(), nil)
			if err != nil {
				r.Fatal(err)
			}
			var all int64
			for _, n := range totals {
				all += n.Open + n.Waived + n.Closed
			}
			if was := int64(len(before)); len(before) < 100 && (all != was+opened || closed > was) {
				r.Fatalf("%d in all, %d before, %d opened, %d closed", all, was, opened, closed)
			}
			again := follow(t, s, fmt.Sprintf("again-%d", day), day, items...)
			if again.Opened != 0 || again.Closed != 0 {
				r.Fatalf("again: %+v", again)
			}
		})
	})
}
