package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// 24: a denial from before is looked at once, told of once, found by who waits for
// it, looked at again when a notice comes, and no longer when nothing waits.
func TestUpgradeToSteps(t *testing.T) {
	const doc = `{"id":"a1","version":2,"requester":"clinic-a","payer":"mco","revisions":[{"message":"m1","at":"2026-05-04T09:00:00Z"}],"items":[{"sequence":1,"revision":1,"asked":{"code":{}},"answers":[{"revision":1,"at":"2026-05-05T09:00:00Z","action":"A3","number":"AUTH-1"}]}]}`
	rows := []string{`insert into prior_auth (id, version, requester, payer, person, state, created_at, updated_at, seq, doc) values ('a1', 2, 'clinic-a', 'mco', '0a01', 'denied', 1, 1, 1, '` + doc + `')`}
	upgraded(t, 23, rows, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		start := time.Date(2026, 5, 5, 9, 0, 0, 0, time.UTC)
		look := func(day int, filed int64, done bool) (looked, changed int) {
			t.Helper()
			list, err := s.StaleSteps(ctx, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			for i := range list {
				n := gateway.Notice{Kind: gateway.AdverseNotice, Item: 1, On: gateway.OnPayer, At: start, Due: start.AddDate(0, 0, 6)}
				if done {
					n.Done = start.AddDate(0, 0, 7)
				}
				got, err := s.PutSteps(ctx, &list[i], &gateway.StepLook{Filed: filed, Steps: []gateway.Notice{n}}, start.AddDate(0, 0, day))
				if err != nil {
					t.Fatal(err)
				}
				changed += len(got)
			}
			return len(list), changed
		}
		for _, c := range []struct {
			day, looked, changed int
			filed                int64
			done                 bool
		}{{1, 1, 1, 0, false}, {2, 1, 0, 0, false}, {7, 1, 1, 0, false}, {8, 1, 0, 0, false}, {9, 1, 1, 0, true}, {10, 0, 0, 0, true}} {
			if looked, changed := look(c.day, c.filed, c.done); looked != c.looked || changed != c.changed {
				t.Errorf("day %d: %d looked at, %d changes; want %d, %d", c.day, looked, changed, c.looked, c.changed)
			}
		}
		if list, err := s.RequestsWithSteps(ctx, caller("clinic-a")); err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
		if err := s.Exec(ctx, `insert into record_fact (bucket, person, partner, kind, id, known, received, body, member) values (10, '0a01', 'mco', 'appeal', 'AP', 77, 1, '{}', 'M1')`); err != nil {
			t.Fatal(err)
		}
		for partner, want := range map[string]int{"clinic-a": 1, "mco": 1, "clinic-b": 0} {
			if list, err := s.RequestsWithSteps(ctx, caller(partner)); err != nil || len(list) != want {
				t.Errorf("%s: %v %v", partner, list, err)
			}
		}
		if looked, changed := look(11, 77, true); looked != 1 || changed != 0 {
			t.Errorf("an appeal came: %d looked at, %d changes", looked, changed)
		}
		if looked, _ := look(12, 77, true); looked != 0 {
			t.Error("looked at once more")
		}
		trail, _, err := s.AuditTrail(ctx, store.AuditFilter{}, gateway.Paging{Limit: 50})
		if err != nil || len(trail) != 3 || trail[1].Outcome != "8" {
			t.Errorf("%+v %v", trail, err)
		}
		if list, err := s.RequestsAbout(ctx, "0a01"); err != nil || len(list) != 1 {
			t.Errorf("%v %v", list, err)
		}
	})
}
