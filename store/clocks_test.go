package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// TestMigrationToClocks: the schema before clocks, with a request in it; the
// clock of the request is found, told of once, and not looked at again once it
// has stopped.
func TestMigrationToClocks(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := context.Background()
		s, err := store.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.MigrateTo(ctx, 15); err != nil {
			t.Fatal(err)
		}
		doc := `{"id":"a1","version":2,"requester":"clinic","payer":"mco","revisions":[{"message":"m1","at":"2026-05-04T09:00:00Z"}],"items":[{"sequence":1,"revision":1,"asked":{"code":{}}}]}`
		if err := s.Exec(ctx, `insert into prior_auth (id, version, requester, payer, person, state, created_at, updated_at, seq, doc) values ('a1', 2, 'clinic', 'mco', 'p', 'waiting', 1, 1, 1, $1)`, doc); err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		look := func(at time.Time) (changed int) {
			list, err := s.StaleClocks(ctx, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			for i := range list {
				got, err := s.PutClocks(ctx, &list[i], gateway.DefaultClocks().Clocks(&list[i], time.UTC, nil), at)
				if err != nil {
					t.Fatal(err)
				}
				changed += len(got)
			}
			return changed
		}
		start := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
		for _, c := range []struct {
			days, want int
		}{{1, 1}, {2, 0}, {6, 1}, {8, 1}, {9, 0}} {
			if got := look(start.AddDate(0, 0, c.days)); got != c.want {
				t.Errorf("after %d days: %d changes, want %d", c.days, got, c.want)
			}
		}
		trail, _, err := s.AuditTrail(ctx, store.AuditFilter{}, gateway.Paging{Limit: 50})
		if err != nil || len(trail) != 3 || trail[0].Outcome != "8" {
			t.Errorf("%+v %v", trail, err)
		}
		decided := `{"id":"a1","version":3,"requester":"clinic","payer":"mco","revisions":[{"message":"m1","at":"2026-05-04T09:00:00Z"}],"items":[{"sequence":1,"revision":1,"asked":{"code":{}},"answers":[{"revision":1,"at":"2026-05-13T09:00:00Z","action":"A1"}]}]}`
		if err := s.Exec(ctx, "update prior_auth set version = 3, state = 'decided', doc = $1", decided); err != nil {
			t.Fatal(err)
		}
		if got := look(start.AddDate(0, 0, 10)); got != 1 {
			t.Errorf("the decision: %d changes", got)
		}
		if list, err := s.StaleClocks(ctx, "", 10); err != nil || len(list) != 0 {
			t.Errorf("it is looked at again: %v %v", list, err)
		}
	})
}
