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

func eventsOf(t *testing.T, s *store.Store, id string) (out []string) {
	t.Helper()
	list, err := s.FindingEvents(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		out = append(out, fmt.Sprintf("%d %s %d %s %d %s", e.No, e.State, e.Day, e.Run, e.Until, e.Why))
	}
	return out
}

// Each change of state is kept once, whatever the number of runs.
func TestFindingEvents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := context.Background(), open()
		for _, run := range []string{"r1", "r1", "r2"} {
			follow(t, s, run, 100, "a", "b")
		}
		list, _, err := s.Findings(ctx, nil, gateway.FindingFilter{Person: "0b02", Kind: "minutes", OpenedBy: 100}, gateway.Paging{})
		if err != nil || len(list) != 2 {
			t.Fatalf("%v %v", list, err)
		}
		if none, _, err := s.Findings(ctx, nil, gateway.FindingFilter{OpenedBy: 99}, gateway.Paging{}); err != nil || len(none) != 0 {
			t.Errorf("older than all: %v %v", none, err)
		}
		id := list[0].ID
		if err := s.WaiveFinding(ctx, gateway.Waiver{ID: id, To: 101, Today: 100, Reason: "a court decides", Who: "op"}); err != nil {
			t.Fatal(err)
		}
		follow(t, s, "r3", 101, "a", "b")
		follow(t, s, "r4", 102, "a", "b")
		follow(t, s, "r5", 103)
		want := []string{"1 open 100 r1 0 ", "2 waived 100  101 a court decides", "3 open 102 r4 0 ", "4 closed 103 r5 0 "}
		if diff := cmp.Diff(want, eventsOf(t, s, id)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"1 open 100 r1 0 ", "2 closed 103 r5 0 "}, eventsOf(t, s, list[1].ID)); diff != "" {
			t.Error(diff)
		}
		for to, want := range map[ledger.Day][4]int64{100: {1, 1, 2, 0}, 101: {1, 1, 2, 0}, 102: {2, 0, 2, 0}, 103: {0, 0, 2, 2}} {
			got, err := s.FindingPeriods(ctx, "", 100, to)
			if err != nil || len(got) != 1 || [4]int64{got[0].Open, got[0].Waived, got[0].Opened, got[0].Closed} != want {
				t.Errorf("open, waived, came and went by %d: %+v %v, want %v", to, got, err, want)
			}
		}
	})
}

// Who may not see a finding cannot waive it; what is about no child belongs to
// the sender and to who oversees the program.
func TestFindingOfNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := context.Background(), open()
		_, err := s.FollowFindings(ctx, gateway.FindingRun{Origin: gateway.FromRules, ID: "r1", AsOf: 100}, func(see func(*gateway.Found) error) error {
			f := found("ratio")
			f.Origin, f.Person = gateway.FromRules, ""
			return see(&f)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			caller gateway.Caller
			sees   bool
		}{
			{gateway.Caller{Partner: "clinic-a"}, true},
			{gateway.Caller{Partner: "clinic-b", Scopes: []string{"partner:clinic-b"}}, false},
			{gateway.Caller{Partner: "state", Scopes: []string{"partner:state", "program:il-icg"}}, false},
			{gateway.Caller{Partner: "state", Scopes: []string{"partner:state", "program:wraparound"}}, true},
		} {
			list, _, err := s.Findings(ctx, &c.caller, gateway.FindingFilter{}, gateway.Paging{})
			if err != nil || (len(list) == 1) != c.sees {
				t.Errorf("%+v sees %d: %v", c.caller, len(list), err)
			}
			id := "none"
			if all, _, _ := s.Findings(ctx, nil, gateway.FindingFilter{}, gateway.Paging{}); len(all) == 1 {
				id = all[0].ID
			}
			err = s.WaiveFinding(ctx, gateway.Waiver{ID: id, Caller: &c.caller, To: 101, Today: 100, Reason: "x", Who: "Ada"})
			if (err == nil) != c.sees || err != nil && gateway.FaultOf(err).Code != gateway.NotFound {
				t.Errorf("%+v waives: %v", c.caller, err)
			}
		}
	})
}

// 29 and 33: findings from before there were events have the event of their opening,
// once, stand as the run left them that saw them last, and have the key of their child.
func TestUpgradeToFindingEvents(t *testing.T) {
	rows := append(twoPersons(), `insert into finding (id, key, opening, origin, rule, kind, program, person, partner, record, item, force, violation, owner, reason, cites,
		state, opened_day, opened_run, seen_day, seen_run, closed_day, closed_run, waived_to, waived_by, waived_why)
		values ('k-1', 'ffff`+keyOf("a")[4:]+`', 1, 'rules', 'minutes', 'minutes', 'wraparound', '0b02', 'clinic-a', 'm1', 'a', 'required', 1, 'coordinator', 'why a', 'Source, 7', 'open', 90, 'r0', 95, 'r9', 0, '', 0, '', '')`)
	upgraded(t, 20, rows, func(t *testing.T, s *store.Store) {
		for run, asOf := range []ledger.Day{0, 100, 101} {
			want := []string{"a#1 open 90-95-0 r9", "a#1 open 90-100-0 run-1", "a#1 closed 90-100-101 run-1"}[run]
			switch run {
			case 1:
				follow(t, s, "run-1", asOf, "a")
			case 2:
				follow(t, s, "run-2", asOf)
			}
			if diff := cmp.Diff([]string{want}, lives(t, s)); diff != "" {
				t.Error(diff)
			}
		}
		if diff := cmp.Diff([]string{"1 open 90 r0 0 ", "2 closed 101 run-2 0 "}, eventsOf(t, s, "k-1")); diff != "" {
			t.Error(diff)
		}
	})
}

func keyOf(item string) string {
	f := found(item)
	f.Origin = gateway.FromRules
	return f.Key()
}
