package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// dueRun is a run of the rules that sees items, each due within so many days.
func dueRun(t *testing.T, s *store.Store, run string, asOf ledger.Day, days map[string]int64) {
	t.Helper()
	_, err := s.FollowFindings(context.Background(), gateway.FindingRun{Origin: gateway.FromRules, ID: run, AsOf: asOf}, func(see func(*gateway.Found) error) error {
		for item, n := range days {
			f := found(item)
			f.Origin, f.DueDays = gateway.FromRules, n
			if err := see(&f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// nearest lists items with their due days, those due first, page by page.
func nearest(t *testing.T, s *store.Store, c *gateway.Caller, f gateway.FindingFilter) (out []string) {
	t.Helper()
	f.Nearest = true
	page := gateway.Paging{Limit: 1}
	for {
		list, next, err := s.Findings(context.Background(), c, f, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			out = append(out, fmt.Sprintf("%s %s %d", f.Item, f.State, f.Due))
		}
		if page.After = next; next == "" {
			return out
		}
	}
}

// The due day counts from the day a finding was seen first, follows the pack when
// that changes, and begins anew after a waiver.
func TestFindingDue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		want := func(step string, want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, nearest(t, s, nil, gateway.FindingFilter{})); diff != "" {
				t.Errorf("%s: %s", step, diff)
			}
		}
		dueRun(t, s, "r1", 100, map[string]int64{"a": 30, "b": 0, "c": 10})
		want("opened", "c open 110", "a open 130", "b open 0")
		dueRun(t, s, "r2", 105, map[string]int64{"a": 7, "b": 8, "c": 0})
		want("another pack", "a open 107", "b open 108", "c open 0")
		list, _, err := s.Findings(context.Background(), nil, gateway.FindingFilter{DueBy: 107}, gateway.Paging{})
		if err != nil || len(list) != 1 || !list[0].Overdue(108) || list[0].Overdue(107) {
			t.Fatalf("%v %v", list, err)
		}
		if err := s.WaiveFinding(context.Background(), gateway.Waiver{ID: list[0].ID, To: 120, Today: 105, Reason: "a court decides", Who: "x"}); err != nil {
			t.Fatal(err)
		}
		dueRun(t, s, "r3", 106, map[string]int64{"a": 7, "b": 8, "c": 0})
		want("waived", "b open 108", "a waived 127", "c open 0")
		dueRun(t, s, "r4", 121, map[string]int64{"a": 7})
		want("back from the waiver", "b closed 108", "a open 127", "c closed 0")
		other := caller("clinic-b")
		if seen := nearest(t, s, &other, gateway.FindingFilter{DueBy: 1000}); len(seen) != 0 {
			t.Errorf("clinic-b sees %v", seen)
		}
		own := caller("clinic-a")
		if seen := nearest(t, s, &own, gateway.FindingFilter{State: gateway.FindingOpen}); len(seen) != 1 {
			t.Errorf("clinic-a sees %v", seen)
		}
	})
}

// A finding from before there were due days has none until a run says otherwise.
func TestUpgradeToDueDays(t *testing.T) {
	f := found("a")
	f.Origin = gateway.FromRules
	rows := []string{`insert into finding (id, key, opening, origin, rule, kind, program, person, partner, record, item, force, violation, owner, reason, cites, state, opened_day, opened_run,
		seen_day, seen_run, closed_day, closed_run, waived_to, waived_by, waived_why) values ('` + f.Key() + `-1', '` + f.Key() + `', 1, 'rules', 'minutes', 'minutes', 'wraparound', '0b02', 'clinic-a', 'm1', 'a',
		'required', 1, 'clinic', 'why', 'x', 'open', 90, 'r0', 90, 'r0', 0, '', 0, '', '')`}
	upgraded(t, 24, rows, func(t *testing.T, s *store.Store) {
		if got := nearest(t, s, nil, gateway.FindingFilter{}); !cmp.Equal(got, []string{"a open 0"}) {
			t.Error(got)
		}
		dueRun(t, s, "r1", 100, map[string]int64{"a": 30})
		if got := nearest(t, s, nil, gateway.FindingFilter{}); !cmp.Equal(got, []string{"a open 120"}) {
			t.Error(got)
		}
	})
}
